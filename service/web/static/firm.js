"use strict";
// 企业: the small map of a firm and its group, drawn without tiles when its part of the page has come.
(() => {
  const outlines = new Map();
  const outline = (address) => {
    if (!outlines.has(address)) outlines.set(address, fetch(address).then((answer) => (answer.ok ? answer.json() : null)).catch(() => null));
    return outlines.get(address);
  };
  const KINDS = { 本企业: "place place-own", 母公司: "place place-parent" };

  function words(place) {
    const box = document.createElement("div");
    for (const text of [place.name, `${place.role}${place.place ? ` · ${place.place}` : ""}`]) {
      box.append(Object.assign(document.createElement("div"), { textContent: text }));
    }
    return box;
  }

  async function draw(box) {
    const places = JSON.parse(box.dataset.places);
    const map = L.map(box, { attributionControl: false, zoomSnap: 0.25, scrollWheelZoom: false, preferCanvas: false, zoomAnimation: false, fadeAnimation: false });
    // The firm itself is drawn last, so that it stays on top.
    for (const place of [...places].reverse()) {
      const own = place.role === "本企业";
      L.circleMarker(place.at, { radius: own ? 7 : 5, className: KINDS[place.role] || "place", pane: "markerPane" }).bindTooltip(words(place)).addTo(map);
    }
    const home = JSON.parse(box.dataset.home);
    if (home) L.circleMarker(home.at, { radius: 8, className: "place-home", pane: "markerPane" }).bindTooltip(Object.assign(document.createElement("div"), { textContent: home.name })).addTo(map);
    map.fitBounds(L.latLngBounds([...places, ...(home ? [home] : [])].map((place) => place.at)).pad(0.2), { maxZoom: 7 });
    const shapes = await outline(box.dataset.outline);
    if (shapes) L.geoJSON(shapes, { interactive: false, style: (one) => ({ className: one.geometry.type.includes("Line") ? "outline-line" : "outline" }) }).addTo(map).bringToBack();
  }

  const drawAll = (root) => root.querySelectorAll(".places-map:not(.leaflet-container)").forEach(draw);
  document.addEventListener("DOMContentLoaded", () => drawAll(document));
  document.addEventListener("htmx:afterSwap", (event) => drawAll(event.target));
})();
