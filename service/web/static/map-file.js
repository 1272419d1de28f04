/* The single-file map: layers, filters, targets, search, print. Its data stands in the page (map_data.py).
   Every text is set as text, never as HTML. */
"use strict";

const SYMBOLS = {
  upstream: ["triangle", "#8a5a00"], midstream: ["circle", "#1b7837"], downstream: ["square", "#6a3d9a"],
};
const TARGET_COLOUR = "#b2182b", FLOW_COLOUR = "#5a2a83", MOST_NAMES = 20;

function make(tag, options = {}, ...inside) {
  const { className, ...rest } = options, node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(rest)) node.setAttribute(name, value);
  node.append(...inside.filter((part) => part !== null && part !== ""));
  return node;
}

function linesOf(title, lines) {
  return make("div", { className: "zs-popup" }, make("b", {}, title), ...lines.filter(Boolean).map((line) => make("div", {}, line)));
}

function readBlock(id) { return JSON.parse(document.getElementById(id).textContent); }

function startMap({ map, country, levels, outline }, start) {
  const data = readBlock("zs-data"), state = { node: -1, year: Infinity, undated: true };
  const here = data.centre ? L.latLng(data.centre[1], data.centre[0]) : null;
  const show = (bounds) => map.fitBounds(bounds, { padding: [30, 30], maxZoom: 10, animate: false });
  const popup = (at, node) => L.popup({ maxWidth: 320, maxHeight: 300 }).setLatLng(at).setContent(node).openOn(map);
  const within = withinTree(data.nodes);
  const overlays = [], base = start.base ? L.layerGroup(baseLayers(start.base)) : null;

  if (base) { base.addTo(map); overlays.push([base, `底图：${start.base.name}`]); }
  const land = L.layerGroup(country);
  land.addTo(map);
  overlays.push([land, "全国省界"]);
  if (outline) overlays.push([outline, "本地区边界"]);
  const lines = L.svg({ pane: "zs-lines" });
  const targets = drawTargets(map, data, here, lines, popup, within);
  const flows = drawFlows(map, data, here, lines, within);
  const heat = drawHeat(data, within);
  const sources = drawSources(data.sources, lines);
  const zones = drawZones(data.zones);
  const names = drawNames(map, data.labels, start);

  loadFirms(document.getElementById("zs-firms")).catch((error) => {
    document.getElementById("zs-shown").textContent = error.message;
    return readFirms({ count: 0, names: "", x: [], y: [], place: [], kind: [], founded: [], rough: [], places: [], kinds: [] });
  }).then((firms) => {
    const points = drawFirms(firms, data.nodes).addTo(map);
    overlays.push([points, `本地企业（${firms.count.toLocaleString("zh")}）`]);
    if (data.targets.length) {
      overlays.push([targets.marks.addTo(map), `目标企业（${data.targets.length}）`]);
      if (here) overlays.push([targets.lines.addTo(map), "目标企业到本地"]);
    }
    if (data.flows.length && here) overlays.push([flows.group, "缺口环节的供应来向"]);
    if (data.heat.cells.length) overlays.push([heat.layer, "全国企业热力"]);
    if (data.sources.length) overlays.push([sources, "招商目标区域"]);
    if (data.zones.length) overlays.push([zones, `开发区（${data.zones.length}）`]);
    overlays.push([names.group.addTo(map), "地名"]);
    const panel = addPanels(map, start, levels, overlays, targets, names);
    tellPoints(map, [[points, (i) => sayFirm(firms, data.nodes, i)], [zones, (i) => sayZone(data.zones[i])]], popup);

    const apply = () => {
      const shown = filterFirms(firms, state, within);
      points.redraw();
      targets.filter(state.node); flows.filter(state.node); heat.filter(state.node);
      panel.list(state.node);
      saySelection(data.nodes, state, shown, firms);
    };
    startFilters(data, firms, state, within, apply);
    startSearch(map, data, firms, targets, popup);
    apply();
    document.documentElement.dataset.ready = "true";
  });

  document.querySelectorAll(".zs-views button").forEach((button, i) => {
    button.addEventListener("click", () => show(start.views[i]));
  });
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  if (window.innerWidth < 700) for (const part of [".zs-legend", ".zs-filters"]) document.querySelector(part).open = false;
  layOutForPaper();
}

/* For each node the set of nodes that choosing it takes in: itself and all below it. */
function withinTree(nodes) {
  const sets = nodes.map((_, i) => new Set([i]));
  nodes.forEach((_, i) => { for (let up = nodes[i][2]; up >= 0; up = nodes[up][2]) sets[up].add(i); });
  return (chosen, node) => chosen < 0 || sets[chosen].has(node);
}

/* ---- firms and zones ---- */

function drawFirms(firms, nodes) {
  const symbols = firms.kinds.map((kind) => SYMBOLS[kind.length ? nodes[kind[0]][1] : "midstream"]);
  return new PointLayer(firms, {
    symbol: (i) => symbols[firms.kind[i]], fill: "#17603a", edge: "#fff", ink: "#fff",
  });
}

function drawZones(zones) {
  const points = { ...projectPoints(zones.map((zone) => zone[2]), zones.map((zone) => zone[3])), on: new Uint8Array(zones.length).fill(1) };
  return new PointLayer(points, { symbol: () => ["diamond", "#3b4a59"], fill: "#fff", edge: "#3b4a59", ink: "#1b2733" }, { few: 90 });
}

function sayFirm(firms, nodes, i) {
  const kinds = firms.kinds[firms.kind[i]].map((node) => nodes[node][0]);
  return linesOf(firms.names[i], [
    `环节：${kinds.join("、")}`, firms.places[firms.place[i]],
    firms.founded[i] ? `成立：${firms.founded[i]} 年` : "成立年份不详", firms.rough[i] ? "（位置仅作示意）" : "",
  ]);
}

function sayZone([name, kind, , , place]) {
  return linesOf(name, [kind, place, "（标在所在政区中部，位置仅作示意）"]);
}

/* A click on a point tells of it; on a circle it goes nearer, or lists what cannot be parted. */
function tellPoints(map, layers, popup) {
  const hit = (event) => {
    for (const [layer, say] of layers) {
      const item = map.hasLayer(layer) && layer.hit(event.layerPoint);
      if (item) return { layer, say, item };
    }
    return null;
  };
  map.on("mousemove", (event) => map.getContainer().classList.toggle("zs-over", Boolean(hit(event))));
  map.on("click", (event) => {
    const found = hit(event);
    if (!found) return;
    const { layer, say, item } = found, at = map.layerPointToLatLng([item.x, item.y]), count = item.members.length;
    const bounds = count > 1 ? layer.boundsOf(item) : null;
    if (bounds) { map.fitBounds(bounds, { padding: [60, 60], maxZoom: 17 }); return; }
    const some = item.members.slice(0, MOST_NAMES).map(say);
    if (count > MOST_NAMES) some.push(make("div", {}, `另有 ${count - MOST_NAMES} 家，可用搜索框按名称查找`));
    popup(at, count === 1 ? some[0] : make("div", { className: "zs-several" }, make("p", {}, `此处 ${count} 家`), ...some));
  });
}

/* ---- targets, supply, heat, source regions ---- */

function drawTargets(map, data, here, renderer, popup, within) {
  const marks = L.layerGroup(), lines = L.layerGroup(), several = data.gaps.length > 1;
  const letter = (node) => several ? String.fromCharCode(65 + data.gaps.indexOf(node)) : "";
  const all = data.targets.map(([name, lon, lat, ranks, said, placed]) => {
    const at = L.latLng(lat, lon), best = (chosen) => ranks.find(([node]) => within(chosen, node)) || null;
    const texts = [...ranks.map(([node, rank, score]) => `${data.nodes[node][0]}：第 ${rank} 位，${score} 分`), ...said];
    const tell = () => popup(at, linesOf(name, [...texts, placed ? "" : "（位置仅作示意）"]));
    const icon = L.divIcon({ className: "zs-target", iconSize: [26, 22], html: make("b") });
    const marker = L.marker(at, { icon, title: name, alt: `目标企业 ${name}`, keyboard: true, riseOnHover: true });
    marker.on("click", tell).on("keypress", (event) => { if (event.originalEvent.key === "Enter") tell(); });
    const line = here && L.polyline([at, here], { renderer, color: TARGET_COLOUR, weight: 1, opacity: 0.6, dashArray: "4 4", interactive: false });
    return { name, at, ranks, best, tell, marker, line };
  });
  const set = (one, mark) => {
    const word = mark ? `${letter(mark[0])}${mark[1]}` : "";
    one.word = word;
    one.marker.options.icon.options.html.textContent = word;
  };
  function filter(chosen) {
    marks.clearLayers(); lines.clearLayers();
    for (const one of all) {
      const mark = one.best(chosen);
      set(one, mark);
      if (!mark) continue;
      one.marker.setZIndexOffset(-mark[1] * 10).addTo(marks);
      if (one.line) one.line.addTo(lines);
    }
    spread();
  }
  /* Marks that would cover each other stand side by side. */
  function spread() {
    const taken = [];
    for (const one of all) {
      const element = one.marker.getElement();
      if (!element) continue;
      const at = map.latLngToContainerPoint(one.at);
      let shift = 0;
      while (shift < 8 && taken.some(([x, y]) => Math.abs(at.x + shift * 28 - x) < 27 && Math.abs(at.y - y) < 22)) shift++;
      taken.push([at.x + shift * 28, at.y]);
      element.firstChild.style.transform = shift ? `translateX(${shift * 28}px)` : "";
    }
  }
  map.on("zoomend layeradd", spread);
  return { marks, lines, all, filter, order: (node) => data.gaps.indexOf(node) };
}

/* Curved arrows from the regions that make what is lacking; of the most urgent gap where none is chosen. */
function drawFlows(map, data, here, renderer, within) {
  const group = L.layerGroup(), caption = document.getElementById("zs-flow-said");
  let labels = [];
  const most = Math.max(1, ...data.flows.map((flow) => flow[4]));
  function filter(chosen) {
    group.clearLayers();
    labels = [];
    const gap = data.gaps.find((node) => within(chosen, node) && data.flows.some((flow) => flow[0] === node));
    for (const [node, name, lon, lat, effective, distance] of here && gap !== undefined ? data.flows : []) {
      if (node !== gap) continue;
      const text = `${name} ${effective < 10 ? effective : Math.round(effective)} 家，${distance} 公里`;
      const points = bend(L.latLng(lat, lon), here), weight = 1.5 + 5 * Math.sqrt(effective / most);
      const head = L.divIcon({ className: "zs-head", iconSize: [14, 14], html: arrow(points[13], points[14]) });
      L.polyline(points, { renderer, color: FLOW_COLOUR, weight, opacity: 0.65, interactive: false }).addTo(group);
      L.marker(points[14], { icon: head, interactive: false, keyboard: false }).addTo(group);
      const icon = L.divIcon({ className: "zs-flow", iconSize: null, html: make("span", {}, text) });
      labels.push({ at: points[0], text, marker: L.marker(points[0], { icon, interactive: false, keyboard: false }).addTo(group) });
    }
    caption.textContent = labels.length ? `供应来向：${data.nodes[gap][0]}（有效企业数，直线距离）` : "所选环节没有可示的供应来向";
    stack();
  }
  /* Labels that would cover each other stand one above the other. */
  function stack() {
    const taken = [];
    caption.hidden = !map.hasLayer(group);
    for (const { at, text, marker } of labels) {
      const element = marker.getElement(), { x, y } = map.latLngToContainerPoint(at), wide = text.length * 9;
      if (!element) continue;
      let up = 0;
      while (up < 8 && taken.some(([ox, oy]) => Math.abs(x - ox) < wide && Math.abs(y - up * 20 - oy) < 20)) up++;
      taken.push([x, y - up * 20]);
      element.style.marginTop = `${-up * 20}px`;
    }
  }
  map.on("zoomend", stack);
  map.on("layeradd layerremove", (event) => { if (event.layer === group) stack(); });
  return { group, filter };
}

function bend(from, to) {
  const middle = [(from.lat + to.lat) / 2 + (to.lng - from.lng) * 0.15, (from.lng + to.lng) / 2 - (to.lat - from.lat) * 0.15];
  return Array.from({ length: 17 }, (_, i) => {
    const t = i / 16, part = (a, b, c) => (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t * t * c;
    return L.latLng(part(from.lat, middle[0], to.lat), part(from.lng, middle[1], to.lng));
  });
}

function arrow(from, to) {
  const east = (to.lng - from.lng) * Math.cos(to.lat * Math.PI / 180), turn = Math.atan2(east, to.lat - from.lat) * 180 / Math.PI;
  const head = make("i", {}, "▲");
  head.style.transform = `rotate(${turn}deg)`;
  return head;
}

/* leaflet.heat reads its canvas back at every move: said beforehand, the browser keeps it where that is quick. */
const plainHeat = window.simpleheat;
window.simpleheat = (canvas) => {
  canvas.getContext("2d", { willReadFrequently: true });
  return plainHeat(canvas);
};

/* Effective firms of the chosen node in every county of the country; the densest county is 1. */
function drawHeat(data, within) {
  const heat = L.heatLayer([], { radius: 22, blur: 16, max: 1, maxZoom: 0, minOpacity: 0.25, gradient: { 0.2: "#ffd27a", 0.5: "#f98e2b", 0.8: "#e03b12", 1: "#7d0025" } });
  function filter(chosen) {
    const sums = new Float64Array(data.heat.spots.length);
    for (const [node, spot, effective] of data.heat.cells) if (within(chosen, node)) sums[spot] += effective;
    const most = sums.reduce((a, b) => Math.max(a, b), 0);
    const shown = [];
    data.heat.spots.forEach(([lon, lat], i) => { if (sums[i]) shown.push([lat, lon, Math.sqrt(sums[i] / most)]); });
    if (heat._map) heat.setLatLngs(shown);
    else heat._latlngs = shown;
  }
  return { layer: L.layerGroup([heat]), filter };
}

function drawSources(sources, renderer) {
  const group = L.layerGroup();
  for (const [name, plan, geometry] of sources) {
    const shape = L.geoJSON(geometry, { style: { renderer, color: "#a6611a", weight: 2, dashArray: "8 5", fill: false }, pane: "zs-lines" });
    shape.bindTooltip(() => linesOf(name, [plan]), { sticky: true });
    shape.addTo(group);
    const html = make("span", {}, name);
    L.marker(shape.getBounds().getCenter(), { icon: L.divIcon({ className: "zs-source", iconSize: null, html }), interactive: false, keyboard: false }).addTo(group);
  }
  return group;
}

/* ---- names of places: those of the shown level, and no name over another ---- */

function drawNames(map, labels, { levels, shown }) {
  const group = L.layerGroup();
  let placed = [], from = 0;
  function set(level) {
    group.clearLayers();
    from = levels[level] ? levels[level][1] : 0;
    placed = (labels[level] || []).map(([name, lon, lat]) => {
      const icon = L.divIcon({ className: "zs-label", iconSize: null, html: make("span", {}, name) });
      return { name, at: L.latLng(lat, lon), marker: L.marker([lat, lon], { icon, pane: "zs-names", interactive: false, keyboard: false }).addTo(group) };
    });
    thin();
  }
  function thin() {
    const taken = [], seen = map.getBounds(), near = map.getZoom() >= from;
    for (const { name, at, marker } of placed) {
      const element = marker.getElement();
      if (!element) continue;
      const { x, y } = map.latLngToContainerPoint(at), half = name.length * 6.5 + 2;
      const free = near && seen.contains(at) && !taken.some(([ox, oy, other]) => Math.abs(x - ox) < half + other && Math.abs(y - oy) < 17);
      if (free) taken.push([x, y, half]);
      element.style.display = free ? "" : "none";
    }
  }
  map.on("moveend", thin);
  map.on("layeradd", (event) => { if (event.layer === group) thin(); });
  set(shown);
  return { group, set };
}

/* ---- panels ---- */

function addPanels(map, start, levels, overlays, targets, names) {
  const bare = L.layerGroup(), choices = {};
  start.levels.forEach(([name], i) => { choices[name] = levels[i]; });
  choices["不着色"] = bare;
  (levels[start.shown] || bare).addTo(map);
  const control = L.control.layers(choices, Object.fromEntries(overlays.map(([layer, name]) => [name, layer])), { collapsed: false, sortLayers: false }).addTo(map);
  map.on("baselayerchange", (event) => names.set(start.levels.findIndex(([name]) => name === event.name)));
  const box = control.getContainer(), layers = make("details", { className: "zs-layers" }, make("summary", {}, "图层"));
  box.replaceWith(layers);
  layers.append(box);
  const listed = make("div"), list = make("details", { className: "zs-list" }, make("summary", {}, "目标企业名单"), listed);
  if (targets.all.length) layers.after(list);
  layers.open = window.innerWidth >= 700;
  list.open = window.innerWidth >= 1000 && window.innerHeight >= 600;
  for (const part of [layers, list]) { L.DomEvent.disableClickPropagation(part); L.DomEvent.disableScrollPropagation(part); }
  return { list: (chosen) => fillList(listed, map, targets, chosen) };
}

function fillList(listed, map, targets, chosen) {
  const rows = [];
  for (const one of targets.all) {
    const mark = one.best(chosen);
    if (mark) rows.push([mark, one]);
  }
  rows.sort(([one], [other]) => targets.order(one[0]) - targets.order(other[0]) || one[1] - other[1]);
  listed.replaceChildren(...rows.map(([mark, one]) => {
    const row = make("button", { type: "button" }, make("b", {}, one.word), ` ${one.name}`, make("small", {}, `${mark[2]} 分`));
    row.addEventListener("click", () => { map.setView(one.at, Math.max(map.getZoom(), 9), { animate: false }); one.tell(); });
    return row;
  }));
  if (!rows.length) listed.replaceChildren(make("p", {}, "所选环节没有列出目标企业"));
}

/* ---- filters ---- */

function filterFirms(firms, { node, year, undated }, within) {
  const fits = firms.kinds.map((kind) => node < 0 || kind.some((one) => within(node, one)));
  let shown = 0;
  for (let i = 0; i < firms.count; i++) {
    const founded = firms.founded[i];
    firms.on[i] = fits[firms.kind[i]] && (founded ? founded <= year : undated) ? 1 : 0;
    shown += firms.on[i];
  }
  return shown;
}

function saySelection(nodes, { node, year, undated }, shown, firms) {
  const some = shown < firms.count, said = `显示 ${shown.toLocaleString("zh")} / ${firms.count.toLocaleString("zh")} 家企业`;
  document.getElementById("zs-shown").textContent = firms.count ? said : "本地暂无该产业链企业";
  const parts = [node >= 0 ? `环节 ${nodes[node][0]}` : "", isFinite(year) ? `成立至 ${year} 年` : "", undated ? "" : "不含成立年份不详的"].filter(Boolean);
  const line = document.getElementById("zs-state");
  line.hidden = !some && !parts.length;
  line.textContent = `当前筛选：${parts.join("；")}（${said}）`;
}

function startFilters(data, firms, state, within, apply) {
  const select = document.getElementById("zs-node"), counts = data.nodes.map((_, i) => {
    const fits = firms.kinds.map((kind) => kind.some((one) => within(i, one)));
    let count = 0;
    for (const kind of firms.kind) count += fits[kind];
    return count;
  });
  const depth = (i) => data.nodes[i][2] < 0 ? 0 : depth(data.nodes[i][2]) + 1;
  for (const [stage, word] of [["upstream", "上游"], ["midstream", "中游"], ["downstream", "下游"]]) {
    const group = make("optgroup", { label: word });
    data.nodes.forEach(([name, of], i) => {
      const gap = data.gaps.indexOf(i), rank = gap >= 0 ? `（缺口 ${gap + 1}）` : "";
      if (of === stage) group.append(make("option", { value: i }, `${"　".repeat(depth(i))}${name}${rank} ${counts[i]} 家`));
    });
    if (group.children.length) select.append(group);
  }
  select.addEventListener("change", () => { state.node = Number(select.value); apply(); });
  startYears(firms, state, apply);
}

function startYears(firms, state, apply) {
  const years = firms.founded.filter(Boolean), undated = firms.count - years.length;
  if (!years.length) return;
  const first = years.reduce((a, b) => Math.min(a, b)), last = years.reduce((a, b) => Math.max(a, b));
  const slider = document.getElementById("zs-year"), said = document.getElementById("zs-year-said");
  const play = document.getElementById("zs-play"), box = document.getElementById("zs-undated");
  document.querySelector(".zs-years").hidden = false;
  document.querySelector(".zs-undated").hidden = !undated;
  document.querySelector(".zs-undated span").textContent = `含成立年份不详的（${undated} 家）`;
  Object.assign(slider, { min: first, max: last, value: last });
  const set = () => {
    const year = Number(slider.value);
    state.year = year >= last ? Infinity : year;
    said.textContent = `${year} 年`;
    apply();
  };
  said.textContent = `${last} 年`;
  slider.addEventListener("input", set);
  box.addEventListener("change", () => { state.undated = box.checked; apply(); });
  let running = 0;
  const stop = () => { clearInterval(running); running = 0; play.textContent = "播放"; play.setAttribute("aria-pressed", "false"); };
  play.addEventListener("click", () => {
    if (running) { stop(); return; }
    if (Number(slider.value) >= last) slider.value = first;
    play.textContent = "停止";
    play.setAttribute("aria-pressed", "true");
    set();
    running = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      set();
      if (Number(slider.value) >= last) stop();
    }, Math.max(120, 8000 / Math.max(1, last - first)));
  });
}

/* ---- search ---- */

function startSearch(map, data, firms, targets, popup) {
  const letters = data.initials[1].split(" "), sounds = new Map([...data.initials[0]].map((character, i) => [character, letters[i]]));
  const go = (at, zoom) => map.setView(at, zoom, { animate: false });
  startFinding(document.getElementById("zs-find"), document.getElementById("zs-found"), [
    {
      kind: "地区", count: data.places.length, name: (i) => data.places[i][0], say: (i) => data.places[i][1],
      initials: (i) => data.places[i][2], go: (i) => { const [, , , lon, lat, zoom] = data.places[i]; go([lat, lon], zoom); },
    },
    {
      kind: "目标", count: targets.all.length, name: (i) => targets.all[i].name,
      go: (i) => { go(targets.all[i].at, 11); targets.all[i].tell(); },
    },
    {
      kind: "企业", count: firms.count, name: (i) => firms.names[i],
      go: (i) => { const at = L.latLng(firms.lats[i], firms.lons[i]); go(at, 13); popup(at, sayFirm(firms, data.nodes, i)); },
    },
    {
      kind: "开发区", count: data.zones.length, name: (i) => data.zones[i][0],
      go: (i) => { const at = L.latLng(data.zones[i][3], data.zones[i][2]); go(at, 10); popup(at, sayZone(data.zones[i])); },
    },
  ], sounds);
}

/* The sheet is printed as it stands in the window, made to fit the paper: canvases that change their size just
   before printing come out blank. */
function layOutForPaper() {
  const legend = document.querySelector(".zs-legend"), body = document.body, [wide, high] = [1040, 690];
  let open = true;
  window.addEventListener("beforeprint", () => {
    const { clientWidth, clientHeight } = body, scale = Math.min(wide / clientWidth, high / clientHeight);
    open = legend.open;
    legend.open = true;
    Object.assign(body.style, { width: `${clientWidth}px`, height: `${clientHeight}px`, zoom: scale });
    document.documentElement.classList.add("zs-print");
  });
  window.addEventListener("afterprint", () => {
    document.documentElement.classList.remove("zs-print");
    Object.assign(body.style, { width: "", height: "", zoom: "" });
    legend.open = open;
  });
}
