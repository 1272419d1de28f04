"use strict";
// The layers of the map page, each made from one answer of the service. Colours are the page's variables, read
// anew when the theme changes.
const mapLayers = (() => {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const UPPER = [0.2, 0.4, 0.6, 0.8, 1];

  function shade(completeness) {
    if (completeness === null) return colour("--class-none");
    return colour(`--class-${UPPER.findIndex((upper) => completeness <= upper + 1e-9) + 1}`);
  }

  const percent = (share) => (share === null ? "未观测" : `${Math.round(share * 100)}%`);

  // Texts are set as texts, never as HTML.
  function words(...lines) {
    const box = document.createElement("div");
    for (const [kind, text] of lines) {
      if (!text) continue;
      const part = document.createElement(kind);
      part.textContent = text;
      box.append(part);
    }
    return box;
  }

  function country(shapes, map) {
    return L.geoJSON(shapes, {
      interactive: false, pane: "back",
      style: (one) => ({ color: colour("--soft"), weight: one.properties.kind === "dash_line" ? 1.6 : 0.7, opacity: 0.7, fill: one.properties.kind !== "dash_line", fillColor: colour("--card"), fillOpacity: 1 }),
    }).addTo(map);
  }

  function regions(shapes, { here, onPick }) {
    const style = (one) => ({
      color: one.id === here ? colour("--ink") : colour("--card"), weight: one.id === here ? 3 : 1.2,
      fillColor: shade(one.properties.completeness), fillOpacity: 0.85,
    });
    const layer = L.geoJSON(shapes, {
      style,
      onEachFeature(one, shape) {
        shape.bindTooltip(words(["b", one.properties.name], ["div", `完整度：${percent(one.properties.completeness)}`]), { sticky: true });
        shape.on("mouseover", () => shape.setStyle({ weight: 3, color: colour("--focus") }));
        shape.on("mouseout", () => layer.resetStyle(shape));
        shape.on("click", () => onPick(one.id));
      },
    });
    return layer;
  }

  function names(shapes) {
    return L.layerGroup(shapes.features.filter((one) => one.properties.centre).map((one) => {
      const [lon, lat] = one.properties.centre;
      return L.tooltip({ permanent: true, direction: "center", className: "map-name", pane: "names", opacity: 1, interactive: false })
        .setLatLng([lat, lon]).setContent(words(["span", one.properties.name]));
    }));
  }

  // Where names would lie on each other the later one is hidden, again after every zoom.
  function thin(group, map) {
    const taken = [];
    group.eachLayer((one) => {
      const element = one.getElement();
      if (!element) return;
      element.style.visibility = "";
      const box = element.getBoundingClientRect();
      const free = taken.every((other) => box.right < other.left || box.left > other.right || box.bottom < other.top || box.top > other.bottom);
      element.style.visibility = free ? "" : "hidden";
      if (free) taken.push(box);
    });
  }

  function firms(found, { nodeName, address }) {
    const dot = () => ({ radius: 5, color: colour("--card"), weight: 1, fillColor: colour("--chart-3"), fillOpacity: 0.9 });
    const group = L.markerClusterGroup({ chunkedLoading: true, maxClusterRadius: 44, disableClusteringAtZoom: 14, showCoverageOnHover: false, spiderfyOnMaxZoom: true });
    group.addLayers(found.features.map((one) => {
      const [lon, lat] = one.geometry.coordinates;
      const marker = L.circleMarker([lat, lon], dot());
      marker.feature = one;
      marker.bindPopup(() => {
        const box = words(["b", one.properties.name], ["p", `环节：${one.properties.nodes.map(nodeName).join("、")}`], ["p", one.properties.placed ? "" : "（无坐标，标在所在区县中部，仅作示意）"]);
        box.append(Object.assign(document.createElement("a"), { href: address(one.id), textContent: "企业画像" }));
        return box;
      });
      return marker;
    }));
    return group;
  }

  function targets(found, { address }) {
    return L.layerGroup(found.features.map((one) => {
      const [lon, lat] = one.geometry.coordinates;
      const icon = L.divIcon({ className: "", iconSize: [24, 24], html: `<span class="map-rank">${Number(one.properties.rank)}</span>` });
      return L.marker([lat, lon], { icon, title: one.properties.name, alt: `第 ${one.properties.rank} 位：${one.properties.name}` }).bindPopup(() => {
        const box = words(["b", one.properties.name], ...one.properties.lines.map((line) => ["p", line]));
        box.append(Object.assign(document.createElement("a"), { href: address(one.id), textContent: "企业画像" }));
        return box;
      });
    }));
  }

  function zones(found) {
    const diamond = (text) => L.divIcon({ className: "", iconSize: [12, 12], html: `<span style="display:block;width:10px;height:10px;background:var(--chart-4);transform:rotate(45deg);border:1px solid var(--card)"></span>`, tooltip: text });
    return L.layerGroup(found.features.map((one) => {
      const [lon, lat] = one.geometry.coordinates;
      return L.marker([lat, lon], { icon: diamond(), alt: one.properties.name }).bindTooltip(words(["b", one.properties.name], ["div", one.properties.kind]));
    }));
  }

  return { country, regions, names, thin, firms, targets, zones, percent, words };
})();
