"use strict";
// Draw an area on the map and get the firms in it: a list, the counts by node, and a file.
function mapArea(map, { ask, box, clear, say, nodeName, address }) {
  L.drawLocal.draw.handlers.polygon.tooltip = { start: "点击开始画范围", cont: "点击继续", end: "点第一个点完成" };
  L.drawLocal.draw.handlers.polyline = { error: "边不能相交", tooltip: { start: "", cont: "", end: "" } };
  const style = { color: "#d98e00", weight: 2, fillOpacity: 0.08 };
  const drawn = L.featureGroup().addTo(map);
  const pen = new L.Draw.Polygon(map, { shapeOptions: style, allowIntersection: false, showArea: false });

  function forget() {
    drawn.clearLayers();
    box.hidden = clear.hidden = true;
    box.replaceChildren();
  }

  function row(one) {
    const item = document.createElement("li");
    item.append(Object.assign(document.createElement("a"), { href: address(one.key), textContent: one.name }), ` ${one.nodes.map(nodeName).join("、")}`);
    return item;
  }

  function show(found, polygon) {
    const head = Object.assign(document.createElement("h2"), { textContent: `范围内 ${found.total} 家企业` });
    const counts = document.createElement("p");
    counts.className = "note";
    counts.textContent = found.by_node.slice(0, 8).map((one) => `${nodeName(one.node)} ${one.firms}`).join("、") || "这里没有本链企业。";
    const list = document.createElement("ol");
    list.className = "area-list";
    list.append(...found.firms.map(row));
    box.replaceChildren(head, counts, list);
    if (found.total) {
      const save = Object.assign(document.createElement("button"), { type: "button", textContent: "导出名单（CSV）" });
      save.addEventListener("click", () => download(polygon));
      box.append(save);
    }
    if (found.total > found.firms.length) box.append(Object.assign(document.createElement("p"), { className: "note", textContent: `列出前 ${found.firms.length} 家，导出为全部。` }));
    box.hidden = clear.hidden = false;
    box.scrollIntoView({ block: "nearest" });
  }

  const send = (polygon, file) => fetch(`/api/v1/map/area?file=${file}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...ask(), polygon }),
  });

  async function download(polygon) {
    const answer = await send(polygon, true);
    if (!answer.ok) { say("没有导出成功"); return; }
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(await answer.blob()), download: "范围内企业.csv" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  async function look(polygon) {
    say("正在查找范围内的企业……");
    try {
      const answer = await send(polygon, false);
      const found = await answer.json();
      if (!answer.ok) throw new Error(found.detail);
      show(found, polygon);
      say("");
    } catch (error) { say(`没有成功：${error.message}`); }
  }

  map.on(L.Draw.Event.CREATED, (event) => {
    forget();
    drawn.addLayer(event.layer);
    look(event.layer.toGeoJSON().geometry);
  });
  return { draw: () => { forget(); pen.enable(); }, forget, drawing: () => pen.enabled() };
}
