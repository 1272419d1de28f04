/* Tiles of an outside service, switched on by a setting. Those in GCJ-02 are shifted back under WGS-84. */
"use strict";

/* WGS-84 degrees to GCJ-02, as domain/datum.py computes it. */
function toGcj02(lat, lng) {
  if (!(lng >= 72.004 && lng <= 137.8347 && lat >= 0.8293 && lat <= 55.8271)) return L.latLng(lat, lng);
  const major = 6378245, squared = 0.00669342162296594323, x = lng - 105, y = lat - 35, { PI, sin, cos, sqrt, abs } = Math;
  const waves = (angle, terms) => terms.reduce((sum, [size, period]) => sum + size * sin(angle * PI / period), 0) * 2 / 3;
  const root = sqrt(abs(x)), ripple = (20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2 / 3;
  const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    + waves(x, [[20, 1], [40, 3], [150, 12], [300, 30]]);
  const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    + waves(y, [[20, 1], [40, 3], [160, 12], [320, 30]]);
  const phi = lat * PI / 180, magic = 1 - squared * sin(phi) ** 2;
  return L.latLng(
    lat + north * magic ** 1.5 / (major * (1 - squared)) * 180 / PI,
    lng + east * sqrt(magic) / (major * cos(phi)) * 180 / PI,
  );
}

/* The layer believes the map to be centred where GCJ-02 puts its centre: exact there, and within a few
   metres over what one sees at the zooms where metres show. */
const ShiftedTiles = L.TileLayer.extend({
  getEvents() {
    const events = L.TileLayer.prototype.getEvents.call(this), moved = events.moveend;
    events.moveend = (event) => {
      if (this._map && !this._map._animatingZoom) this._setZoomTransforms(this._map.getCenter(), this._map.getZoom());
      if (moved) moved.call(this, event);
    };
    return events;
  },
  _setZoomTransform(level, centre, zoom) {
    L.TileLayer.prototype._setZoomTransform.call(this, level, toGcj02(centre.lat, centre.lng), zoom);
  },
  _getTiledPixelBounds(centre) {
    return L.TileLayer.prototype._getTiledPixelBounds.call(this, toGcj02(centre.lat, centre.lng));
  },
});

function baseLayers({ layers, subdomains, gcj02, mostZoom }) {
  const Layer = gcj02 ? ShiftedTiles : L.TileLayer;
  return layers.map((url) => new Layer(url, { subdomains, maxNativeZoom: mostZoom, maxZoom: mostZoom }));
}
