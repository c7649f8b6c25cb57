// Data, elements, addresses, keys. Nothing here makes HTML of a text: texts become text nodes.
"use strict";

const Site = { views: {}, list: null, at: null };

// Data files: `dims("name",` / a line with one string / `)`. See catalog/sharing/leaves.py.
const held = new Map();
const waiting = new Map();

function dims(name, packed) {  // what a data file calls where it is loaded as a script
  const taken = waiting.get(name);
  if (taken) { waiting.delete(name); taken(packed); }
}

function load(name) {
  if (!held.has(name)) {
    const coming = (location.protocol === "file:" ? byScript(name) : byFetch(name)).then((packed) => unpacked(name, packed));
    held.set(name, coming);
    coming.catch(() => held.delete(name));  // the next visit asks again
  }
  return held.get(name);
}

async function unpacked(name, packed) {  // base64 of gzip of JSON
  if (typeof DecompressionStream === "undefined") throw new Error("This browser is too old for these pages: any of 2023 or newer shows them.");
  try {
    const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
    return await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
  } catch {
    throw new Error(`${name}.js is damaged: was the site copied whole?`);
  }
}

async function byFetch(name) {
  const answer = await fetch(`${name}.js`);
  if (!answer.ok) throw new Error(`${name}.js is not there (${answer.status}): was the site copied whole?`);
  return /^"([\w+/=]*)"\s*$/m.exec(await answer.text())?.[1] ?? "";
}

function byScript(name) {
  return new Promise((taken, failed) => {
    waiting.set(name, taken);
    const script = document.createElement("script");
    script.src = `${name}.js`;
    script.onerror = () => failed(new Error(`${name}.js is not there: was the site copied whole?`));
    script.onload = () => script.remove();
    document.head.append(script);
  });
}

// Elements.
const SVG = "http://www.w3.org/2000/svg";

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) element.style.setProperty(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((one) => one !== null && one !== undefined && one !== false));
  return element;
}

const h = (tag, attributes, ...children) => made(document.createElement(tag), attributes, children);
const s = (tag, attributes, ...children) => made(document.createElementNS(SVG, tag), attributes, children);

function drawn(svg) {  // an SVG that this program made; scripts in it would not run
  if (!svg) return null;
  const root = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return root.nodeName === "svg" ? h("div", { class: "figure" }, document.importNode(root, true)) : null;
}

// Numbers as the dashboard shows them.
function num(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return size < 1e6 ? Math.round(value).toLocaleString("en-US") : value.toPrecision(3);
  return (size < 1e-3 ? value.toExponential(1) : value.toPrecision(3)).replace(/^-/, "−");
}
const told = (value) => (value === null || value === undefined ? null : num(value));
const chance = (p) => (p === null || p === undefined ? "–" : p < 0.001 ? "< 0.001" : p.toFixed(p < 0.1 ? 3 : 2));
const between = (v, low, high) => (v === null ? "–" : low === null ? v.toFixed(3) : `${v.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`);

// Addresses: #view?catalog=...&site=..., the names of the dashboard's own links.
function parsed() {
  const [view, query] = location.hash.replace(/^#\/?/, "").split("?");
  return { view: view || "overview", asked: new URLSearchParams(query || "") };
}

function address(view, more = {}) {
  const base = Site.at ? { catalog: Site.at.catalog.slug, site: Site.at.site, threshold: Site.at.catalog.primary.threshold } : {};
  const query = new URLSearchParams({ ...base, ...more });
  return `#${view}?${query}`;
}
const go = (view, more) => { location.hash = address(view, more); };
const link = (view, more, ...children) => h("a", { href: address(view, more) }, ...children);

function choose() {
  const { view, asked } = parsed();
  const notices = [];
  const slug = asked.get("catalog");
  let catalog = Site.list.catalogs.find((one) => one.slug === slug);
  if (!catalog) {
    catalog = Site.list.catalogs[0];
    if (slug) notices.push(`The link asks for the catalog ${slug}, which is not here: showing ${catalog.slug}.`);
  }
  const names = catalog.sites.map((one) => one[0]);
  let site = asked.get("site");
  if (!names.includes(site)) {
    if (site) notices.push(`The link asks for ${site}, which is not here: showing ${catalog.primary.site}.`);
    site = catalog.primary.site;
  }
  const place = names.indexOf(site);
  Site.at = { view, asked, catalog, site, place, dims: catalog.sites[place][1], notices };
  return Site.at;
}

let turn = 0;
async function show() {
  const mine = ++turn;
  const at = choose();
  bar(at);
  const view = document.getElementById("view");
  const known = Site.views[at.view];
  if (!known) at.notices.push(`There is no page ${at.view}: showing the overview.`);
  try {
    const parts = await (known || Site.views.overview)(at);
    if (mine !== turn) return;
    view.replaceChildren(...at.notices.map((one) => h("p", { class: "soft", role: "status" }, one)), ...[parts].flat(9).filter(Boolean));
    view.dataset.shown = location.hash || "#";
    document.title = `${view.querySelector("h1")?.textContent || "Dimension catalog"} · ${at.catalog.slug}`;
    window.scrollTo(0, 0);
  } catch (error) {
    if (mine !== turn) return;
    view.replaceChildren(h("h1", {}, "This cannot be shown"), h("p", {}, String(error.message || error)));
    view.dataset.shown = "failed";
  }
}

const MENU = [["overview", "Overview"], ["dimensions", "Dimensions"], ["features", "Features"], ["evidence", "Evidence"], ["compare", "Compare"], ["labels", "Labels"], ["data", "Data"]];

function bar(at) {
  const options = (names, chosen) => names.map((name) => h("option", { value: name, selected: name === chosen }, name));
  document.getElementById("catalog").replaceChildren(...options(Site.list.catalogs.map((one) => one.slug), at.catalog.slug));
  document.getElementById("site").replaceChildren(...options(at.catalog.sites.map((one) => one[0]), at.site));
  const shown = MENU.filter(([name]) => name !== "compare" || Site.list.comparisons.length);
  document.getElementById("menu").replaceChildren(...shown.map(([name, title]) => h("a", { href: address(name), "aria-current": at.view === name || `${at.view}s` === name ? "page" : null }, title)));
}

// Keys: j and k belong to the view that is shown.
const KEYS = [["j / k", "next, previous dimension or feature"], ["/", "search"], ["o d f e", "overview, dimensions, features, evidence"], ["t", "light or dark"], ["?", "these keys"], ["Esc", "leave the search"]];
Site.step = null;

function key(event) {
  const field = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape" && field) return event.target.blur();
  if (field || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const pages = { o: "overview", d: "dimensions", f: "features", e: "evidence" };
  if (event.key === "/") { event.preventDefault(); document.getElementById("search").focus(); }
  else if (event.key === "?") help();
  else if (event.key === "t") theme(true);
  else if ((event.key === "j" || event.key === "k") && Site.step) Site.step(event.key === "j" ? 1 : -1);
  else if (pages[event.key]) go(pages[event.key]);
  return undefined;
}

function help() {
  const dialog = document.getElementById("keys");
  dialog.replaceChildren(h("h2", {}, "Keys"), h("dl", {}, KEYS.map(([one, what]) => [h("dt", {}, h("kbd", {}, one)), h("dd", {}, what)])), h("form", { method: "dialog" }, h("button", {}, "Close")));
  dialog.showModal();
}

function theme(turned) {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  let chosen = null;
  try { chosen = localStorage.getItem("dims.theme"); } catch { /* a page opened by double click may have no storage */ }
  let now = root.dataset.theme || chosen || (dark ? "dark" : "light");
  if (turned) {
    now = now === "dark" ? "light" : "dark";
    try { localStorage.setItem("dims.theme", now); } catch { /* as above */ }
  }
  root.dataset.theme = now;
}

async function start() {
  theme(false);
  Site.list = await load("site");
  document.getElementById("foot").textContent = `Static pages made by ${Site.list.made_by}; nothing is fetched from any other place.`;
  document.getElementById("catalog").addEventListener("change", (event) => { location.hash = `#${Site.at.view}?catalog=${encodeURIComponent(event.target.value)}`; });
  document.getElementById("site").addEventListener("change", (event) => go(Site.at.view, { ...Object.fromEntries(Site.at.asked), catalog: Site.at.catalog.slug, site: event.target.value }));
  const search = document.getElementById("search");
  search.addEventListener("keydown", (event) => { if (event.key === "Enter" && search.value.trim()) { go("search", { q: search.value.trim() }); search.blur(); } });
  document.getElementById("theme").addEventListener("click", () => theme(true));
  document.getElementById("help").addEventListener("click", help);
  document.addEventListener("keydown", key);
  window.addEventListener("hashchange", () => { Site.step = null; show(); });
  await show();
}
document.addEventListener("DOMContentLoaded", () => start().catch((error) => document.getElementById("view").replaceChildren(h("h1", {}, "This cannot be shown"), h("p", {}, String(error.message || error)))));
