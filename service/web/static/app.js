"use strict";
// Small conveniences; every page works without them.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
  // Choosing a suggestion fills in "名称（代码）": go there at once.
  if (event.target.matches("input[data-picker]") && /（\d{6}）$/.test(event.target.value)) event.target.form.requestSubmit();
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input[data-picker]")) event.target.select();
});
document.addEventListener("click", (event) => {
  if (event.target.matches("[data-back]")) history.back();
});
// A refused request (too large, wrong kind) answers with a problem: show its words where the answer would go.
document.addEventListener("htmx:responseError", (event) => {
  const box = event.detail.target;
  let words = "请求没有成功";
  try { words = JSON.parse(event.detail.xhr.responseText).detail || words; } catch { /* not JSON */ }
  box.replaceChildren(Object.assign(document.createElement("p"), { className: "warn", textContent: words }));
});
document.addEventListener("htmx:sendError", (event) => {
  event.detail.target.replaceChildren(Object.assign(document.createElement("p"), { className: "warn", textContent: "连不上服务，请确认它仍在运行。" }));
});
