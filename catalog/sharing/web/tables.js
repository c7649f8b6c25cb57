// Tables that sort by a click on a head, and show a hundred rows at a time.
"use strict";

const ROWS = 100;

// columns: [{ title, value(row), shown(row), number, help }]; opens(row) gives an address.
function table(columns, rows, { opens, sort = null, down = false } = {}) {
  const body = h("tbody", {}), foot = h("p", { class: "soft" });
  const state = { sort, down, count: ROWS };
  const heads = columns.map((column, n) => h("th", { title: column.help, scope: "col" }, h("button", { type: "button", onclick: () => {
    state.down = state.sort === n ? !state.down : Boolean(column.number);
    state.sort = n;
    fill();
  } }, column.title)));

  function ordered() {
    if (state.sort === null) return rows;
    const value = columns[state.sort].value || columns[state.sort].shown;
    const kept = rows.map((row, n) => [value(row), n, row]);
    const missing = (v) => v === null || v === undefined;
    kept.sort(([a, m], [b, n]) => missing(a) || missing(b) ? missing(a) - missing(b) || m - n : (a < b ? -1 : a > b ? 1 : 0) * (state.down ? -1 : 1) || m - n);
    return kept.map(([, , row]) => row);
  }

  function fill() {
    heads.forEach((head, n) => head.setAttribute("aria-sort", state.sort === n ? (state.down ? "descending" : "ascending") : "none"));
    const every = ordered();
    body.replaceChildren(...every.slice(0, state.count).map((row) => h("tr", opens ? { class: "go", onclick: (event) => { if (!event.target.closest("a")) location.hash = opens(row); } } : {},
      columns.map((column, n) => h("td", { class: column.number ? "n" : null }, opens && n === 0 ? h("a", { href: opens(row) }, column.shown(row)) : column.shown(row))))));
    const left = every.length - state.count;
    foot.replaceChildren(...(left > 0 ? [`${state.count} of ${every.length.toLocaleString("en-US")} rows. `, h("button", { type: "button", onclick: () => { state.count += 400; fill(); } }, `Show more`)] : []));
  }

  fill();
  return h("div", { class: "wide" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), body), foot);
}

const panel = (title, ...parts) => h("section", {}, h("h2", {}, title), ...parts);
const facts = (pairs) => h("dl", {}, pairs.filter(([, v]) => v !== null && v !== undefined).map(([k, v]) => [h("dt", {}, k), h("dd", {}, String(v))]));
const chip = (verdict) => h("span", { class: `chip ${{ holds: "holds", partly: "partly", "does not hold": "no", undecided: "undecided" }[verdict] || ""}` }, verdict);
const said = (name) => name.replaceAll("_", " ");
