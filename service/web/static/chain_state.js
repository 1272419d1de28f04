// The chain as sent by the server, and what of it is shown: all of the latter stands in the address.

// Returns the nodes in the order of the tree, each joined to its parent and children.
export function readChain() {
  const data = JSON.parse(document.getElementById("tree-data").textContent);
  const nodes = data.nodes.map(([short, name, parent, rating, firms, expected, stage, anchor, bottleneck], index) => ({
    index, short, id: short.includes("/") ? short : data.prefix + short, name, parent, firms, expected,
    rating: data.ratings[rating], stage: data.stages[stage], anchor: Boolean(anchor), bottleneck, children: [],
  }));
  for (const node of nodes) {
    node.parent = nodes[node.parent] || null;
    node.depth = node.parent ? node.parent.depth + 1 : 1;
    if (node.parent) node.parent.children.push(node);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return { name: data.name, nodes, byId, tops: nodes.filter((node) => !node.parent), ratings: data.ratings, autoFolds: new Set(data.folds) };
}

export const isGroup = (node) => node.children.length > 0;
const VIEWS = ["tree", "supply"], FOLDS = ["auto", "all", "none"];
export const ZOOM = { least: 0.3, most: 1.8, step: 1.2 };
export const clampZoom = (zoom) => Math.min(ZOOM.most, Math.max(ZOOM.least, Math.round(zoom * 100) / 100));

// What is shown: the view, the node in the panel, the node in focus, the folds and the zoom.
export class ChainState {
  constructor(chain, asked) {
    this.chain = chain;
    this.asked = asked;
    this.read(location.search);
  }

  read(search) {
    const query = new URLSearchParams(search), of = (name, words) => (words.includes(query.get(name)) ? query.get(name) : words[0]);
    const node = (name) => { const id = query.get(name) || ""; return this.chain.byId.get(id) || this.chain.nodes.find((one) => one.short === id) || null; };
    this.view = of("view", VIEWS);
    this.node = node("node");
    this.focus = node("focus");
    this.fold = of("fold", FOLDS);
    const turned = new Set((query.get("flip") || "").split(","));
    this.flip = new Set(this.chain.nodes.filter((one) => isGroup(one) && turned.has(one.short)));
    const zoom = Number(query.get("zoom"));
    this.zoom = zoom > 0 && Number.isFinite(zoom) ? clampZoom(zoom) : 1;
    if (this.node) this.reveal(this.node);
  }

  // The part of the address that says which groups are folded; the server reads it too.
  foldQuery() {
    const query = new URLSearchParams();
    if (this.fold !== "auto") query.set("fold", this.fold);
    if (this.flip.size) query.set("flip", [...this.flip].map((one) => one.short).join(","));
    return query;
  }

  address() {
    const query = new URLSearchParams(this.asked);
    if (this.node) query.set("node", this.node.id);
    if (this.view !== "tree") query.set("view", this.view);
    if (this.focus) query.set("focus", this.focus.short);
    this.foldQuery().forEach((value, name) => query.set(name, value));
    if (this.zoom !== 1) query.set("zoom", String(this.zoom));
    return `${location.pathname}?${query}`;
  }

  isFolded(node) {
    if (!isGroup(node)) return false;
    const usual = this.fold === "auto" ? this.chain.autoFolds.has(node.index) : this.fold === "all";
    return usual !== this.flip.has(node);
  }

  // In the tree a focus opens its own branch and folds everything beside it.
  isShownFolded(node) {
    if (!this.focus || this.view !== "tree") return this.isFolded(node);
    return isGroup(node) && !isWithin(this.focus, node) && !isWithin(node, this.focus);
  }

  turn(node) {
    if (!isGroup(node)) return;
    if (!this.flip.delete(node)) this.flip.add(node);
  }

  foldAll(fold) {
    this.fold = fold;
    this.flip.clear();
  }

  // Opens the groups above a node, so that it is on the drawing.
  reveal(node) {
    for (let above = node.parent; above; above = above.parent) if (this.isFolded(above)) this.turn(above);
    if (this.view === "tree" && this.focus && this.hides(node)) this.focus = null;
  }

  hides(node) {
    for (let above = node.parent; above; above = above.parent) if (this.isShownFolded(above)) return true;
    return false;
  }
}

export function isWithin(node, group) {
  for (let one = node; one; one = one.parent) if (one === group) return true;
  return false;
}
