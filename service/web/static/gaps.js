"use strict";
// The field of a region beside has a name of its own; the suggestions are asked for by the name that they know.
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.id === "beside") event.detail.parameters.region = event.target.value;
});
