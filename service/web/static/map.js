"use strict";
// 招商地图: the whole page. A click on a region goes into it (全国 -> 省 -> 市 -> 县); the address, the title, the
// figures beside the map and the head of the page follow, and the browser's back button goes back.
document.addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("map-page"), tools = document.getElementById("map-tools");
  const state = document.getElementById("map-state");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = L.map("map", { preferCanvas: true, attributionControl: false, zoomSnap: 0.25, maxZoom: 18, zoomAnimation: !still });
  map.createPane("back").style.zIndex = 250;
  map.createPane("names").style.zIndex = 550; // above regions, below firms
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  map.setView([29, 119], 7);
  const say = (text) => { state.textContent = text; };
  const layers = {};
  let country = null, asked = 0;

  const nodeNames = new Map([...tools.elements.node.options].map((one) => [one.value, one.textContent.trim()]));
  const nodeName = (id) => nodeNames.get(id) || id;
  const query = (more = {}) => new URLSearchParams({ region: page.dataset.region, chain: page.dataset.chain, ...(page.dataset.node ? { node: page.dataset.node } : {}), ...more });
  const address = (key) => `/firms/${encodeURIComponent(key)}?${query()}`;
  const area = mapArea(map, {
    ask: () => ({ region: page.dataset.region, chain: page.dataset.chain, ...(page.dataset.node ? { node: page.dataset.node } : {}) }),
    box: document.getElementById("map-area"), clear: tools.querySelector("[data-map=clear]"), say, nodeName, address,
  });

  async function get(path) {
    const answer = await fetch(path);
    const body = await answer.json();
    if (!answer.ok) throw new Error(body.detail);
    return body;
  }

  function put(name, layer) {
    if (layers[name]) map.removeLayer(layers[name]);
    layers[name] = layer;
    if (layer && tools.elements[name].checked) map.addLayer(layer);
  }

  function makeRegions(shapes) {
    put("regions", mapLayers.regions(shapes, { here: page.dataset.level === "county" ? page.dataset.region : "", onPick: (id) => { if (!area.drawing()) go(id); } }));
    put("names", mapLayers.names(shapes));
    mapLayers.thin(layers.names, map);
    layers.regions.bringToBack();
  }

  async function draw({ fit }) {
    const mine = asked += 1;
    say("正在载入……");
    try {
      const national = page.dataset.view === "country";
      const [outline, shapes] = await Promise.all([
        country || get("/api/v1/map/country"),
        get(`/api/v1/map/regions?${new URLSearchParams({ region: page.dataset.shown, level: page.dataset.shownLevel, chain: page.dataset.chain })}`),
      ]);
      if (mine !== asked) return;
      if (!country) { country = outline; layers.country = mapLayers.country(outline, map); }
      makeRegions(shapes);
      page.shapes = shapes;
      if (fit) map.fitBounds(layers.regions.getBounds(), { padding: [20, 20], animate: !still, paddingTopLeft: innerWidth > 1000 ? [300, 20] : [20, 20], paddingBottomRight: innerWidth > 1000 ? [290, 40] : [20, 40] });
      await drawPoints(national, mine);
      if (mine === asked) say("");
    } catch (error) { if (mine === asked) say(`地图没有载入：${error.message}`); }
  }

  async function drawPoints(national, mine) {
    const none = { features: [] };
    const firms = national ? none : await get(`/api/v1/map/firms?${query()}`);
    if (mine !== asked) return;
    page.firms = firms;
    put("firms", mapLayers.firms(firms, { nodeName, address }));
    document.getElementById("firm-count").textContent = national ? "（进入省后显示）" : `${firms.features.length} 家`;
    for (const name of ["targets", "zones"]) { put(name, null); if (tools.elements[name].checked) await need(name); }
  }

  // Layers that are not wanted by everybody come when they are asked for.
  async function need(name) {
    if (layers[name] || page.dataset.view === "country") return;
    say("正在载入……");
    try {
      const found = await get(`/api/v1/map/${name}?${query()}`);
      put(name, name === "targets" ? mapLayers.targets(found, { address }) : mapLayers.zones(found));
      if (name === "targets") document.getElementById("target-count").textContent = `${found.features.length} 家`;
      if (name === "targets" && found.features.length) map.fitBounds(L.geoJSON(found).getBounds().extend(layers.regions.getBounds()), { padding: [30, 30], animate: !still });
      say("");
    } catch (error) { say(`没有载入：${error.message}`); }
  }

  // The head of the page and the figures beside the map come from the page of the new place itself.
  async function enter(url, { push }) {
    say("正在载入……");
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const next = fresh.getElementById("map-page");
    if (!next) { say("没有这个地区的地图"); return; }
    Object.assign(page.dataset, { ...next.dataset });
    if (!next.dataset.node) page.dataset.node = "";
    for (const part of ["#map-side", ".map-title", ".map-actions", ".map-notes", ".crumbs", ".tabs"]) {
      const old = document.querySelector(part), now = fresh.querySelector(part);
      if (part === "#map-side") old.replaceChildren(...now.childNodes);
      else old.replaceWith(now);
    }
    area.forget();
    const field = document.getElementById("region");
    if (field) field.value = fresh.getElementById("region").value;
    document.title = fresh.title;
    if (push) history.pushState({}, "", url);
    tools.elements.node.value = page.dataset.node;
    await draw({ fit: true });
  }

  const go = (adcode) => { if (adcode !== page.dataset.region || page.dataset.view === "country") enter(`/map?${query({ region: adcode })}`, { push: true }); };
  window.addEventListener("popstate", () => enter(location.href, { push: false }));

  function find(text) {
    const list = document.getElementById("map-found");
    const found = text ? (page.firms ? page.firms.features : []).filter((one) => one.properties.name.includes(text)) : [];
    list.replaceChildren(...found.slice(0, 8).map((one) => {
      const item = document.createElement("li"), button = Object.assign(document.createElement("button"), { type: "button", textContent: one.properties.name });
      button.addEventListener("click", () => {
        tools.elements.firms.checked = true;
        map.addLayer(layers.firms);
        const marker = layers.firms.getLayers().find((mark) => mark.feature === one);
        layers.firms.zoomToShowLayer(marker, () => marker.openPopup());
      });
      item.append(button);
      return item;
    }));
    if (text && !found.length) list.append(Object.assign(document.createElement("li"), { className: "note", textContent: "本图中没有这家企业" }));
  }

  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.elements.find.addEventListener("input", (event) => find(event.target.value.trim()));
  tools.addEventListener("change", async (event) => {
    const { name, checked, value } = event.target;
    if (name === "node") {
      page.dataset.node = value;
      await enter(`/map?${query(page.dataset.view === "country" ? { view: "country" } : {})}`, { push: true });
    } else if (event.target.type === "checkbox") {
      if (checked && !layers[name]) await need(name);
      if (layers[name]) map[checked ? "addLayer" : "removeLayer"](layers[name]);
      if (name === "regions" && checked) layers.regions.bringToBack();
    }
  });
  page.addEventListener("click", (event) => {
    const link = event.target.closest("[data-go], [data-country]");
    if (link) { event.preventDefault(); enter(link.getAttribute("href"), { push: true }); return; }
    const button = event.target.closest("[data-map]");
    if (!button) return;
    const act = { draw: area.draw, clear: area.forget, print: printByDay, full: () => (document.fullscreenElement ? document.exitFullscreen() : page.requestFullscreen()) };
    act[button.dataset.map]();
  });
  map.on("zoomend", () => { if (layers.names) mapLayers.thin(layers.names, map); });
  document.addEventListener("themechange", () => {
    if (!country) return;
    map.removeLayer(layers.country);
    layers.country = mapLayers.country(country, map);
    makeRegions(page.shapes);
    put("firms", mapLayers.firms(page.firms, { nodeName, address }));
  });
  // What is painted on a canvas keeps the colours it was painted in: for paper it is painted by day first.
  function printByDay() {
    const dark = document.getElementById("dark"), media = dark.media;
    const wear = (chosen) => { dark.media = chosen; document.dispatchEvent(new CustomEvent("themechange")); };
    wear("not all");
    requestAnimationFrame(() => requestAnimationFrame(() => { print(); wear(media); }));
  }
  if (innerWidth <= 600) tools.querySelector("details").open = false;
  draw({ fit: true });
});
