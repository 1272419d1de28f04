"use strict";
// A job's progress, told by the server: [data-events] names the stream, [data-then] what takes the box's place
// at the end. Where the stream breaks for good, the state is asked for every second instead.
(() => {
  const watched = new WeakSet();

  function watch(box) {
    if (watched.has(box)) return;
    watched.add(box);
    const stream = new EventSource(box.dataset.events);
    const show = (event) => {
      const job = JSON.parse(event.data);
      const bar = box.querySelector("progress"), stage = box.querySelector("[data-stage]");
      if (bar) bar.value = job.share;
      if (stage) stage.textContent = `${job.stage}（${Math.round(job.share * 100)}%）`;
    };
    const end = (after = 0) => {
      stream.close();
      setTimeout(() => htmx.ajax("GET", box.dataset.then, { target: box, swap: "outerHTML" }), after);
    };
    stream.addEventListener("progress", show);
    stream.addEventListener("finished", (event) => { show(event); end(); });
    stream.addEventListener("error", () => { if (stream.readyState === EventSource.CLOSED) end(1000); });
  }

  const look = (root) => root.querySelectorAll("[data-events]").forEach(watch);
  document.addEventListener("DOMContentLoaded", () => look(document));
  document.addEventListener("htmx:afterSettle", () => look(document));
})();
