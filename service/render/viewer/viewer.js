"use strict";
// Everything is drawn from the data block of this page; nothing is asked of anybody.
const DATA = JSON.parse(document.getElementById("data").textContent);
const NODES = new Map(DATA.nodes.map((node) => [node.id, node]));
const GAPS = new Map(DATA.gaps.map((gap) => [gap.node, gap]));
const SVG = "http://www.w3.org/2000/svg";

const put = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  made.append(...children.filter((child) => child !== null && child !== undefined).map((child) => (child instanceof Node ? child : String(child))));
  return made;
};
const draw = (name, attributes, ...children) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};
const number = (value, digits = 1) => (value === null ? "—" : value.toLocaleString("zh-CN", { maximumFractionDigits: digits }));
const percent = (share) => (share === null ? "未观测" : `${Math.round(share * 100)}%`);
const badge = (rating) => {
  const { word, colour, on, hollow } = DATA.ratings[rating];
  return put("span", { class: hollow ? "badge hollow" : "badge", style: `--hue:${colour};--on:${on}` }, word);
};
const bar = (share) => put("span", { class: "bar", "aria-hidden": "true" }, put("i", { style: `width:${Math.min(100, Math.max(0, share * 100))}%` }));
const jump = (node) => put("a", { href: `#tree=${encodeURIComponent(node)}` }, NODES.get(node).name);

// A table whose columns sort: `columns` are {head, value(row) to sort by, cell(row) to show, num}.
function sortable(caption, columns, rows, first = null) {
  const body = put("tbody");
  let order = first, down = false;
  const heads = columns.map((column, i) => {
    const head = put("th", { scope: "col", class: column.num ? "num" : null });
    if (!column.value) { head.append(column.head); return head; }
    const button = put("button", { type: "button", title: `按${column.head}排序` }, column.head);
    button.addEventListener("click", () => { down = order === i ? !down : Boolean(column.num); order = i; fill(); });
    head.append(button);
    return head;
  });
  let shown = rows;
  const fill = () => {
    const { value } = columns[order] ?? {};
    const sorted = value ? [...shown].sort((a, b) => compare(value(a), value(b)) * (down ? -1 : 1)) : shown;
    heads.forEach((head, i) => head.setAttribute("aria-sort", i === order ? (down ? "descending" : "ascending") : "none"));
    body.replaceChildren(...sorted.map((row) => put("tr", {}, ...columns.map((column, i) => put(i === 0 ? "th" : "td", { class: column.num ? "num" : null, scope: i === 0 ? "row" : null }, column.cell(row))))));
    if (!sorted.length) body.append(put("tr", {}, put("td", { colspan: columns.length }, "没有符合条件的行")));
  };
  fill();
  const table = put("div", { class: "scroll" }, put("table", { "aria-label": caption }, put("thead", {}, put("tr", {}, ...heads)), body));
  return { table, show: (kept) => { shown = kept; fill(); } };
}
function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  return typeof a === "number" ? a - b : String(a).localeCompare(String(b), "zh-CN");
}

function overview() {
  const { summary } = DATA;
  const cards = [["完整度", percent(summary.completeness)], ...summary.stages.map(([name, share]) => [`${name}完整度`, percent(share)]),
    ["缺链环节", DATA.gaps.length], ["本地企业", new Set(DATA.firms.map((firm) => firm.firm)).size], ["列出的目标企业", new Set(DATA.targets.map((one) => one.firm)).size]];
  const counts = Object.entries(summary.leaves).filter(([, count]) => count).map(([rating, count]) => put("span", {}, badge(rating), ` ${count}`));
  const top = put("ol");
  for (const gap of DATA.gaps.slice(0, 10)) {
    const node = NODES.get(gap.node);
    const [best] = gap.factors;
    top.append(put("li", {}, badge(node.rating), " ", jump(gap.node), `　${gap.kind}，优先级 ${number(gap.priority)}。${best.reason}`));
  }
  const files = put("ul");
  for (const [path, title] of DATA.files) files.append(put("li", {}, put("a", { href: path.split("/").map(encodeURIComponent).join("/") }, path), `　${title}`));
  return put("section", {}, put("div", { class: "cards" }, ...cards.map(([name, value]) => put("div", { class: "card" }, put("b", {}, value), put("span", {}, name)))),
    put("h2", {}, "末级环节的评级"), put("p", { class: "key" }, ...counts, counts.length ? null : "没有末级环节"),
    put("p", { class: "note" }, DATA.basis),
    put("h2", {}, "最紧要的缺链"), DATA.gaps.length ? top : put("p", { class: "note" }, summary.completeness === null ? "本地已知企业太少，不判断缺链。" : "没有缺链环节。"),
    put("h2", {}, "同一文件夹中的材料"), DATA.files.length ? files : put("p", { class: "note" }, "只有这一个文件。"));
}

function mapView() {
  // The map is a page of its own; it is drawn when it is first looked at, since it must know its size.
  const frame = put("iframe", { title: "招商地图" });
  const section = put("section", { class: "map" }, frame);
  section.shown = () => { if (!frame.srcdoc) frame.srcdoc = DATA.map; };
  return section;
}

const ROW = 26, INDENT = 22, MARGIN = 12, GAP = 34;
function treeView() {
  const below = new Map();
  for (const node of DATA.nodes) below.set(node.parent, [...(below.get(node.parent) ?? []), node]);
  const leaves = DATA.nodes.filter((node) => !below.has(node.id)).length;
  // Beyond what a page holds, groups start closed.
  const closed = new Set(leaves > 150 ? DATA.nodes.filter((node) => below.has(node.id) && node.parent !== null).map((node) => node.id) : []);
  const tree = put("div", { class: "tree" });
  const aside = put("aside", { "aria-live": "polite" }, put("p", { class: "note" }, "点一个环节，看评级、上下游、本地企业与目标企业。"));
  let picked = null;
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = "13px 'Noto Sans CJK SC', 'WenQuanYi Micro Hei', 'Microsoft YaHei', sans-serif";
  const width = (text) => measure.measureText(text).width;

  function place() {
    const found = [], widest = [];
    let row = 0;
    const visit = (node, depth) => {
      const children = closed.has(node.id) ? [] : below.get(node.id) ?? [];
      const said = node.rating === "unobserved" ? DATA.ratings[node.rating].word : `${DATA.ratings[node.rating].word} ${number(node.here)}/${number(node.expected)}`;
      const one = { node, depth, said, folds: below.has(node.id), children: [] };
      found.push(one);
      widest[depth] = Math.max(widest[depth] ?? 0, width(node.name) + width(said) + 52);
      one.children = children.map((child) => visit(child, depth + 1));
      one.row = one.children.length ? (one.children[0].row + one.children.at(-1).row) / 2 : row++;
      return one;
    };
    for (const top of below.get(null) ?? []) visit(top, 0);
    const left = [];
    widest.reduce((x, w, depth) => { left[depth] = x; return x + w + GAP; }, MARGIN);
    for (const one of found) { one.x = left[one.depth]; one.y = MARGIN + one.row * ROW + ROW / 2; one.width = widest[one.depth]; }
    return { found, wide: left.at(-1) + widest.at(-1) + MARGIN, high: row * ROW + 2 * MARGIN };
  }
  function fill(focus = null) {
    const { found, wide, high } = place();
    const svg = draw("svg", { width: wide, height: high, role: "tree", "aria-label": "产业链树" });
    for (const one of found) for (const child of one.children) {
      const x = one.x + one.width, middle = x + GAP / 2;
      svg.append(draw("path", { d: `M${x},${one.y} C${middle},${one.y} ${middle},${child.y} ${child.x},${child.y}` }));
    }
    const groups = found.map((one) => shape(one));
    svg.append(...groups);
    groups.forEach((group, i) => group.addEventListener("keydown", (event) => walk(event, found, groups, i)));
    tree.replaceChildren(svg);
    if (focus) groups[found.findIndex((one) => one.node.id === focus)]?.focus();
  }
  function shape(one) {
    const { node } = one, { colour, hollow, word } = DATA.ratings[node.rating];
    const group = draw("g", { tabindex: 0, role: "treeitem", "aria-label": `${node.name}，${word}`, "data-node": node.id, class: node.id === picked ? "picked" : "" });
    if (one.folds) group.setAttribute("aria-expanded", String(!closed.has(node.id)));
    group.append(draw("rect", { x: one.x - 4, y: one.y - ROW / 2 + 1, width: one.width + 4, height: ROW - 2, rx: 4 }));
    group.append(draw("circle", { cx: one.x + 7, cy: one.y, r: 6, fill: hollow ? "none" : colour, stroke: colour, "stroke-width": 2, "stroke-dasharray": hollow ? "3 2" : "none" }));
    const name = draw("text", { x: one.x + 19, y: one.y + 4.5 }, node.name);
    const said = draw("text", { x: one.x + 19 + width(node.name) + 8, y: one.y + 4.5, class: "said" }, `${one.said}${node.anchor ? " ◆" : ""}${node.bottleneck ? " ▲" : ""}`);
    group.append(name, said);
    group.addEventListener("click", () => { location.hash = `tree=${encodeURIComponent(node.id)}`; });
    if (one.folds) {
      const fold = draw("text", { x: one.x + one.width - 12, y: one.y + 5, class: "fold" }, closed.has(node.id) ? "⊕" : "⊖");
      fold.addEventListener("click", (event) => { event.stopPropagation(); toggle(node.id); });
      group.append(fold);
    }
    return group;
  }
  function toggle(id) { if (!closed.delete(id)) closed.add(id); fill(id); }
  function walk(event, found, groups, i) {
    const one = found[i];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) groups[i + step]?.focus();
    else if (event.key === "Enter" || event.key === " ") location.hash = `tree=${encodeURIComponent(one.node.id)}`;
    else if (event.key === "ArrowLeft" && one.folds && !closed.has(one.node.id)) toggle(one.node.id);
    else if (event.key === "ArrowRight" && closed.has(one.node.id)) toggle(one.node.id);
    else return;
    event.preventDefault();
  }
  function pick(id) {
    const node = NODES.get(id);
    if (!node) return;
    picked = id;
    for (let above = node.parent; above !== null; above = NODES.get(above).parent) closed.delete(above);
    fill();
    tree.querySelector(".picked")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    aside.replaceChildren(...panel(node, below));
  }
  fill();
  const section = put("section", {}, put("p", { class: "key note" }, ...Object.keys(DATA.ratings).map((rating) => badge(rating)), "数字为有效企业/应有（家）；◆ 本地有链主，▲ 卡脖子；方向键移动，左右键收起与展开，回车查看。"), put("div", { class: "split" }, tree, aside));
  section.shown = (id) => id && pick(id);
  return section;
}

function panel(node, below) {
  const gap = GAPS.get(node.id);
  const parts = [put("h2", {}, node.name, " ", badge(node.rating)),
    put("dl", {}, ...[["位置", node.stage], ["依据", node.basis], ["有效企业", `${number(node.here, 2)} 家`], ["应有", `${number(node.expected, 2)} 家`], ["周边供给", `${number(node.nearby, 2)} 家`],
      ["相对强度", node.rating === "unobserved" ? "—" : `${number(node.mean, 2)}（80% 区间 ${number(node.low, 2)}–${number(node.high, 2)}）`]].flatMap(([name, value]) => [put("dt", {}, name), put("dd", {}, value)]))];
  if (node.bottleneck) parts.push(put("p", {}, `▲ 卡脖子：${node.bottleneck}`));
  if (gap) parts.push(put("h3", {}, `${gap.kind}，优先级 ${number(gap.priority)}`), put("ul", {}, ...gap.factors.map((factor) => put("li", {}, `${factor.name} ${number(factor.points)} 分：${factor.reason}`))));
  const list = (title, items, empty) => parts.push(put("h3", {}, title), items.length ? put("ul", {}, ...items.map((item) => put("li", {}, ...item))) : put("p", { class: "note" }, empty));
  if (below.has(node.id)) list("下级环节", below.get(node.id).map((child) => [jump(child.id), " ", badge(child.rating)]), "");
  else {
    list("供应它的环节", node.suppliers.map((id) => [jump(id), " ", badge(NODES.get(id).rating)]), "链文件未列");
    list("用它的环节", node.customers.map((id) => [jump(id), " ", badge(NODES.get(id).rating)]), "链文件未列");
    list("本地企业", DATA.firms.filter((firm) => firm.node === node.id).map((firm) => [firm.name, firm.anchor ? `（链主：${firm.anchor}）` : ""]), "名录内未见");
    const targets = DATA.targets.filter((one) => one.node === node.id).slice(0, 10);
    if (targets.length) list("目标企业", targets.map((one) => [`${one.rank}. ${one.name}（${one.place}），${number(one.score)} 分`]), "");
  }
  return parts;
}

function gapView() {
  const columns = [
    { head: "环节", value: (gap) => NODES.get(gap.node).name, cell: (gap) => jump(gap.node) },
    { head: "位置", value: (gap) => NODES.get(gap.node).stage, cell: (gap) => NODES.get(gap.node).stage },
    { head: "评级", value: (gap) => Object.keys(DATA.ratings).indexOf(NODES.get(gap.node).rating), cell: (gap) => badge(NODES.get(gap.node).rating) },
    { head: "类型", value: (gap) => gap.kind, cell: (gap) => gap.kind },
    { head: "优先级", num: true, value: (gap) => gap.priority, cell: (gap) => put("span", {}, number(gap.priority), bar(gap.priority / 100)) },
    { head: "有效企业", num: true, value: (gap) => NODES.get(gap.node).here, cell: (gap) => number(NODES.get(gap.node).here, 2) },
    { head: "应有", num: true, value: (gap) => NODES.get(gap.node).expected, cell: (gap) => number(NODES.get(gap.node).expected, 2) },
    { head: "周边供给", num: true, value: (gap) => NODES.get(gap.node).nearby, cell: (gap) => number(NODES.get(gap.node).nearby, 2) },
    { head: "理由", cell: (gap) => put("ul", {}, ...gap.factors.slice(0, 2).map((factor) => put("li", {}, `${factor.name} ${number(factor.points)} 分：${factor.reason}`))) },
  ];
  const table = sortable("缺链", columns, DATA.gaps);
  const tools = filters(DATA.gaps, table, (gap) => NODES.get(gap.node).name + gap.kind, [["评级", (gap) => DATA.ratings[NODES.get(gap.node).rating].word], ["类型", (gap) => gap.kind], ["位置", (gap) => NODES.get(gap.node).stage]]);
  return put("section", {}, tools, table.table, put("p", { class: "note" }, DATA.gap_weights));
}

function targetView() {
  const columns = [
    { head: "企业", value: (one) => one.name, cell: (one) => one.name },
    { head: "缺链环节", value: (one) => one.order, cell: (one) => jump(one.node) },
    { head: "名次", num: true, value: (one) => one.rank, cell: (one) => one.rank },
    { head: "得分", num: true, value: (one) => one.score, cell: (one) => put("span", {}, number(one.score), bar(one.score / 100)) },
    { head: "所在地", value: (one) => one.place, cell: (one) => one.place },
    { head: "理由", cell: (one) => put("ul", {}, ...one.reasons.map((said) => put("li", {}, said))) },
    { head: "以商招商与阻碍", cell: (one) => put("ul", {}, ...one.ties.map((said) => put("li", {}, said)), ...one.obstacles.map((said) => put("li", {}, `阻碍：${said}`))) },
    { head: "来源", value: (one) => one.sources, cell: (one) => one.sources },
  ];
  const table = sortable("目标企业", columns, DATA.targets);
  const tools = filters(DATA.targets, table, (one) => one.name + one.place + NODES.get(one.node).name, [["环节", (one) => NODES.get(one.node).name], ["所在省份", (one) => one.province]]);
  return put("section", {}, tools, table.table, put("p", { class: "note" }, DATA.targets_note, " ", DATA.target_weights));
}

function firmView() {
  const columns = [
    { head: "企业", value: (firm) => firm.name, cell: (firm) => firm.name },
    { head: "环节", value: (firm) => NODES.get(firm.node).name, cell: (firm) => jump(firm.node) },
    { head: "挂链置信度", num: true, value: (firm) => firm.effective, cell: (firm) => percent(firm.effective) },
    { head: "链主", value: (firm) => firm.anchor, cell: (firm) => firm.anchor ?? "" },
    { head: "股票代码", value: (firm) => firm.stock, cell: (firm) => firm.stock ?? "" },
  ];
  const table = sortable("本地企业", columns, DATA.firms);
  return put("section", {}, filters(DATA.firms, table, (firm) => firm.name + NODES.get(firm.node).name, [["环节", (firm) => NODES.get(firm.node).name]]), table.table);
}

function filters(rows, table, words, choices) {
  const said = put("output", {});
  const text = put("input", { type: "search", placeholder: "名称的一部分" });
  const picks = choices.map(([name, value]) => {
    const options = [...new Set(rows.map(value))].sort((a, b) => a.localeCompare(b, "zh-CN"));
    return [put("select", {}, put("option", { value: "" }, "全部"), ...options.map((option) => put("option", { value: option }, option))), name, value];
  });
  const apply = () => {
    const kept = rows.filter((row) => words(row).toLowerCase().includes(text.value.trim().toLowerCase()) && picks.every(([pick, , value]) => !pick.value || value(row) === pick.value));
    table.show(kept);
    said.value = `${kept.length} / ${rows.length} 行`;
  };
  for (const field of [text, ...picks.map(([pick]) => pick)]) field.addEventListener("input", apply);
  apply();
  return put("div", { class: "tools" }, put("label", {}, "查找 ", text), ...picks.map(([pick, name]) => put("label", {}, `${name} `, pick)), said);
}

function sourceView() {
  const columns = [["来源", "title"], ["数据日期", "as_of"], ["许可", "licence"], ["涉及", "covers"], ["声明完整的地区", "complete_for"]].map(([head, key]) => ({ head, value: (one) => one[key], cell: (one) => one[key] }));
  return put("section", {}, sortable("来源", columns, DATA.sources).table, put("h3", {}, "口径"), put("ul", {}, ...DATA.notes.map((note) => put("li", {}, note))));
}

const TABS = [["overview", "概览", overview], ["map", "招商地图", mapView], ["tree", "产业链树", treeView], ["gaps", "缺链", gapView], ["targets", "目标企业", targetView], ["firms", "本地企业", firmView], ["sources", "来源与口径", sourceView]];
const main = document.querySelector("main"), tabs = document.querySelector("[role=tablist]");
const sections = new Map();
function show() {
  const [wanted, rest] = location.hash.slice(1).split("=");
  const [key, , make] = TABS.find(([name]) => name === wanted) ?? TABS[0];
  if (!sections.has(key)) { const made = make(); made.id = `part-${key}`; made.setAttribute("role", "tabpanel"); made.setAttribute("aria-labelledby", `tab-${key}`); sections.set(key, made); main.append(made); }
  for (const [name, section] of sections) section.hidden = name !== key;
  for (const tab of tabs.children) { const on = tab.dataset.key === key; tab.setAttribute("aria-selected", String(on)); tab.tabIndex = on ? 0 : -1; }
  let what = "";
  try { what = decodeURIComponent(rest ?? ""); } catch { /* a broken address opens the view alone */ }
  sections.get(key).shown?.(what);
}
TABS.forEach(([key, word], i) => {
  const tab = put("button", { type: "button", role: "tab", id: `tab-${key}`, "data-key": key, "aria-controls": `part-${key}` }, word);
  tab.addEventListener("click", () => { location.hash = key; });
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) { const next = tabs.children[(i + step + TABS.length) % TABS.length]; next.focus(); next.click(); }
  });
  tabs.append(tab);
});
const theme = document.querySelector("header button");
theme.addEventListener("click", () => { document.documentElement.dataset.theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark"; });
if (matchMedia("(prefers-color-scheme: dark)").matches) document.documentElement.dataset.theme = "dark";
window.addEventListener("hashchange", show);
show();
