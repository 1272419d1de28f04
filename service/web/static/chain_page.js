// The page of one chain: its two drawings, the panel beside them, keys, buttons and the address.
import { ChainState, ZOOM, clampZoom, isGroup, readChain } from "./chain_state.js";
import { ChainDrawing, describeNode, readColours, renderSvg, sizesAt } from "./chain_draw.js";
import { stepTo } from "./chain_keys.js";
import { fetchLayout, supplyScene } from "./supply_graph.js";
import { treeScene } from "./tree.js";

const PRINTED = 260;
const element = document.getElementById("tree"), box = document.getElementById("tree-box"), panel = document.getElementById("panel");
const says = document.getElementById("tree-says"), wait = box.querySelector(".tree-wait"), help = document.getElementById("chain-help");
const chain = readChain();
const state = new ChainState(chain, element.dataset.query);
const hint = panel.innerHTML;
const html = (lines) => lines.map((line) => echarts.format.encodeHTML(line)).join("<br>");
const drawing = new ChainDrawing(element, (entry) => html(describeEntry(entry)));
let cursor = state.node, drawn = 0, asked = null;

function describeEntry(entry) {
  const line = entry.data.edge === undefined ? null : drawing.scene.lines[entry.data.edge];
  if (line) {
    const share = line.share ? `投入占比 ${(line.share * 100).toFixed(1)}%` : "投入占比未知";
    return [`${line.from.name} → ${line.to.name}`, line.count > 1 ? `合并了 ${line.count} 条供应关系` : share];
  }
  const node = chain.byId.get(entry.data.node?.id);
  return node ? describeNode(node) : [chain.name];
}

const marks = () => ({ node: state.node, cursor: document.activeElement === box ? cursor : null, focus: state.focus });

async function makeScene(zoom, width) {
  const sizes = sizesAt(zoom, drawing.family);
  if (state.view === "tree") return { scene: treeScene(state, sizes, width), sizes };
  asked?.abort();
  asked = new AbortController();
  const layout = await fetchLayout(state, asked.signal);
  return { scene: supplyScene(state, layout, sizes, width), sizes };
}

// Draws what the state says; an answer that comes after a later question is dropped.
async function draw() {
  showTools();
  if (!box.clientWidth) return;
  const turn = (drawn += 1);
  wait.hidden = state.view === "tree";
  try {
    const { scene, sizes } = await makeScene(state.zoom, box.clientWidth);
    if (turn !== drawn) return;
    wait.hidden = true;
    drawing.show(scene, sizes, marks(), readColours(chain.ratings));
    box.dataset.drawn = String(turn);
  } catch (error) {
    if (error.name === "AbortError" || turn !== drawn) return;
    wait.hidden = true;
    panel.replaceChildren(Object.assign(document.createElement("p"), { className: "warn", textContent: `供应图没有画成：${error.message}` }));
  }
}

function showTools() {
  for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === state.view));
  for (const one of document.querySelectorAll("[data-only]")) one.hidden = one.dataset.only !== state.view;
  // The supply graph is wide: it has the whole page until a node is opened.
  box.parentElement.classList.toggle("whole", state.view === "supply" && !state.node);
  const leave = document.querySelector("[data-act=unfocus]");
  leave.hidden = !state.focus;
  document.getElementById("zoom-level").textContent = `${Math.round(state.zoom * 100)}%`;
}

// A step worth going back to is pushed; folding and zooming only mend the address.
const remember = (push) => history[push ? "pushState" : "replaceState"]({ chain: true }, "", state.address());

function loadPanel() {
  if (!state.node) { panel.innerHTML = hint; return; }
  htmx.ajax("GET", `/chain/panel?${element.dataset.query}&node=${encodeURIComponent(state.node.id)}`, { source: panel, target: panel });
}

async function open(node) {
  state.node = cursor = node;
  state.reveal(node);
  if (state.view === "supply" && state.focus && !drawing.scene?.items.some((one) => one.node === node)) state.focus = node;
  remember(true);
  loadPanel();
  await draw();
  drawing.bringIntoView(node);
}

function close() {
  state.node = null;
  remember(true);
  loadPanel();
  draw();
}

async function focusOn(node) {
  state.focus = state.focus === node ? null : node;
  if (node && state.view === "tree") state.reveal(node);
  remember(true);
  await draw();
  if (node) drawing.bringIntoView(node);
}

async function turn(node) {
  if (!isGroup(node)) return;
  if (state.focus) state.focus = null;
  state.turn(node);
  cursor = node;
  remember(false);
  await draw();
  announce();
}

async function zoomTo(zoom) {
  const before = drawing.space.getBoundingClientRect(), share = (window.innerHeight / 2 - before.top) / before.height;
  state.zoom = clampZoom(zoom);
  remember(false);
  await draw();
  const after = drawing.space.getBoundingClientRect();
  if (share > 0 && share < 1) window.scrollBy(0, after.top + share * after.height - window.innerHeight / 2);
  drawing.follow();
}

async function fit() {
  let zoom = 1;
  for (let round = 0; round < 3; round += 1) {
    const { scene } = await makeScene(zoom, 0);
    zoom = clampZoom(Math.min(1.2, (zoom * box.clientWidth) / scene.width));
  }
  await zoomTo(zoom);
}

function foldAll(fold) {
  state.foldAll(fold);
  state.focus = null;
  remember(false);
  draw();
}

function look(view) {
  if (state.view === view) return;
  state.view = view;
  remember(true);
  draw().then(() => state.node && drawing.bringIntoView(state.node));
}

// The drawing on white paper, whatever the theme: the dark variables step aside while the colours are read.
function paperSvg() {
  const dark = document.getElementById("dark"), medium = dark?.media;
  if (dark) dark.media = "not all";
  const svg = renderSvg(drawing.scene, drawing.sizes, readColours(chain.ratings), { ...drawing.marks, cursor: null });
  if (dark) dark.media = medium;
  return svg;
}

function save() {
  if (!drawing.scene) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([paperSvg()], { type: "image/svg+xml" }));
  link.download = `${document.querySelector("h1").firstChild.textContent.trim().replaceAll(/\s*·\s*/g, "-")}-${state.view === "tree" ? "树" : "供应图"}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
}

function announce() {
  if (!cursor) return;
  const fold = isGroup(cursor) ? `，${state.isShownFolded(cursor) ? "已收起" : "已展开"}` : "";
  says.textContent = `${describeNode(cursor).join("，")}，第 ${cursor.depth} 层${fold}`;
}

function moveTo(node) {
  if (!node) return;
  cursor = node;
  drawing.mark(marks());
  drawing.bringIntoView(node);
  announce();
}

const acts = {
  unfold: () => foldAll("none"), fold: () => foldAll("all"), unfocus: () => focusOn(state.focus), save, fit,
  in: () => zoomTo(state.zoom * ZOOM.step), out: () => zoomTo(state.zoom / ZOOM.step), help: () => help.showModal(),
};

function pressOnDrawing(key) {
  if (key.startsWith("Arrow") || key === "Home" || key === "End") {
    const group = cursor && isGroup(cursor) && state.view === "tree";
    if (group && key === "ArrowRight" && state.isShownFolded(cursor)) turn(cursor);
    else if (group && key === "ArrowLeft" && !state.isShownFolded(cursor)) turn(cursor);
    else if (drawing.scene) moveTo(stepTo(key, cursor, drawing.scene, state));
  } else if (key === "Enter" && cursor) open(cursor);
  else if (key === " " && cursor) turn(cursor);
  else return false;
  return true;
}

function pressOnPage(key) {
  const act = { "+": "in", "=": "in", "-": "out", _: "out", "0": "fit", e: "unfold", c: "fold", "?": "help" }[key];
  if (act) acts[act]();
  else if (key === "f" && (cursor || state.node)) focusOn(cursor || state.node);
  else if (key === "v") look(state.view === "tree" ? "supply" : "tree");
  else if (key === "s") document.getElementById("find-node").focus();
  else if (key === "Escape" && state.node) close();
  else if (key === "Escape" && state.focus) focusOn(state.focus);
  else return false;
  return true;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || help.open || event.defaultPrevented) return;
  if (event.target.matches("input, select, textarea")) { if (event.key === "Escape") event.target.blur(); return; }
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((event.target === box && pressOnDrawing(key)) || pressOnPage(key)) event.preventDefault();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-node]"), button = event.target.closest("button");
  const node = link && link.matches("a") && chain.byId.get(link.dataset.node);
  if (node && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); open(node); return; }
  if (!button) return;
  if (button.dataset.view) look(button.dataset.view);
  else if (button.dataset.act) acts[button.dataset.act]();
  else if (button.dataset.focus) focusOn(chain.byId.get(button.dataset.focus));
  else if (button.dataset.panel === "close") { close(); box.focus(); }
});

const find = document.getElementById("find-node");
document.getElementById("node-names").append(...chain.nodes.map((node) => new Option(node.name)));
find.addEventListener("change", () => {
  const text = find.value.trim();
  const node = text && (chain.nodes.find((one) => one.name === text) || chain.nodes.find((one) => one.name.includes(text)));
  find.setCustomValidity(text && !node ? `没有名称含“${text}”的环节` : "");
  find.reportValidity();
  if (node) open(node);
});
find.addEventListener("input", () => find.setCustomValidity(""));

drawing.chart.on("click", (entry) => {
  const node = chain.byId.get(entry.data.node?.id);
  if (!node || grip?.moved) return;
  if (entry.seriesId === "toggles") turn(node);
  else open(node);
});
drawing.chart.on("mouseover", (entry) => { if (entry.seriesId === "nodes") drawing.light(chain.byId.get(entry.data.node.id)); });
drawing.chart.on("mouseout", (entry) => { if (entry.seriesId === "nodes") drawing.light(null); });
// A wide drawing is drawn along with the mouse.
let grip = null;
box.addEventListener("pointerdown", (event) => { if (event.pointerType === "mouse" && event.button === 0) grip = { x: event.clientX, left: box.scrollLeft, moved: false }; });
window.addEventListener("pointermove", (event) => {
  if (!grip || (!grip.moved && Math.abs(event.clientX - grip.x) < 6)) return;
  grip.moved = true;
  box.classList.add("dragged");
  box.scrollLeft = grip.left + grip.x - event.clientX;
});
window.addEventListener("pointerup", () => { box.classList.remove("dragged"); setTimeout(() => { grip = null; }); });
box.addEventListener("focus", () => { cursor ||= chain.tops[0]; drawing.mark(marks()); if (box.matches(":focus-visible")) announce(); });
box.addEventListener("blur", () => drawing.mark(marks()));

window.addEventListener("popstate", () => {
  state.read(location.search);
  cursor = state.node;
  loadPanel();
  draw();
});
// Where the panel stands below the drawing, a chosen node would change something out of sight.
panel.addEventListener("htmx:afterSwap", (event) => {
  if (event.target === panel && (panel.offsetTop > box.offsetTop + 60 || window.innerWidth <= 600)) panel.scrollIntoView();
});
document.addEventListener("themechange", draw);
const paper = document.getElementById("tree-print");
window.addEventListener("beforeprint", () => { if (drawing.scene && drawing.scene.items.length <= PRINTED) paper.innerHTML = paperSvg(); });
window.addEventListener("afterprint", () => paper.replaceChildren());
if (window.innerWidth <= 600) document.querySelector("details.nodes").open = true;

let width = box.clientWidth;
new ResizeObserver(() => { if (box.clientWidth !== width) { width = box.clientWidth; draw(); } }).observe(box);
if (state.node) loadPanel();
draw().then(() => state.node && drawing.bringIntoView(state.node));
