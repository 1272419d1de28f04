"use strict";
// Sets that are being made tell how they go; when one is finished the list is fetched anew.
const watched = new Set();

function watchSets() {
  document.querySelectorAll("[data-events]").forEach((set) => {
    if (watched.has(set.dataset.id)) return;
    watched.add(set.dataset.id);
    const events = new EventSource(set.dataset.events);
    events.addEventListener("progress", (event) => showProgress(set, JSON.parse(event.data)));
    events.addEventListener("finished", () => { events.close(); fetchSets(); });
    // A stream that ends is opened again by the browser; one that is refused is not.
    events.addEventListener("error", () => { if (events.readyState === EventSource.CLOSED) fetchSets(); });
  });
}

function showProgress(set, state) {
  const bar = set.querySelector("progress"), stage = set.querySelector(".brief-stage");
  if (bar) bar.value = state.share;
  if (stage) stage.textContent = state.stage;
}

function fetchSets() {
  const list = document.getElementById("brief-sets");
  htmx.ajax("GET", list.dataset.address, { target: list, swap: "outerHTML" });
}

document.addEventListener("DOMContentLoaded", watchSets);
document.addEventListener("htmx:afterSwap", watchSets);
