"use strict";
// 编辑产业链: comfort only. The tree is walked by arrow keys and found in by name; what is typed and not yet kept
// is not lost by a click; the person's name is remembered; the place in the tree stays when the editor is drawn anew.
(() => {
  const PERSON = "zhaoshang-decider"; // the same name as in 核实
  let scrolled = 0, came = "";
  const editor = () => document.getElementById("editor");
  const unsaved = () => document.querySelector(".facts-form.unsaved");

  function dress() {
    const person = localStorage.getItem(PERSON) || "";
    document.querySelectorAll("[data-person]").forEach((field) => { if (!field.value) field.value = person; });
    document.querySelectorAll("[data-by]").forEach((field) => { field.value = person; });
    const outline = document.querySelector(".outline");
    const here = outline && outline.querySelector("[aria-current]");
    if (outline) outline.scrollTop = scrolled;
    if (here) {
      const box = outline.getBoundingClientRect(), at = here.getBoundingClientRect();
      if (at.top < box.top || at.bottom > box.bottom) here.scrollIntoView({ block: "nearest" });
    }
  }

  // What was published counts now: the page is drawn anew around the word that says so.
  function showPublished() {
    const job = document.querySelector("#publishing .job[data-state=done]:not([data-shown])");
    if (!job) return;
    job.dataset.shown = "";
    if (job.dataset.kind !== "removed") htmx.ajax("GET", location.href, { target: "#editor", select: "#editor", swap: "outerHTML" });
  }

  function links() {
    return [...document.querySelectorAll(".outline [data-node]")].filter((link) => link.offsetParent);
  }

  document.addEventListener("DOMContentLoaded", dress);
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("[data-person]")) {
      localStorage.setItem(PERSON, field.value.trim());
      document.querySelectorAll("[data-by]").forEach((one) => { one.value = field.value.trim(); });
    } else if (field.matches("[data-filter]")) {
      const wanted = field.value.trim().toLowerCase();
      document.querySelectorAll(".outline li").forEach((item) => {
        item.classList.toggle("off", wanted !== "" && !item.textContent.toLowerCase().includes(wanted));
      });
    } else if (field.closest("[data-facts]")) {
      field.closest("form").classList.add("unsaved");
    }
  });

  document.addEventListener("keydown", (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    const all = links(), at = all.indexOf(document.activeElement);
    if (at < 0 || !(event.key in steps) && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : at + steps[event.key];
    all[Math.max(0, Math.min(all.length - 1, next))].focus();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-reload]")) location.reload();
    const link = event.target.closest("#editor [data-node]");
    if (link && unsaved() && !confirm("这个环节的修改还没有存入草稿，要离开吗？")) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("htmx:beforeRequest", (event) => {
    const path = event.detail.requestConfig?.path || "";
    if (path.startsWith("/chain/edit/change")) document.getElementById("publishing")?.replaceChildren();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== editor()) return;
    scrolled = document.querySelector(".outline")?.scrollTop || 0;
    came = document.activeElement?.closest(".outline") ? "outline" : "form";
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!editor() || !editor().contains(event.target) && event.target !== editor()) return;
    showPublished();
    dress();
    const wrong = document.querySelector("#editor [aria-invalid]");
    const refused = document.querySelector("#editor .said:not([hidden])");
    if (event.detail.target && event.detail.target.id === "publishing") return;
    if (wrong) wrong.focus();
    else if (refused) refused.scrollIntoView({ block: "nearest" });
    else if (came === "outline") document.querySelector(".outline [aria-current]")?.focus({ preventScroll: true });
    else if (document.activeElement === document.body) document.getElementById("form-title")?.focus({ preventScroll: true });
  });
})();
