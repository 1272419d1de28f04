// The tree: every node that is shown has a row of its own or stands beside its children, and every column is as
// wide as its names, so that nothing overlaps. Returns a scene for chain_draw.js.
import { isGroup } from "./chain_state.js";

const GROUP_GAP = 0.5, FORK = 8;

// Rows from the top down, leaves and folded groups one each; a group stands in the middle of its children.
function placeRows(state) {
  const placed = [];
  let row = 0;
  const visit = (node, depth, parent) => {
    const open = node ? isGroup(node) && !state.isShownFolded(node) : true;
    const one = { node, depth, parent, open };
    placed.push(one);
    const children = node ? node.children : state.chain.tops;
    if (!open || !children.length) { one.row = row; row += 1; return one; }
    const below = children.map((child) => visit(child, depth + 1, one));
    one.row = (below[0].row + below[below.length - 1].row) / 2;
    row += GROUP_GAP;
    return one;
  };
  visit(null, 0, null);
  return { placed, rows: row };
}

// Names of open groups stand left of their mark, all others right of it. Returns the x of each column.
function placeColumns(placed, sizes, width) {
  const deepest = Math.max(...placed.map((one) => one.depth));
  const widest = Array.from({ length: deepest + 1 }, () => [0, 0]);
  for (const one of placed) {
    const side = one.open ? 0 : 1;
    widest[one.depth][side] = Math.max(widest[one.depth][side], sizes.measure(one.text));
  }
  const columns = [sizes.margin + widest[0][0] + sizes.beside];
  for (let depth = 1; depth <= deepest; depth += 1) {
    columns.push(columns[depth - 1] + sizes.mark / 2 + sizes.toggle + 2 * FORK + widest[depth][0] + sizes.beside);
  }
  const needed = Math.max(...columns.map((x, depth) => x + sizes.beside + sizes.toggle + widest[depth][1] + sizes.margin));
  const spare = Math.max(0, width - needed) / Math.max(1, deepest);
  return { columns: columns.map((x, depth) => x + Math.min(spare, 90) * depth), needed };
}

export function treeScene(state, sizes, width) {
  const { placed, rows } = placeRows(state);
  for (const one of placed) one.text = one.node ? sizes.labelOf(one.node, isGroup(one.node) && !one.open) : state.chain.name;
  const { columns, needed } = placeColumns(placed, sizes, width);
  const y = (row) => sizes.margin + sizes.row * (row + 0.5);
  const items = placed.map((one) => ({
    node: one.node, text: one.text, x: columns[one.depth], y: y(one.row), side: one.open ? "left" : "right",
    toggle: one.node && isGroup(one.node) ? (one.open ? "⊟" : "⊞") : "", rank: one.depth,
  }));
  const lines = placed.filter((one) => one.parent).map((one) => {
    const from = columns[one.parent.depth], fork = from + sizes.mark / 2 + sizes.toggle + FORK, at = y(one.row);
    return { points: [[from, y(one.parent.row)], [fork, y(one.parent.row)], [fork, at], [columns[one.depth], at]], width: 1.2 };
  });
  const height = Math.max(120, rows * sizes.row + 2 * sizes.margin);
  return { kind: "tree", items, lines, titles: [], width: Math.max(needed, width), height };
}
