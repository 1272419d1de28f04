// Draws a scene (tree.js, supply_graph.js) with ECharts. A drawing can be taller than any canvas may be: only the
// part around the window is drawn, and drawn anew when the reader scrolls on.
import { isGroup, isWithin } from "./chain_state.js";

const FONT = 13, ROW = 22, MOST_HIGH = 3000, MOST_WIDE = 4000, AHEAD = 300;
const PLUS = "path://M0 0H12V12H0ZM3 6H9M6 3V9", MINUS = "path://M0 0H12V12H0ZM3 6H9";
const pen = document.createElement("canvas").getContext("2d");

export const formatFirms = (firms) => firms.toLocaleString("zh-CN", { maximumFractionDigits: 1 });
const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Everything that depends on the zoom. Below a size that can be read the letters stay and the rows close up.
export function sizesAt(zoom, family) {
  const font = Math.max(9, Math.round(FONT * zoom)), row = ROW * zoom, mark = Math.min(20 * zoom, row - 1), kept = new Map();
  const measure = (text) => {
    if (!kept.has(text)) {
      pen.font = `bold ${font}px ${family}`;
      kept.set(text, Math.ceil(pen.measureText(text).width) + 8);
    }
    return kept.get(text);
  };
  const labelOf = (node) => `${node.name} ${formatFirms(node.firms)}${node.anchor ? " ◆" : ""}${node.bottleneck ? " ▲" : ""}`;
  const markOf = (node) => (node ? Math.min(mark, Math.max(5, (8 + 2.4 * Math.log2(1 + node.firms)) * Math.min(1, zoom))) : mark / 2);
  return { font, row, mark, beside: mark / 2 + 4, toggle: Math.max(12, 15 * Math.min(1, zoom)), margin: 14, measure, labelOf, markOf };
}

export const readColours = (ratings) => ({
  ink: variable("--ink"), soft: variable("--soft"), line: variable("--line"), card: variable("--card"), chosen: variable("--chosen"),
  focus: variable("--focus"), raised: variable("--raised"), link: variable("--link"),
  rating: Object.fromEntries(ratings.map(({ key }) => [key, variable(`--${key}`)])),
});

// The names that fit, those that matter most first: no two boxes of them touch. A box is [left, top, right, bottom].
export function fitLabels(scene, sizes, matters) {
  const high = sizes.font * 1.2 + 1, rows = new Map(), fitting = new Map();
  const ranked = scene.items.map((item, at) => [item, matters.has(item.node) ? -1 : item.rank, at]);
  ranked.sort((a, b) => a[1] - b[1] || a[2] - b[2]);
  const cells = (box) => [Math.floor(box[1] / high), Math.floor(box[3] / high)];
  for (const [item] of ranked) {
    const wide = sizes.measure(item.text), shift = sizes.beside + (item.side === "right" && item.toggle ? sizes.toggle : 0);
    const left = item.side === "right" ? item.x + shift - 2 : item.x - shift - wide + 2;
    const box = [left, item.y - high / 2, left + wide, item.y + high / 2], [first, last] = cells(box);
    let free = true;
    for (let cell = first; cell <= last && free; cell += 1) {
      free = !(rows.get(cell) || []).some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
    }
    if (!free) continue;
    fitting.set(item, box);
    for (let cell = first; cell <= last; cell += 1) rows.set(cell, [...(rows.get(cell) || []), box]);
  }
  return fitting;
}

function drawnNode(item, sizes, colours, marks, fits) {
  const { node } = item, colour = node ? colours.rating[node.rating.key] : colours.soft;
  const chosen = Boolean(node) && node === marks.node, at = Boolean(node) && node === marks.cursor;
  const hollow = node && node.rating.hollow;
  return {
    value: [item.x, item.y],
    node: { id: node ? node.id : "" },
    symbol: node ? `path://${node.rating.shape}` : "circle",
    symbolSize: sizes.markOf(node) * (chosen ? 1.15 : 1),
    itemStyle: {
      opacity: 1, color: hollow ? colours.card : colour, borderColor: at ? colours.focus : hollow ? colour : colours.soft,
      borderWidth: at ? 3 : hollow ? 2 : 0.6, borderType: node && node.rating.key === "suspected" ? "dashed" : node && node.rating.key === "unobserved" ? "dotted" : "solid",
    },
    label: {
      show: fits, formatter: item.text, position: item.side, distance: sizes.beside - sizes.markOf(node) / 2 + (item.side === "right" && item.toggle ? sizes.toggle : 0) - 3,
      fontWeight: chosen || node === marks.focus ? "bold" : "normal", backgroundColor: chosen ? colours.chosen : at ? colours.raised : colours.card,
      borderColor: at ? colours.focus : "transparent", borderWidth: at ? 1 : 0,
    },
  };
}

const drawnLine = (line, at, style) => ({ coords: line.points, edge: at, lineStyle: { width: line.width, type: line.back ? "dashed" : "solid", ...style } });

// The ECharts option of the part of a scene that lies in `part` ({x, y, width, height}).
export function optionOf(scene, part, sizes, colours, marks, fitting) {
  const inside = ({ x, y }) => x > part.x - 400 && x < part.x + part.width + 400 && y > part.y - 40 && y < part.y + part.height + 40;
  const shown = scene.items.filter(inside);
  const lines = scene.lines.map((line, at) => [line, at]).filter(([line]) => {
    const ys = line.points.map((point) => point[1]);
    return Math.max(...ys) > part.y - 10 && Math.min(...ys) < part.y + part.height + 10;
  });
  const supply = scene.kind === "supply", family = marks.family;
  const dim = supply && marks.node ? 0.18 : 0.42;
  const text = { color: colours.ink, fontSize: sizes.font, fontFamily: family };
  const silent = { type: "lines", coordinateSystem: "cartesian2d", polyline: true, silent: true };
  return {
    animation: false,
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: { show: false, type: "value", min: part.x, max: part.x + part.width },
    yAxis: { show: false, type: "value", min: part.y, max: part.y + part.height, inverse: true },
    series: [
      { ...silent, id: "lines", z: 1, silent: !supply || lines.length > 1500, lineStyle: { color: supply ? colours.soft : colours.line, opacity: supply ? dim : 1 }, data: lines.map(([line, at]) => drawnLine(line, at)) },
      {
        type: "scatter", id: "nodes", z: 3, cursor: "pointer", clip: false, symbolKeepAspect: true,
        label: { ...text, padding: [1, 3] }, emphasis: { scale: 1.2 },
        data: shown.map((item) => drawnNode(item, sizes, colours, marks, fitting.has(item))),
      },
      {
        type: "scatter", id: "toggles", z: 4, cursor: "pointer", clip: false, symbolSize: Math.min(11, sizes.row - 2),
        itemStyle: { color: colours.card, borderColor: colours.soft, borderWidth: 1.2 }, emphasis: { scale: 1.3 },
        data: shown.filter((item) => item.toggle).map((item) => ({
          value: [item.x + sizes.mark / 2 + sizes.toggle / 2, item.y], node: { id: item.node.id }, symbol: item.toggle === "⊞" ? PLUS : MINUS,
        })),
      },
      { ...silent, id: "hot", z: 2, lineStyle: { color: colours.link, opacity: 0.95 }, data: hotLines(scene, marks.node) },
      {
        type: "scatter", id: "titles", z: 3, silent: true, symbolSize: 0.01, clip: false,
        label: { ...text, show: true, color: colours.soft, position: "right", distance: 0, fontWeight: "bold" },
        data: scene.titles.filter(inside).map((title) => ({ value: [title.x, title.y], node: { id: "" }, label: { formatter: title.text } })),
      },
    ],
  };
}

// The supply edges of one node, to be drawn over the others.
function hotLines(scene, node) {
  if (scene.kind !== "supply" || !node) return [];
  return scene.lines.map((line, at) => [line, at]).filter(([line]) => isWithin(line.from, node) || isWithin(line.to, node))
    .map(([line, at]) => drawnLine(line, at, { width: Math.max(1.8, line.width) }));
}

export class ChainDrawing {
  constructor(element, describe) {
    this.element = element;
    this.space = element.parentElement;
    this.box = this.space.parentElement;
    this.chart = echarts.init(element, null, { renderer: "canvas" });
    this.family = getComputedStyle(document.body).fontFamily;
    this.describe = describe;
    const follow = () => this.follow();
    window.addEventListener("scroll", follow, { passive: true });
    this.box.addEventListener("scroll", follow, { passive: true });
  }

  // Shows a scene; `marks` says which node is in the panel, under the keyboard and in focus.
  show(scene, sizes, marks, colours) {
    Object.assign(this, { scene, sizes, colours, marks: { ...marks, family: this.family } });
    this.space.style.width = `${scene.width}px`;
    this.space.style.height = `${scene.height}px`;
    this.fitting = fitLabels(scene, sizes, new Set([marks.node, marks.cursor, marks.focus].filter(Boolean)));
    this.part = null;
    this.follow();
  }

  // Draws the supply of the node under the pointer over the rest; of the chosen one where none is.
  light(node) {
    if (this.scene?.kind === "supply") this.chart.setOption({ series: [{ id: "hot", data: hotLines(this.scene, node || this.marks.node) }] });
  }

  // Marks other nodes without placing anything anew.
  mark(marks) {
    if (this.scene) this.show(this.scene, this.sizes, marks, this.colours);
  }

  follow() {
    if (!this.scene) return;
    const wanted = this.wantedPart();
    if (!wanted) return;
    this.part = wanted;
    Object.assign(this.element.style, { left: `${wanted.x}px`, top: `${wanted.y}px`, width: `${wanted.width}px`, height: `${wanted.height}px` });
    this.chart.resize({ width: wanted.width, height: wanted.height });
    const tooltip = {
      confine: true, backgroundColor: this.colours.raised, borderColor: this.colours.line, textStyle: { color: this.colours.ink, fontSize: 13 },
      formatter: (entry) => this.describe(entry), extraCssText: "max-width:320px;white-space:normal",
    };
    this.chart.setOption({ ...optionOf(this.scene, wanted, this.sizes, this.colours, this.marks, this.fitting), tooltip });
  }

  // The part to draw: null where the one that is drawn still serves.
  wantedPart() {
    const { scene, part } = this, at = this.space.getBoundingClientRect(), frame = this.box.getBoundingClientRect();
    const cut = (size, most, now, seen, from, length) => {
      if (size <= most) return 0;
      const near = from === undefined || seen < from + AHEAD && from > 0 || seen + now > from + length - AHEAD && from + length < size;
      return near ? Math.round(Math.min(size - most, Math.max(0, seen - (most - now) / 2))) : from;
    };
    const width = Math.min(scene.width, MOST_WIDE), height = Math.min(scene.height, MOST_HIGH);
    const x = cut(scene.width, MOST_WIDE, frame.width, frame.left - at.left, part?.x, part?.width);
    const y = cut(scene.height, MOST_HIGH, window.innerHeight, -at.top, part?.y, part?.height);
    return part && part.x === x && part.y === y && part.width === width && part.height === height ? null : { x, y, width, height };
  }

  // Scrolls so that a node can be seen; the page moves no more than it must.
  bringIntoView(node) {
    const item = this.scene?.items.find((one) => one.node === node);
    if (!item) return;
    const top = this.space.getBoundingClientRect().top + item.y, low = window.innerHeight - 60;
    if (top < 130 || top > low) window.scrollBy(0, top - window.innerHeight / 2);
    const left = item.x - (item.side === "left" ? this.sizes.measure(item.text) : 20), right = item.x + 40 + (item.side === "right" ? this.sizes.measure(item.text) : 0);
    if (left < this.box.scrollLeft) this.box.scrollLeft = Math.max(0, left - 20);
    else if (right > this.box.scrollLeft + this.box.clientWidth) this.box.scrollLeft = right - this.box.clientWidth + 20;
    this.follow();
  }
}

// The whole of a scene as an SVG document.
export function renderSvg(scene, sizes, colours, marks) {
  const part = { x: 0, y: 0, width: Math.ceil(scene.width), height: Math.ceil(scene.height) };
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: part.width, height: part.height });
  chart.setOption({ backgroundColor: colours.card, ...optionOf(scene, part, sizes, colours, marks, fitLabels(scene, sizes, new Set())) });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

export function describeNode(node) {
  const lines = [node.name, `${node.stage} · 评级：${node.rating.word}`, `有效企业 ${formatFirms(node.firms)} 家，应有 ${formatFirms(node.expected)} 家`];
  if (isGroup(node)) lines.push(`下设 ${node.children.length} 个环节`);
  if (node.anchor) lines.push("◆ 有链主企业");
  if (node.bottleneck) lines.push(`▲ 卡脖子：${node.bottleneck}`);
  return lines;
}
