"use strict";
// The chain tree: colour is the rating, a hollow ring means "not seen in a selective list" or "not observed".
// Every leaf has a row of its own and every column is as wide as its names, so that nothing overlaps.
const ROW = 22, GROUP_GAP = 0.5, MARGIN = 14, FORK = 14, SYMBOL = 12;
const FONT = 13;

// Places the nodes: `row` and `depth` for each, the leaves from the top down.
function placeNodes(root) {
  const nodes = [];
  let row = 0;
  const visit = (node, depth, parent) => {
    const placed = { node, depth, parent, leaf: !(node.children || []).length };
    nodes.push(placed);
    if (placed.leaf) { placed.row = row; row += 1; return placed; }
    const below = node.children.map((child) => visit(child, depth + 1, placed));
    placed.row = (below[0].row + below[below.length - 1].row) / 2;
    row += GROUP_GAP;
    return placed;
  };
  visit(root, 0, null);
  return { nodes, rows: row };
}

function labelOf(node) {
  if (!node.id) return node.name;
  return `${node.name} ${node.firms}${node.anchor ? " ◆" : ""}${node.bottleneck ? " ▲" : ""}`;
}

// Names of groups stand left of their circle, those of leaves right of it. Returns the x of each column.
function placeColumns(nodes, measure, width) {
  const deepest = Math.max(...nodes.map((one) => one.depth));
  const widest = (depth, leaf) => Math.max(0, ...nodes.filter((one) => one.depth === depth && one.leaf === leaf).map((one) => measure(labelOf(one.node))));
  const columns = [MARGIN + widest(0, false) + SYMBOL];
  for (let depth = 1; depth <= deepest; depth += 1) columns.push(columns[depth - 1] + FORK + 2 * SYMBOL + widest(depth, false));
  const needed = Math.max(...columns.map((x, depth) => x + SYMBOL + widest(depth, true) + MARGIN));
  const spare = Math.max(0, width - needed) / Math.max(1, deepest);
  return { columns: columns.map((x, depth) => x + Math.min(spare, 90) * depth), needed };
}

document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("tree");
  const data = JSON.parse(document.getElementById("tree-data").textContent);
  const ink = getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  const font = getComputedStyle(document.body).fontFamily;
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `bold ${FONT}px ${font}`;
  const measure = (text) => Math.ceil(pen.measureText(text).width) + 6;
  const { nodes, rows } = placeNodes(data);
  box.style.height = `${Math.max(200, rows * ROW + 2 * MARGIN)}px`;
  const chart = echarts.init(box, null, { renderer: "canvas" });
  let selected = box.dataset.node;

  const drawn = (one, columns) => {
    const { node, leaf } = one, chosen = node.id && node.id === selected;
    return {
      value: [columns[one.depth], one.row],
      node,
      symbolSize: chosen ? 15 : leaf ? 9 : 11,
      itemStyle: { color: node.hollow ? "#fff" : node.colour || "#555", borderColor: node.colour || "#555", borderWidth: chosen ? 4 : 2 },
      label: { formatter: labelOf(node), position: leaf ? "right" : "left", fontWeight: chosen ? "bold" : "normal", backgroundColor: chosen ? "#ffefc2" : "#fff" },
    };
  };
  const draw = () => {
    const { columns, needed } = placeColumns(nodes, measure, box.parentElement.clientWidth);
    box.style.minWidth = `${needed}px`;
    chart.resize();
    const width = Math.max(needed, box.clientWidth);
    const lines = nodes.filter((one) => one.parent).map((one) => {
      const from = columns[one.parent.depth], fork = from + FORK;
      return { coords: [[from, one.parent.row], [fork, one.parent.row], [fork, one.row], [columns[one.depth], one.row]] };
    });
    chart.setOption({
      animation: false,
      grid: { left: 0, right: 0, top: MARGIN + ROW / 2, bottom: MARGIN + ROW / 2 },
      xAxis: { show: false, min: 0, max: width },
      yAxis: { show: false, min: 0, max: Math.max(1, rows - 1), inverse: true },
      tooltip: { confine: true, formatter: (entry) => describe(entry.data.node), extraCssText: "max-width:320px;white-space:normal" },
      series: [
        { type: "lines", coordinateSystem: "cartesian2d", polyline: true, silent: true, z: 1, lineStyle: { color: "#b8c0c8", width: 1.2, opacity: 1 }, data: lines },
        {
          type: "scatter", z: 2, symbol: "circle", cursor: "pointer", clip: false,
          label: { show: true, color: ink, fontSize: FONT, fontFamily: font, distance: 5, padding: [2, 3] },
          emphasis: { scale: 1.3 },
          data: nodes.map((one) => drawn(one, columns)),
        },
      ],
    });
  };
  const describe = (node) => {
    const lines = [node.name];
    if (node.id) lines.push(`评级：${node.word}`, `有效企业 ${node.firms} 家，应有 ${node.expected} 家`);
    if (node.anchor) lines.push("有链主企业");
    if (node.bottleneck) lines.push(`卡脖子：${node.bottleneck}`);
    return lines.map((line) => echarts.format.encodeHTML(line)).join("<br>");
  };
  const open = (id) => {
    selected = id;
    draw();
    const query = `${box.dataset.query}&node=${encodeURIComponent(id)}`;
    htmx.ajax("GET", `/chain/panel?${query}`, "#panel");
    history.replaceState(null, "", `/chain?${query}`);
  };
  chart.on("click", (entry) => { if (entry.data.node && entry.data.node.id) open(entry.data.node.id); });
  // Where the panel stands below the tree, a chosen node would change something out of sight.
  document.getElementById("panel").addEventListener("htmx:afterSwap", (event) => {
    const panel = event.currentTarget;
    if (panel.offsetTop > box.offsetTop + 60 || window.innerWidth <= 600) panel.scrollIntoView();
  });
  if (selected) open(selected); else draw();
  if (window.innerWidth <= 600) document.querySelector("details.nodes").open = true;
  new ResizeObserver(draw).observe(box.parentElement);
});
