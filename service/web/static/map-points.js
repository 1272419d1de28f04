/* Points on a canvas, gathered into circles with counts where they stand close; read from columns.
   A filter or another zoom only draws anew: nothing is built for a point but a few numbers. */
"use strict";

const WORLD = 256;

/* Columns of coordinates to the unit square of the web Mercator projection. */
function projectPoints(lons, lats) {
  const count = lons.length, x = new Float64Array(count), y = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    x[i] = lons[i] / 360 + 0.5;
    y[i] = 0.5 - Math.log(Math.tan(Math.PI / 4 + lats[i] * Math.PI / 360)) / (2 * Math.PI);
  }
  return { x, y };
}

function unprojectPoint(x, y) {
  return L.latLng(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180 / Math.PI, (x - 0.5) * 360);
}

/* What map_data.encode_firms wrote: steps become positions, joined names an array. */
function readFirms(columns) {
  const sums = (steps, unit) => {
    let sum = 0;
    return Float64Array.from(steps, (step) => (sum += step) / unit);
  };
  const rough = new Uint8Array(columns.count);
  for (const i of sums(columns.rough, 1)) rough[i] = 1;
  const names = columns.count ? columns.names.split("\n") : [];
  const lons = sums(columns.x, 10000), lats = sums(columns.y, 10000);
  return { ...columns, names, lons, lats, rough, ...projectPoints(lons, lats), on: new Uint8Array(columns.count).fill(1) };
}

/* The block of firms: plain JSON, or gzip in base64 where they are many. */
async function loadFirms(block) {
  if (block.type === "application/json") return readFirms(JSON.parse(block.textContent));
  if (!window.DecompressionStream) throw new Error("浏览器版本过旧，无法显示企业点，请用 2020 年以后的 Chrome、Edge 或 2023 年以后的 Firefox 打开");
  const bytes = Uint8Array.from(atob(block.textContent), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return readFirms(await new Response(stream).json());
}

function sayCount(count) {
  return count < 10000 ? String(count) : `${(count / 10000).toFixed(count < 100000 ? 1 : 0)}万`;
}

/* A layer over columns { x, y, on }: `style.symbol(i)` is [shape, colour] of one point, `style.fill` and
   `style.ink` are the circle's of several. Drawn once a move; while the map is dragged the browser moves it. */
const PointLayer = L.Renderer.extend({
  options: { padding: 0.25, pane: "zs-points", apart: 64, near: 24, few: 250, last: 16 },

  initialize(points, style, options) {
    L.Renderer.prototype.initialize.call(this, options);
    this._points = points;
    this._style = style;
    this.drawn = [];
  },

  redraw() {
    if (this._map) this._update();
    return this;
  },

  _initContainer() {
    this._container = document.createElement("canvas");
    this._container.setAttribute("aria-hidden", "true");
    this._ink = this._container.getContext("2d");
  },

  _destroyContainer() {
    L.DomUtil.remove(this._container);
    delete this._container;
    this.drawn = [];
  },

  _updatePaths() {},

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const { min } = this._bounds, size = this._bounds.getSize(), dense = L.Browser.retina ? 2 : 1;
    L.DomUtil.setPosition(this._container, min);
    this._container.width = dense * size.x;
    this._container.height = dense * size.y;
    this._container.style.width = `${size.x}px`;
    this._container.style.height = `${size.y}px`;
    this._ink.setTransform(dense, 0, 0, dense, -dense * min.x, -dense * min.y);
    this.drawn = this._gather();
    for (const item of this.drawn) this._draw(item);
    this.fire("update");
  },

  /* Points of one square of the ground, the same at every move, become one item at their middle. */
  _gather() {
    const { x, y, on } = this._points, zoom = this._map.getZoom(), scale = WORLD * 2 ** zoom;
    const origin = this._map.getPixelOrigin(), { min, max } = this._bounds;
    const west = (min.x + origin.x) / scale, east = (max.x + origin.x) / scale;
    const north = (min.y + origin.y) / scale, south = (max.y + origin.y) / scale;
    const seen = [];
    for (let i = 0; i < x.length; i++) {
      if (on[i] && x[i] >= west && x[i] <= east && y[i] >= north && y[i] <= south) seen.push(i);
    }
    const { apart, near, few, last } = this.options;
    const side = (seen.length <= few || zoom >= last ? near : apart) / (WORLD * 2 ** Math.floor(zoom));
    const places = new Map(), items = [];
    for (const i of seen) {
      const key = Math.floor(x[i] / side) * 67108864 + Math.floor(y[i] / side);
      const item = places.get(key);
      if (item) { item.x += x[i]; item.y += y[i]; item.members.push(i); }
      else {
        const fresh = { x: x[i], y: y[i], members: [i] };
        places.set(key, fresh);
        items.push(fresh);
      }
    }
    for (const item of items) {
      item.x = item.x / item.members.length * scale - origin.x;
      item.y = item.y / item.members.length * scale - origin.y;
      item.radius = radiusOf(item.members.length);
    }
    return items.length > 3000 ? items : uncover(items);
  },

  _draw({ x, y, radius, members }) {
    const ink = this._ink;
    ink.lineWidth = 1.2;
    ink.strokeStyle = "#fff";
    ink.beginPath();
    if (members.length === 1) {
      const [shape, colour] = this._style.symbol(members[0]);
      ink.fillStyle = colour;
      tracePath(ink, shape, x, y);
    } else {
      ink.fillStyle = this._style.fill;
      ink.strokeStyle = this._style.edge;
      ink.arc(x, y, radius, 0, 2 * Math.PI);
    }
    ink.fill();
    ink.stroke();
    if (members.length === 1) return;
    ink.fillStyle = this._style.ink;
    ink.font = `${members.length > 99 ? 11 : 12}px sans-serif`;
    ink.textAlign = "center";
    ink.textBaseline = "middle";
    ink.fillText(sayCount(members.length), x, y + 0.5);
  },

  /* The item under a layer point, the topmost first; null where there is none. */
  hit(point) {
    for (let i = this.drawn.length - 1; i >= 0; i--) {
      const { x, y, radius } = this.drawn[i];
      if ((point.x - x) ** 2 + (point.y - y) ** 2 <= (radius + 2) ** 2) return this.drawn[i];
    }
    return null;
  },

  /* Where a circle of several leads: their bounds, or null where they stand too close to be parted. */
  boundsOf({ members }) {
    const { x, y } = this._points, bounds = L.latLngBounds([]);
    for (const i of members) bounds.extend(unprojectPoint(x[i], y[i]));
    const wide = Math.max(bounds.getEast() - bounds.getWest(), bounds.getNorth() - bounds.getSouth());
    return wide < 2e-4 || this._map.getZoom() >= this.options.last ? null : bounds;
  },
});

function radiusOf(count) {
  return count === 1 ? 6 : Math.min(24, 9 + 3.4 * Math.log10(count) + (count > 99 ? 2 : 0));
}

/* What stands in the circle of a larger item, across the border of two squares, joins it. */
function uncover(items) {
  const kept = [];
  for (const item of [...items].sort((a, b) => b.members.length - a.members.length)) {
    const over = kept.find((other) => Math.hypot(item.x - other.x, item.y - other.y) < other.radius + item.radius / 2);
    if (!over) { kept.push(item); continue; }
    const ours = item.members.length, theirs = over.members.length;
    over.x = (over.x * theirs + item.x * ours) / (theirs + ours);
    over.y = (over.y * theirs + item.y * ours) / (theirs + ours);
    for (const i of item.members) over.members.push(i);
    over.radius = radiusOf(theirs + ours);
  }
  return kept;
}

function tracePath(ink, shape, x, y) {
  if (shape === "circle") ink.arc(x, y, 5, 0, 2 * Math.PI);
  else if (shape === "square") ink.rect(x - 4.5, y - 4.5, 9, 9);
  else if (shape === "triangle") { ink.moveTo(x, y - 6); ink.lineTo(x + 6, y + 5); ink.lineTo(x - 6, y + 5); }
  else { ink.moveTo(x, y - 6); ink.lineTo(x + 6, y); ink.lineTo(x, y + 6); ink.lineTo(x - 6, y); }
  ink.closePath();
}
