"use strict";
// 拜访清单: what is changed is kept at once; taking off is asked about first.
document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-needs-script]").forEach((one) => { one.hidden = false; });
  document.querySelectorAll("[data-without-script]").forEach((one) => { one.hidden = true; });
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
  const remove = event.target.closest("[data-remove]");
  if (remove && !window.confirm(`把${remove.dataset.remove}移出拜访清单？备注一并删除。`)) event.preventDefault();
});
document.addEventListener("change", (event) => {
  const row = event.target.closest("#visit-table tr[id]");
  if (!row) return;
  const state = row.querySelector("select[name=state]");
  row.className = `is-${state.value}`;
  // What is printed is what stands in the fields now.
  for (const field of [state, row.querySelector("textarea")]) {
    field.parentElement.querySelector(".print-only").textContent = field === state ? state.selectedOptions[0].textContent : field.value;
  }
});
