"use strict";
// The search box in the header: "/" goes there, arrows choose, Enter opens, Escape closes.
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("quick-q");
  if (!field) return;
  const box = document.getElementById("quick-options");
  const hits = () => [...box.querySelectorAll("[role=option]")];
  const chosen = () => hits().findIndex((one) => one.getAttribute("aria-selected") === "true");
  const close = () => {
    box.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (place) => {
    const all = hits();
    if (!all.length) return;
    const wanted = (place + all.length) % all.length;
    all.forEach((one, i) => one.setAttribute("aria-selected", String(i === wanted)));
    all[wanted].scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", all[wanted].id);
  };
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  field.addEventListener("keydown", (event) => {
    // An input method uses the same keys to choose characters.
    if (event.isComposing) return;
    const here = chosen();
    // The browser empties the field on Escape: the first one only closes the list.
    if (event.key === "Escape" && box.childElementCount) { event.preventDefault(); close(); return; }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!hits().length) return;
      event.preventDefault();
      if (event.key === "ArrowDown") choose(here + 1);
      else choose(here < 0 ? -1 : here - 1);
    }
    if (event.key === "Enter" && here >= 0) {
      event.preventDefault();
      hits()[here].click();
    }
  });
  field.addEventListener("input", () => { if (!field.value.trim()) close(); });
  box.addEventListener("htmx:afterSwap", () => {
    // What was answered late is of no use once the box was left or emptied.
    if (document.activeElement !== field || !field.value.trim()) { close(); return; }
    field.setAttribute("aria-expanded", String(hits().length > 0));
    field.removeAttribute("aria-activedescendant");
  });
  // Without this the field would lose the focus, and the list close, before the click.
  box.addEventListener("mousedown", (event) => event.preventDefault());
  field.addEventListener("blur", close);
  field.addEventListener("focus", () => { if (field.value.trim() && !hits().length) htmx.trigger(field, "suggest"); });
});
