"use strict";
// 核实: decide by key or by button. What is decided leaves the list at once; the server's answer then
// brings the list, the counts and the batches up to date, and the focus stays on the link it was on.
document.addEventListener("DOMContentLoaded", () => {
  const byId = (id) => document.getElementById(id);
  const decider = byId("decider"), rule = byId("rule"), preview = byId("preview"), keys = byId("keys");
  const help = document.querySelector("[data-help]");
  const made = []; // batches made on this page, the last to be undone first
  let current = 0, pending = 0, last = Promise.resolve();

  const items = () => [...document.querySelectorAll("#queue li")];
  const nameOf = (item) => item.getAttribute("aria-label").replace("，", " → ");
  const sameLink = (item, link) => item.dataset.firm === link.firm && item.dataset.node === link.node;
  const person = () => decider.value.trim() || "本机用户";

  decider.value = localStorage.getItem("zhaoshang-decider") || "";
  decider.addEventListener("change", () => localStorage.setItem("zhaoshang-decider", decider.value.trim()));

  function say(text, wrong = false) {
    byId("said").textContent = text;
    byId("said").className = wrong ? "warn" : "note";
  }

  function show(place) {
    const all = items();
    if (!all.length) return;
    current = Math.max(0, Math.min(place, all.length - 1));
    all[current].focus({ preventScroll: true });
    all[current].scrollIntoView({ block: "nearest" });
  }

  async function send(method, address, body) {
    const asked = { method, headers: { "Content-Type": "application/json" } };
    if (body) asked.body = JSON.stringify(body);
    const answer = await fetch(address, asked);
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail);
    return said;
  }

  // The counts in the choice of nodes; what is chosen stays chosen, though nothing of it may be left.
  function recount(select, fresh) {
    const left = new Map([...fresh.querySelectorAll("#rule [name=node] option")].map((one) => [one.value, one]));
    for (const option of select.options) {
      const now = left.get(option.value);
      option.textContent = now ? now.textContent : option.textContent.replace(/（\d+）$/, "（0）");
      left.delete(option.value);
    }
    select.append(...[...left.values()].map((one) => new Option(one.textContent, one.value)));
  }

  async function refresh(link) {
    const answer = await fetch(location.href);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Something else was decided meanwhile: its own refresh follows, and this one would bring it back.
    if (!answer.ok || pending > 1) return;
    const here = items()[current], inQueue = byId("queue").contains(document.activeElement) || document.activeElement === document.body;
    const wanted = link || (here && { firm: here.dataset.firm, node: here.dataset.node });
    for (const id of ["waiting", "queue", "batches"]) byId(id).replaceWith(fresh.getElementById(id));
    document.querySelectorAll("select[name=node]").forEach((select) => recount(select, fresh));
    const at = wanted ? items().findIndex((item) => sameLink(item, wanted)) : -1;
    if (inQueue || link) show(at < 0 ? current : at);
    else current = Math.max(0, at);
  }

  // One change after the other, in the order in which they were asked for.
  function change(work) {
    pending += 1;
    preview.replaceChildren(); // what was counted no longer holds
    last = last.then(async () => {
      let link = null;
      try { link = await work(); } catch (error) { say(`没有完成：${error.message}`, true); }
      try { await refresh(link); } catch { say("没有连上服务，请重新载入本页。", true); }
      pending -= 1;
    });
  }

  function decide(item, state) {
    const { firm, node } = item.dataset, text = nameOf(item), word = state === "accepted" ? "已确认" : "已否定";
    const place = items().indexOf(item);
    item.remove();
    show(place);
    change(async () => {
      const done = await send("POST", "/api/v1/reviews", { decisions: [{ firm, node, state }], decided_by: person() });
      if (done.batch !== null) made.push({ batch: done.batch, link: { firm, node } });
      say(`${word}：${text}（按 u 撤销）`);
    });
  }

  function undo(number) {
    change(async () => {
      const known = number ? made.findIndex((one) => one.batch === number) : made.length - 1;
      const one = made[known] || { batch: number };
      if (!one.batch) { say("本页没有可撤销的核实；较早的可在“核实记录”中撤销。"); return null; }
      const done = await send("DELETE", `/api/v1/reviews/batches/${one.batch}?undone_by=${encodeURIComponent(person())}`);
      if (known >= 0) made.splice(known, 1);
      say(`已撤销批次 ${done.batch}：${done.changed} 条恢复原状`);
      return one.link;
    });
  }

  function toggleHelp() {
    keys.hidden = !keys.hidden;
    help.setAttribute("aria-expanded", String(!keys.hidden));
  }

  const act = {
    j: () => show(current + 1), ArrowDown: () => show(current + 1),
    k: () => show(current - 1), ArrowUp: () => show(current - 1),
    a: () => items()[current] && decide(items()[current], "accepted"),
    r: () => items()[current] && decide(items()[current], "rejected"),
    u: () => undo(), "?": toggleHelp,
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.repeat && "aru".includes(key) || !(key in act)) return;
    event.preventDefault();
    act[key]();
  });
  document.addEventListener("focusin", (event) => {
    const all = items(), at = all.indexOf(event.target.closest("#queue li"));
    if (at < 0) return;
    current = at;
    all.forEach((item, place) => { item.tabIndex = place === at ? 0 : -1; });
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.state) decide(button.closest("li"), button.dataset.state);
    if (button.dataset.undo) { button.disabled = true; undo(Number(button.dataset.undo)); }
    if (button === help) toggleHelp();
    if (button.dataset.term) {
      rule.elements.term.value = button.dataset.term;
      rule.elements.field.value = button.dataset.field;
      preview.replaceChildren();
    }
  });

  // Many at once: first how many, then the button that does it.
  function asked() {
    const values = Object.fromEntries([...new FormData(rule)].filter(([, value]) => value.trim() !== ""));
    for (const end of ["min_confidence", "max_confidence"]) if (end in values) values[end] = Number(values[end]);
    return { region: rule.dataset.region, chain: rule.dataset.chain, ...values };
  }
  function element(kind, text) {
    const node = document.createElement(kind);
    node.textContent = text;
    return node;
  }
  rule.addEventListener("input", () => preview.replaceChildren());
  rule.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const wanted = asked();
      const found = await send("POST", "/api/v1/reviews/rule", { ...wanted, dry_run: true });
      const list = document.createElement("ul");
      list.append(...found.first.map((one) => element("li", `${one.name} → ${one.node_name}`)));
      const word = rule.elements.state.selectedOptions[0].textContent;
      const apply = element("button", `一律${word}这 ${found.matched} 条`);
      apply.type = "button";
      apply.className = "primary";
      apply.addEventListener("click", () => {
        change(async () => {
          const done = await send("POST", "/api/v1/reviews/rule", { ...wanted, decided_by: person() });
          if (done.batch !== null) made.push({ batch: done.batch });
          say(`已${word} ${done.changed} 条（按 u 撤销）`);
        });
      });
      const more = found.matched > found.first.length ? `，前 ${found.first.length} 条：` : found.matched ? "：" : "。";
      preview.replaceChildren(element("p", `有 ${found.matched} 条符合${more}`), ...(found.matched ? [apply, list] : []));
    } catch (error) { say(`没有完成：${error.message}`, true); }
  });

  if (document.activeElement === document.body) show(0);
});
