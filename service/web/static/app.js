"use strict";
// Small conveniences; every page works without them.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-back]")) history.back();
});

// The region picker: suggestions below the field, by mouse or by arrow keys.
const setUpPicker = (field) => {
  const box = document.getElementById(field.getAttribute("aria-controls"));
  const options = () => [...box.querySelectorAll("[data-pick]")];
  const close = () => { box.replaceChildren(); field.setAttribute("aria-expanded", "false"); };
  field.addEventListener("focus", () => field.select());
  field.parentElement.addEventListener("keydown", (event) => {
    const all = options();
    const here = all.indexOf(document.activeElement);
    if (event.key === "Escape") { close(); field.focus(); }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" || !all.length) return;
    event.preventDefault();
    const next = here + (event.key === "ArrowDown" ? 1 : -1);
    (all[Math.min(next, all.length - 1)] || field).focus();
  });
  field.parentElement.addEventListener("focusout", (event) => {
    if (!field.parentElement.contains(event.relatedTarget)) close();
  });
  // Safari does not focus a button that is clicked: without this the list would close before the click.
  box.addEventListener("mousedown", (event) => event.preventDefault());
  box.addEventListener("click", (event) => {
    const picked = event.target.closest("[data-pick]");
    if (!picked) return;
    field.value = picked.dataset.pick;
    field.form.requestSubmit();
  });
  box.addEventListener("htmx:afterSwap", () => field.setAttribute("aria-expanded", String(options().length > 0)));
};
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("input[data-picker]").forEach(setUpPicker));

// What is folded on the screen and wanted on paper.
window.addEventListener("beforeprint", () => {
  document.querySelectorAll("details[data-print]:not([open])").forEach((one) => { one.open = true; one.dataset.folded = ""; });
});
window.addEventListener("afterprint", () => {
  document.querySelectorAll("details[data-folded]").forEach((one) => { one.open = false; delete one.dataset.folded; });
});

// A refused request (too large, wrong kind) answers with a problem: show its words where the answer would go.
const warn = (box, words) => box.replaceChildren(Object.assign(document.createElement("p"), { className: "warn", textContent: words }));
document.addEventListener("htmx:responseError", (event) => {
  let words = "请求没有成功";
  try { words = JSON.parse(event.detail.xhr.responseText).detail || words; } catch { /* not JSON */ }
  warn(event.detail.target, words);
});
document.addEventListener("htmx:sendError", (event) => warn(event.detail.target, "连不上服务，请确认它仍在运行。"));

// The theme: as the system has it, light, dark. Charts redraw on "themechange".
const THEMES = { auto: "screen and (prefers-color-scheme: dark)", light: "not all", dark: "screen" };
const THEME_WORDS = { auto: "跟随系统", light: "浅色", dark: "深色" };
const tellTheme = () => document.dispatchEvent(new CustomEvent("themechange"));
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-button]");
  if (!button) return;
  const names = Object.keys(THEMES), page = document.documentElement;
  const next = names[(names.indexOf(page.dataset.theme) + 1) % names.length];
  page.dataset.theme = next;
  document.getElementById("dark").media = THEMES[next];
  document.cookie = `theme=${next}; path=/; max-age=31536000; samesite=lax`;
  button.title = `配色：${THEME_WORDS[next]}（点击更换）`;
  tellTheme();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", tellTheme);

// A table wider than its place is scrolled by the arrow keys too: the box takes the focus while it has something to scroll.
const reachScrolled = () => document.querySelectorAll(".scroll").forEach((box) => {
  const wide = box.scrollWidth > box.clientWidth;
  if (wide === box.hasAttribute("tabindex")) return;
  if (!wide) { ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name)); return; }
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", `${box.querySelector("caption")?.textContent || "表格"}（可左右滚动）`);
});
["DOMContentLoaded", "htmx:afterSettle"].forEach((name) => document.addEventListener(name, reachScrolled));
window.addEventListener("resize", reachScrolled);
document.addEventListener("toggle", reachScrolled, true);

// What a term means: on hover the browser shows the title; by keyboard and by touch this does.
const tip = Object.assign(document.createElement("div"), { className: "tip", id: "tip", hidden: true });
tip.setAttribute("role", "tooltip");
document.addEventListener("DOMContentLoaded", () => document.body.append(tip));
document.addEventListener("focusin", (event) => {
  const word = event.target.closest("abbr[title]");
  tip.hidden = !word;
  if (!word) return;
  tip.textContent = word.title;
  const box = word.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(box.left + scrollX, scrollX + innerWidth - tip.offsetWidth - 16))}px`;
  tip.style.top = `${box.bottom + scrollY + 6}px`;
});
document.addEventListener("focusout", () => { tip.hidden = true; });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
