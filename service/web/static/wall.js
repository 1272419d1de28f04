"use strict";
// The wall goes round by itself, reads the data anew between two scenes, and stays up for days: one heartbeat
// a second does everything, by the clock, so that nothing piles up and a machine that slept goes on.
document.addEventListener("DOMContentLoaded", () => {
  const wall = document.getElementById("wall");
  const dots = document.getElementById("wall-dots");
  const progress = document.getElementById("wall-progress");
  const clock = document.getElementById("wall-clock");
  const trouble = document.getElementById("wall-trouble");
  const pausedSign = document.getElementById("wall-paused");
  const stay = Number(wall.dataset.seconds) * 1000;
  const reloadEvery = Number(wall.dataset.reload) * 1000;
  const GIVE_UP = 180000;
  // Without anything to show it asks sooner.
  const AGAIN = 10000;
  const IDLE = 3000;
  let current = "";
  let since = Date.now();
  let readAt = Date.now();
  let movedAt = Date.now();
  let paused = false;
  let reading = false;
  let triedAt = Date.now();

  const scenes = () => [...wall.querySelectorAll(".scene")];
  const hour = (moment) => new Date(moment).toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

  const show = (place) => {
    const all = scenes();
    if (!all.length) return;
    const wanted = all[(place + all.length) % all.length];
    current = wanted.dataset.scene;
    since = Date.now();
    all.forEach((one) => {
      one.classList.toggle("on", one === wanted);
      one.toggleAttribute("inert", one !== wanted);
    });
    [...dots.children].forEach((dot) => dot.setAttribute("aria-current", String(dot.dataset.scene === current)));
  };
  const place = () => scenes().findIndex((one) => one.dataset.scene === current);

  const makeDots = () => dots.replaceChildren(...scenes().map((one) => {
    const dot = document.createElement("button");
    dot.type = "button";
    dot.dataset.scene = one.dataset.scene;
    dot.title = one.getAttribute("aria-label");
    dot.setAttribute("aria-label", dot.title);
    return dot;
  }));

  const read = async () => {
    reading = true;
    try {
      const answer = await fetch(wall.dataset.scenes, { signal: AbortSignal.timeout(GIVE_UP), cache: "no-store" });
      if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector(".scenes");
      if (!fresh) throw new Error("no scenes");
      const shown = wall.querySelector(".scenes");
      // The same data: nothing is touched.
      if (!shown || fresh.dataset.stamp !== shown.dataset.stamp) {
        const kept = shown ? since : Date.now();
        wall.replaceChildren(document.adoptNode(fresh));
        makeDots();
        show(Math.max(0, place()));
        since = kept;
      }
      readAt = Date.now();
      trouble.textContent = "";
    } catch {
      trouble.textContent = scenes().length ? `连不上服务，显示的是 ${hour(readAt)} 的数据` : "取不到数据，10 秒后再试";
    } finally {
      reading = false;
      triedAt = Date.now();
    }
  };

  const pause = (wanted) => {
    paused = wanted;
    pausedSign.hidden = !paused;
    since = Date.now();
  };

  const beat = () => {
    const now = Date.now();
    clock.textContent = `${new Date(now).toLocaleDateString("zh-CN", { year: "numeric", month: "long", day: "numeric", weekday: "short" })} ${hour(now)}`;
    document.body.classList.toggle("idle", now - movedAt > IDLE);
    if (!reading && now - triedAt >= (scenes().length ? reloadEvery : Math.min(AGAIN, reloadEvery))) read();
    if (paused || !scenes().length) return;
    progress.style.width = `${Math.min(100, (100 * (now - since)) / stay)}%`;
    if (now - since >= stay) show(place() + 1);
  };

  wall.classList.add("turning");
  read();
  beat();
  setInterval(beat, 1000);

  dots.addEventListener("click", (event) => {
    const wanted = event.target.closest("button");
    if (wanted) show(scenes().findIndex((one) => one.dataset.scene === wanted.dataset.scene));
  });
  document.addEventListener("mousemove", () => { movedAt = Date.now(); document.body.classList.remove("idle"); });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === " " && !event.target.closest?.("button, a")) { event.preventDefault(); pause(!paused); }
    if (event.key === "ArrowRight") show(place() + 1);
    if (event.key === "ArrowLeft") show(place() - 1);
    if (event.key === "f" || event.key === "F") {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen?.().catch(() => {});
    }
  });
});
