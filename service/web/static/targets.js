"use strict";
// 目标企业: choose all of what is shown, and say how many are chosen.
document.addEventListener("DOMContentLoaded", () => {
  const all = document.querySelector("[data-pick-all]"), count = document.querySelector("[data-pick-count]");
  const go = document.querySelector("[data-pick-go]");
  if (!all) return;
  const boxes = () => [...document.querySelectorAll("#target-list input[name=firm]:not(:disabled)")];
  document.querySelectorAll("[data-needs-script]").forEach((one) => { one.hidden = false; });
  function tell() {
    const free = boxes(), chosen = free.filter((box) => box.checked).length;
    count.textContent = chosen ? `（${chosen} 家）` : "";
    go.disabled = !chosen;
    all.checked = chosen > 0 && chosen === free.length;
    all.indeterminate = chosen > 0 && chosen < free.length;
    all.disabled = !free.length;
  }
  all.addEventListener("change", () => { boxes().forEach((box) => { box.checked = all.checked; }); tell(); });
  document.addEventListener("change", (event) => { if (event.target.name === "firm") tell(); });
  // A part of the list came, or a firm was put on the visit list: its box is done with.
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = event.target.closest?.("li")?.querySelector("input[name=firm]");
    const listed = event.target.querySelector?.(".listed");
    if (box && listed && event.target.matches(".pick-one")) { box.checked = true; box.disabled = true; listed.focus(); }
    tell();
  });
  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.menu[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  tell();
});
