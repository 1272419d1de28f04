// The supply graph: suppliers left, customers right. The server says which node stands in which column and row;
// here the columns become as wide as their names. Returns a scene for chain_draw.js.
import { isGroup } from "./chain_state.js";

const GUTTER = 70, TITLE = 26, STEPS = 16, FEW_STEPS = 7, MANY = 1500;
const answers = new Map();

// Asks where the nodes stand; answers of this page are kept.
export async function fetchLayout(state, signal) {
  const query = new URLSearchParams(state.asked);
  if (state.focus) query.set("focus", state.focus.short);
  else state.foldQuery().forEach((value, name) => query.set(name, value));
  const address = `/chain/supply?${query}`;
  if (!answers.has(address)) {
    const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error((await answer.json()).detail || `HTTP ${answer.status}`);
    if (answers.size > 50) answers.clear();
    answers.set(address, await answer.json());
  }
  return answers.get(address);
}

// A share of 0 is one that is not known.
const widthOf = (share) => (share ? 1 + 7 * Math.sqrt(share) : 1);

function curve([x1, y1], [x2, y2], steps) {
  const pull = x2 > x1 ? (x2 - x1) / 2 : 60, points = [];
  for (let step = 0; step <= steps; step += 1) {
    const t = step / steps, s = 1 - t;
    const a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
    points.push([a * x1 + b * (x1 + pull) + c * (x2 - pull) + d * x2, a * y1 + b * y1 + c * y2 + d * y2]);
  }
  return points;
}

export function supplyScene(state, layout, sizes, width) {
  const { nodes } = state.chain, folded = (node) => isGroup(node) && !state.focus;
  const text = (node) => sizes.labelOf(node, folded(node));
  const gutter = GUTTER * Math.max(0.5, Math.min(1, state.zoom));
  // From the middle of a node's mark to the end of its name.
  const reach = (node) => sizes.beside + (folded(node) ? sizes.toggle : 0) + sizes.measure(text(node));
  const names = layout.columns.map((column, at) => {
    const title = layout.titles[at] ? sizes.measure(layout.titles[at]) : 0;
    return Math.max(title, ...column.map((index) => reach(nodes[index])));
  });
  const lefts = [];
  let x = sizes.margin + sizes.mark / 2;
  for (const name of names) { lefts.push(x); x += name + gutter + sizes.mark / 2; }
  const needed = x - gutter - sizes.mark / 2 + sizes.margin, spare = Math.max(0, width - needed) / Math.max(1, names.length - 1);
  const tallest = Math.max(1, ...layout.columns.map((column) => column.length));
  const top = sizes.margin + (layout.titles.length ? TITLE : 0), items = [], place = new Map();
  layout.columns.forEach((column, at) => column.forEach((index, row) => {
    const node = nodes[index], left = lefts[at] + Math.min(spare, 120) * at;
    const y = top + sizes.row * (row + 0.5 + (tallest - column.length) / 2);
    place.set(index, { left, right: left + reach(node) + 2, y, column: at });
    items.push({ node, text: text(node), x: left, y, side: "right", toggle: folded(node) ? "⊞" : "", rank: 1, column: at, row });
  }));
  const steps = layout.edges.length > MANY ? FEW_STEPS : STEPS;
  const lines = layout.edges.map(([from, to, share, count, back]) => {
    const a = place.get(from), b = place.get(to);
    return { points: curve([a.right, a.y], [b.left - sizes.mark / 2, b.y], steps), from: nodes[from], to: nodes[to], share, count, back, width: widthOf(share) };
  });
  const titles = layout.titles.map((title, at) => ({ text: title, x: lefts[at] + Math.min(spare, 120) * at - sizes.mark / 2, y: sizes.margin + 4 }));
  return { kind: "supply", items, lines, titles, width: Math.max(needed, width), height: Math.max(120, tallest * sizes.row + top + sizes.margin) };
}
