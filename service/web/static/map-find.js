/* The search box: regions, targets, firms and zones by any part of the name or by pinyin initials. */
"use strict";

const MOST_FOUND = 12;

/* Say whether the letters of `wanted` are the initials of characters that follow each other in `name`. */
function soundsLike(name, wanted, sounds) {
  for (let start = 0; start + wanted.length <= name.length; start++) {
    let i = 0;
    while (i < wanted.length && (sounds.get(name[start + i]) || name[start + i].toLowerCase()).includes(wanted[i])) i++;
    if (i === wanted.length) return true;
  }
  return false;
}

/* `sources` are { kind, count, name(i), initials?(i), go(i) }; results of each come in its own order. */
function startFinding(box, list, sources, sounds) {
  let found = [], chosen = -1;

  function find(text) {
    const wanted = text.trim().toLowerCase(), letters = /^[a-z]{2,}$/.test(wanted), results = [];
    for (const source of wanted ? sources : []) {
      for (let i = 0; i < source.count && results.length < MOST_FOUND; i++) {
        const name = source.name(i);
        const fits = name.toLowerCase().includes(wanted)
          || (letters && (source.initials ? source.initials(i).startsWith(wanted) : soundsLike(name, wanted, sounds)));
        if (fits) results.push({ source, i });
      }
    }
    return results;
  }

  function show() {
    list.replaceChildren(...found.map(({ source, i }, place) => {
      const row = document.createElement("li"), kind = document.createElement("small");
      row.id = `zs-found-${place}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(place === chosen));
      row.textContent = source.say ? source.say(i) : source.name(i);
      kind.textContent = source.kind;
      row.prepend(kind);
      row.addEventListener("mousedown", (event) => { event.preventDefault(); take(place); });
      return row;
    }));
    if (!found.length && box.value.trim()) {
      const nothing = document.createElement("li");
      nothing.className = "zs-nothing";
      nothing.textContent = "没有找到；可换名称中的几个字再试";
      list.append(nothing);
    }
    list.hidden = !box.value.trim();
    box.setAttribute("aria-expanded", String(!list.hidden));
    if (chosen >= 0) box.setAttribute("aria-activedescendant", `zs-found-${chosen}`);
    else box.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
  }

  function take(place) {
    const one = found[place];
    if (!one) return;
    box.value = one.source.name(one.i);
    close();
    one.source.go(one.i);
  }

  let waiting = 0;
  box.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { found = find(box.value); chosen = found.length ? 0 : -1; show(); }, 80);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { close(); return; }
    if (event.key === "Enter") { event.preventDefault(); take(Math.max(chosen, 0)); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !found.length) return;
    event.preventDefault();
    chosen = (chosen + step + found.length) % found.length;
    show();
  });
  box.addEventListener("blur", close);
  box.addEventListener("focus", () => { if (found.length && box.value.trim()) show(); });
}
