// Moving over the drawing by keyboard: where the arrow keys lead, in the tree and in the supply graph.
import { isGroup } from "./chain_state.js";

const nearest = (items, y) => items.reduce((best, one) => (!best || Math.abs(one.y - y) < Math.abs(best.y - y) ? one : best), null);

// The node that a key leads to from `node`, null where it leads nowhere.
export function stepTo(key, node, scene, state) {
  const items = scene.items.filter((one) => one.node), at = items.findIndex((one) => one.node === node);
  if (key === "Home" || at < 0) return items[0]?.node || null;
  if (key === "End") return items[items.length - 1].node;
  return scene.kind === "tree" ? stepInTree(key, items, at, state) : stepInSupply(key, items[at], scene);
}

function stepInTree(key, items, at, state) {
  const { node } = items[at];
  if (key === "ArrowUp") return items[at - 1]?.node || null;
  if (key === "ArrowDown") return items[at + 1]?.node || null;
  if (key === "ArrowLeft") return node.parent;
  return isGroup(node) && !state.isShownFolded(node) ? node.children[0] : null;
}

function stepInSupply(key, item, scene) {
  const column = scene.items.filter((one) => one.column === item.column).sort((a, b) => a.row - b.row);
  if (key === "ArrowUp") return column[item.row - 1]?.node || null;
  if (key === "ArrowDown") return column[item.row + 1]?.node || null;
  const left = key === "ArrowLeft";
  const beside = new Set(scene.lines.filter((line) => (left ? line.to : line.from) === item.node).map((line) => (left ? line.from : line.to)));
  const joined = scene.items.filter((one) => beside.has(one.node) && (left ? one.x < item.x : one.x > item.x));
  const next = scene.items.filter((one) => one.column === item.column + (left ? -1 : 1));
  return nearest(joined.length ? joined : next, item.y)?.node || null;
}
