// Figures drawn from data, in the colours of the page: + is vermillion, - is blue.
"use strict";

const PLUS = "var(--plus)", MINUS = "var(--minus)", SOFT = "var(--soft)", ACCENT = "var(--accent)";

function histogram(one) {
  const width = 400, height = 190, base = 160, step = width / 64;
  const bin = (one.high - one.low) / 62;
  const top = Math.max(1, ...one.histogram);
  const x = (value) => Math.max(0, Math.min(width, step * (1 + (value - one.low) / (bin || 1))));
  const bars = one.histogram.map((count, place) => {
    const middle = one.low + bin * (place - 0.5), tall = (base - 8) * count / top;
    const open = place === 0 || place === 63;
    return s("rect", { x: place * step, y: base - tall, width: step * 0.92, height: tall, fill: middle > one.value ? PLUS : MINUS, "fill-opacity": open ? 0.5 : 1 },
      s("title", {}, `${count.toLocaleString("en-US")} items from ${num(middle - bin / 2)} to ${num(middle + bin / 2)}`));
  });
  const ticks = [["5 %", one.q05], ["median", one.q50], ["95 %", one.q95]].map(([name, value]) => [
    s("line", { x1: x(value), x2: x(value), y1: base, y2: base + 6, stroke: SOFT }),
    s("text", { x: x(value), y: base + 18, "text-anchor": "middle" }, num(value), s("title", {}, name))]);
  const cut = s("line", { x1: x(one.value), x2: x(one.value), y1: 2, y2: base, stroke: "currentColor", "stroke-dasharray": "4 3" }, s("title", {}, `threshold ${num(one.value)}`));
  return s("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", role: "img", "aria-label": "Values of all items" }, bars, cut, ticks);
}

// Items at a pole, in a cell of a table: small pictures, or words in the pole's colour.
function few(at, kind, words, pictures) {
  return pictures ? h("span", { class: "few" }, pictures.map((item) => h("img", { src: `${at.catalog.place}/media/${item}.webp`, alt: "", loading: "lazy" }))) : h("span", { class: `${kind} mono` }, words);
}

// One pole: items with their values as bars, or a wall of pictures.
function pole(at, one, name, texts) {
  const [items, places, values] = one[name];
  if (at.catalog.media) {
    return h("ol", { class: "wall" }, items.map((item, n) => h("li", {}, h("a", { href: address("item", { item }), title: `${texts[places[n]]}  ${num(values[n])}` },
      h("img", { src: `${at.catalog.place}/media/${item}.webp`, alt: texts[places[n]], loading: "lazy" })))));
  }
  const most = Math.max(1e-9, ...values.map(Math.abs));
  return h("ol", { class: "pole" }, items.map((item, n) => h("li", {},
    s("svg", { preserveAspectRatio: "none", viewBox: "0 0 100 10", "aria-hidden": "true" }, s("rect", { x: 0, y: 0, height: 10, width: 100 * Math.abs(values[n]) / most, fill: values[n] > one.value ? PLUS : MINUS, "fill-opacity": 0.22 })),
    h("a", { class: "mono", href: address("item", { item }) }, texts[places[n]]), h("span", { class: "v" }, num(values[n])))));
}

// A quantity by site, from low to high.
function lines(names, values, here, low, high, title) {
  const width = 400, height = 120, left = 40, base = 92;
  const x = (n) => left + (width - left - 10) * (names.length > 1 ? n / (names.length - 1) : 0.5);
  const y = (v) => base - (base - 12) * (v - low) / ((high - low) || 1);
  const known = values.map((v, n) => [n, v]).filter(([, v]) => v !== null);
  return h("div", { class: "chart" }, h("div", { class: "soft" }, title), s("svg", { viewBox: `0 0 ${width} ${height}`, width: "100%", role: "img", "aria-label": title },
    [low, high].map((v) => [s("line", { x1: left, x2: width - 10, y1: y(v), y2: y(v), stroke: "var(--line)" }), s("text", { x: left - 5, y: y(v) + 4, "text-anchor": "end" }, String(v))]),
    s("polyline", { points: known.map(([n, v]) => `${x(n)},${y(v)}`).join(" "), fill: "none", stroke: ACCENT, "stroke-width": 1.5 }),
    known.map(([n, v]) => s("circle", { cx: x(n), cy: y(v), r: names[n] === here ? 5 : 2.5, fill: names[n] === here ? PLUS : ACCENT }, s("title", {}, `${names[n]}: ${num(v)}`))),
    [0, names.length - 1].map((n) => s("text", { x: x(n), y: base + 18, "text-anchor": n ? "end" : "start" }, names[n]))));
}

// AUC of a feature with its interval, its null and its rival, on one axis from 0.5 to 1.
function auc(site) {
  const width = 400, x = (v) => 8 + (width - 16) * Math.max(0, Math.min(1, (v - 0.4) / 0.6)), middle = 26;
  const mark = (v, name, colour, row) => v === null ? null : [s("line", { x1: x(v), x2: x(v), y1: middle - 9, y2: middle + 9, stroke: colour, "stroke-width": 2 }), s("text", { x: x(v), y: middle + 24 + 13 * row, "text-anchor": v > 0.8 ? "end" : v < 0.5 ? "start" : "middle" }, `${name} ${v.toFixed(2)}`)];
  return h("div", { class: "chart" }, s("svg", { viewBox: `0 0 ${width} 70`, width: "100%", role: "img", "aria-label": `AUC ${between(site.auc, site.auc_low, site.auc_high)}` },
    s("line", { x1: 8, x2: width - 8, y1: middle, y2: middle, stroke: "var(--line)" }),
    site.auc_low === null ? null : s("line", { x1: x(site.auc_low), x2: x(site.auc_high), y1: middle, y2: middle, stroke: ACCENT, "stroke-width": 5 }),
    s("circle", { cx: x(site.auc), cy: middle, r: 6, fill: ACCENT }),
    mark(site.null_p95, "null p95", SOFT, 0), mark(site.confusable_auc, "rival", "currentColor", site.null_p95 === null ? 0 : 1),
    s("text", { x: x(site.auc), y: 12, "text-anchor": site.auc > 0.8 ? "end" : "middle" }, between(site.auc, site.auc_low, site.auc_high))));
}

// Signed dimensions of a feature: one cell each, which opens its dimension.
function prototype(at, site, category) {
  const across = 32, cell = 13, rows = Math.ceil(site.dimensions.length / across);
  return s("svg", { viewBox: `0 0 ${across * cell} ${Math.max(1, rows) * cell}`, width: "100%", role: "img", "aria-label": `${site.dimensions.length} signed dimensions of ${category}` },
    site.dimensions.map((d, n) => s("a", { href: address("dimension", { site: site.site, dim: d }) },
      s("rect", { x: (n % across) * cell, y: Math.floor(n / across) * cell, width: cell - 1.5, height: cell - 1.5, rx: 2, fill: site.signs[n] > 0 ? PLUS : MINUS }, s("title", {}, `dimension ${d}: ${site.signs[n] > 0 ? "+" : "−"}`)))));
}

// A window of text, each token tinted by the dimension's value; the example itself is marked.
function windowOf(one, row, texts) {
  const [, shown, from, at, tokens, codes] = row, { low, step } = one.examples;
  const span = Math.max(1e-9, Math.abs(one.high), Math.abs(one.low));
  return h("div", { class: "window", title: `${texts[from]}: ${num(shown)}` }, tokens.map((token, n) => {
    const value = low + step * parseInt(codes[n], 16) - one.value, strength = Math.round(55 * Math.min(1, Math.abs(value) / span));
    const made = h(n === at ? "mark" : "span", {}, texts[token]);
    made.style.backgroundColor = `color-mix(in srgb, ${value > 0 ? PLUS : MINUS} ${strength}%, transparent)`;
    return made;
  }));
}
