// The pages: choose, load, draw. Names and what their links carry are those of the dashboard.
"use strict";

const file = (at, name) => load(`${at.catalog.place}/${name}`);
const labelsOf = (known, kind, name, site) => known.labels.filter((one) => one.kind === kind && one.name === String(name) && one.site === site);
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const identity = (known) => facts(Object.entries(known.identity).map(([name, value]) => [name.replaceAll("_", " "), typeof value === "number" ? value.toLocaleString("en-US") : value]));
const plainly = (one) => one?.text || one?.category || one?.clear_pole || "";
const words = (one) => one.nothing ? h("span", { class: "nothing", title: `Its label ${one.nothing}` }, `∅ ${one.text}`) : plainly(one);
const label = (one) => h("div", { class: "label" }, one.pole ? `${one.pole} ` : "", words(one), h("span", { class: "soft" }, `  ${one.author}${one.final ? ", final" : ""}`));

Site.views.overview = async (at) => {
  const known = await file(at, "catalog");
  const { catalog } = at;
  const counts = Object.entries(known.verdicts);
  const pictures = (pole, row) => known.pictures[pole]?.[known.strongest.indexOf(row)];
  return [
    h("h1", {}, "What does each dimension of this model encode in its sign?"),
    h("p", { class: "soft" }, `${catalog.model} · ${catalog.items.toLocaleString("en-US")} items · ${catalog.sites.length} sites · read ${known.identity.reading}`),
    counts.length ? panel("The claims of the paper on this model", h("p", { class: "row" }, counts.map(([name, count]) => h("span", {}, `${count} `, chip(name))), link("evidence", {}, "each with its control"))) : null,
    known.layers ? panel("Categories by layer, against random sets", drawn(known.layers)) : null,
    known.strongest.length ? panel(`Dimensions of ${catalog.primary.site} that tell a category best, held out`, table([
      { title: "dimension", shown: (row) => row[0], value: (row) => row[0] },
      { title: "tells", shown: (row) => said(row[1]) },
      { title: "AUC", number: true, shown: (row) => num(row[2]), value: (row) => row[2] },
      { title: "+ pole", shown: (row) => few(at, "plus", row[3].join(" · "), pictures(0, row)) },
      { title: "− pole", shown: (row) => few(at, "minus", row[4].join(" · "), pictures(1, row)) },
    ], known.strongest, { opens: (row) => address("dimension", { site: catalog.primary.site, dim: row[0] }) })) : null,
    panel("About this catalog", identity(known), known.absent.map((one) => h("p", { class: "soft" }, `no ${one.site}: ${one.reason}`))),
  ];
};

Site.views.dimensions = async (at) => {
  const [rows, known] = await Promise.all([file(at, `dims-${at.place}`), file(at, "catalog")]);
  const every = rows.dimension.map((_, n) => n);
  const named = new Map(known.labels.filter((one) => one.kind === "dimension" && one.site === at.site).map((one) => [one.name, one]));
  const column = (title, name, help) => ({ title, number: true, help, value: (n) => rows[name][n], shown: (n) => num(rows[name][n]) });
  return [
    h("h1", {}, `${at.site}: ${every.length.toLocaleString("en-US")} dimensions`),
    h("p", { class: "soft" }, `Signs at threshold ${at.catalog.primary.threshold}. Click a head to sort, a row to open it.`),
    table([
      { title: "number", value: (n) => rows.dimension[n], shown: (n) => rows.dimension[n] },
      { title: "+ pole", shown: (n) => few(at, "plus", rows.positive[n], rows.pictures[0]?.[n]), value: (n) => rows.positive[n] },
      { title: "− pole", shown: (n) => few(at, "minus", rows.negative[n], rows.pictures[1]?.[n]), value: (n) => rows.negative[n] },
      { title: "tells best", value: (n) => rows.tells[n], shown: (n) => said(rows.tells[n] || "") },
      column("share +", "share_positive", "Share of items whose state is above the threshold"), column("entropy", "entropy_bits", "bits"),
      column("mean |x|", "mean_abs", "in the model's own units"), column("stability", "stability", "share of items with the same sign at the next layer"),
      ...(named.size ? [{ title: "label", value: (n) => plainly(named.get(String(rows.dimension[n]))), shown: (n) => h("div", { class: "label-cell" }, words(named.get(String(rows.dimension[n])) || {})) }] : []),
    ], every, { opens: (n) => address("dimension", { dim: rows.dimension[n] }), sort: 0 }),
  ];
};

Site.views.dimension = async (at) => {
  const asked = Number(at.asked.get("dim") || 0);
  const number = Number.isInteger(asked) && asked >= 0 && asked < at.dims ? asked : 0;
  if (number !== asked) at.notices.push(`The link asks for dimension ${at.asked.get("dim")}, which is not here: showing 0.`);
  const [chunk, across, known] = await Promise.all([file(at, `dim-${at.place}-${Math.floor(number / at.catalog.chunk)}`), file(at, "across"), file(at, "catalog")]);
  const one = chunk.dimensions[number - chunk.first], texts = chunk.texts;
  Site.step = (by) => go("dimension", { dim: (number + by + at.dims) % at.dims });
  const names = Object.keys(across), here = names.includes(at.site);
  const by = (name) => names.map((site) => across[site][name][number] ?? null);
  const examples = one.examples ? one.examples.rows : [];
  const shown = (part) => examples.filter((row) => row[0] === part).map((example) => windowOf(one, example, texts));
  return [
    h("div", { class: "row" }, h("h1", {}, `${at.site} › dimension ${number}`), h("button", { type: "button", onclick: () => Site.step(-1), title: "k" }, "‹ previous"), h("button", { type: "button", onclick: () => Site.step(1), title: "j" }, "next ›")),
    labelsOf(known, "dimension", number, at.site).map(label),
    h("div", { class: "grid" },
      panel(h("span", { class: "plus" }, "+ positive pole"), pole(at, one, "positive", texts)),
      h("div", {}, panel("Values of all items", histogram(one)), facts([["share positive", num(one.share_positive)], ["entropy, bits", num(one.entropy_bits)], ["mean", num(one.mean)], ["sd", num(one.std)], ["mean |x|", num(one.mean_abs)], ["range", `${num(one.minimum)} to ${num(one.maximum)}`], ["stability to the next layer", one.stability === null ? null : `${num(one.stability)} (chance ${num(one.chance)})`], ["AUC against frequency", told(one.frequency_auc)], ["AUC against length", told(one.length_auc)]]),
        panel("Nearest the threshold", pole(at, one, "near", texts))),
      panel(h("span", { class: "minus" }, "− negative pole"), pole(at, one, "negative", texts))),
    examples.length ? panel("In real texts", h("div", { class: "grid two" }, h("div", {}, h("div", { class: "plus" }, "+ strongest"), shown("positive")), h("div", {}, h("div", { class: "minus" }, "− strongest"), shown("negative"))), h("div", { class: "soft" }, "one at random of each fifth of the range, from high to low"), [5, 4, 3, 2, 1].map((n) => shown(`band ${n}`))) : null,
    here ? panel("The same number across layers", h("div", { class: "grid two" }, lines(names, by("share_positive"), at.site, 0, 1, "share positive"), lines(names, by("stability"), at.site, 0, 1, "stability to the next layer"))) : null,
    one.readers.length ? panel("Categories that read this dimension", table([
      { title: "category", shown: (row) => said(row[0]), value: (row) => row[0] },
      { title: "sign", shown: (row) => h("span", { class: row[1] > 0 ? "plus" : "minus" }, row[1] > 0 ? "+" : "−"), value: (row) => row[1] },
      { title: "AUC of the sign", number: true, shown: (row) => num(row[2]), value: (row) => row[2] },
      { title: "q", number: true, shown: (row) => chance(row[3]), value: (row) => row[3] },
    ], one.readers, { opens: (row) => address("feature", { category: row[0] }) })) : null,
  ];
};

Site.views.features = async (at) => {
  const all = await file(at, "features");
  if (!all) return [h("h1", {}, "Features"), h("p", {}, "No categories were measured in this catalog.")];
  const order = all.categories.map((_, n) => n);
  const place = all.sites.indexOf(at.catalog.primary.site);
  order.sort((a, b) => (all.auc[b][place] ?? 0) - (all.auc[a][place] ?? 0));
  const cell = (n, m) => all.auc[n][m] === null ? h("td", {}) : h("td", {}, h("a", {
    href: address("feature", { site: all.sites[m], category: all.categories[n] }), class: all.small[n][m] || all.fallback[n][m] ? "weak" : null,
    "--s": Math.round(Math.max(0, 220 * (all.auc[n][m] - 0.5) ** 2)), title: `${said(all.categories[n])} at ${all.sites[m]}: AUC ${num(all.auc[n][m])}, q ${chance(all.q[n][m])}${all.fallback[n][m] ? ", fallback" : ""}${all.small[n][m] ? ", small" : ""}` }, all.auc[n][m].toFixed(2)));
  return [
    h("h1", {}, `${order.length} categories at ${all.sites.length} sites`),
    h("p", { class: "soft" }, `Held-out AUC of each category's signed dimensions against ${at.catalog.primary.background} items; in italics: fallback (fewer than 8 dimensions reached the registration level) or small (no verdict). A cell opens the feature.`),
    h("div", { class: "wide" }, h("table", { class: "heat" }, h("thead", {}, h("tr", {}, h("th", {}), all.sites.map((one) => h("th", {}, one)))),
      h("tbody", {}, order.map((n) => h("tr", {}, h("th", { class: "name", title: all.descriptions[n], scope: "row" }, said(all.categories[n])), all.sites.map((_, m) => cell(n, m))))))),
    all.skipped.length ? h("details", {}, h("summary", {}, `${all.skipped.length} categories were skipped`), all.skipped.map((row) => h("p", { class: "soft" }, `${said(row[0])}: ${row[1]} families. ${row[2] || ""}`))) : null,
  ];
};

Site.views.feature = async (at) => {
  const [all, known] = await Promise.all([file(at, "features"), file(at, "catalog")]);
  if (!all) return Site.views.features(at);
  let n = all.categories.indexOf(at.asked.get("category"));
  if (n < 0) { if (at.asked.get("category")) at.notices.push(`There is no feature ${at.asked.get("category")} here: showing the first.`); n = 0; }
  const one = await file(at, `feature/${n}`);
  Site.step = (by) => go("feature", { category: all.categories[(n + by + all.categories.length) % all.categories.length] });
  const site = one.sites.find((row) => row.site === at.site) || one.sites[0];
  return [
    h("div", { class: "row" }, h("h1", {}, `${said(one.category)} · ${site.site}`), h("button", { type: "button", onclick: () => Site.step(-1), title: "k" }, "‹ previous"), h("button", { type: "button", onclick: () => Site.step(1), title: "j" }, "next ›")),
    h("p", {}, all.descriptions[n]), labelsOf(known, "feature", at.asked.get("category"), site.site).map(label),
    h("div", { class: "grid two" },
      panel("Held-out AUC beside its null and its rival", auc(site), facts([["null, 95th percentile", site.null_p95 === null ? "not drawn at this site" : num(site.null_p95)], ["q", site.q === null ? null : chance(site.q)], ["most confusable", site.confusable ? `${said(site.confusable)} ${num(site.confusable_auc)}` : null], ["against all other categories", num(site.coherence)], ["reliability", num(site.reliability)], ["families", `${site.anchors} anchors, ${site.held_out} held out`], ["dimensions", `${site.dimensions.length}${site.fallback ? " (fallback: too few reached the registration level)" : ""}`]]), site.small ? h("p", { class: "soft" }, "Small: no verdict.") : null,
        h("p", {}, link("dimension", { site: site.site, dim: site.best_dimension }, `Best dimension: ${site.best_dimension}`), ` (AUC ${num(site.best_held_out)} held out)`),
        panel("By site", lines(one.sites.map((row) => row.site), one.sites.map((row) => row.auc), site.site, 0.5, 1, "held-out AUC"))),
      h("div", {}, panel("Signed dimensions", h("p", { class: "soft" }, "One cell a dimension, ", h("span", { class: "plus" }, "+"), " or ", h("span", { class: "minus" }, "−"), ": a click opens it."), prototype(at, site, one.category)), panel(`Items that agree most at ${at.catalog.primary.site}`, table([
        { title: "item", shown: (row) => h("span", { class: "mono" }, row[1]), value: (row) => row[1] },
        { title: "agreement", number: true, shown: (row) => num(row[2]), value: (row) => row[2] },
        { title: "member", shown: (row) => row[3] ? "●" : "", value: (row) => row[3] },
      ], one.top, { opens: (row) => address("item", { item: row[0] }) })))),
    h("details", {}, h("summary", {}, `${one.members.length} members`), h("p", { class: "mono" }, one.members.join(", "))),
  ];
};

Site.views.evidence = async (at) => {
  const { rows, figure } = await file(at, "evidence");
  if (!rows.length) return [h("h1", {}, "Evidence"), h("p", {}, "The claims of the paper were not tested on this model.")];
  const beside = (row) => Object.entries(row.controls).map(([name, value]) => `${name} ${num(value)}`).join(", ");
  return [h("h1", {}, "The claims of the paper on this model"), drawn(figure), rows.map((row) => h("details", {},
    h("summary", {}, chip(row.verdict), ` ${row.statement}`),
    h("p", {}, row.value === null ? row.reason : `${row.measure}: ${num(row.value)} [${num(row.low)}, ${num(row.high)}], n = ${row.n} ${row.unit}. ${row.reason}`),
    h("p", { class: "soft" }, `Controls: ${beside(row) || "none"}. The paper: ${row.paper}. ${row.method} (${row.cell})`)))];
};

Site.views.item = async (at) => {
  const asked = Number(at.asked.get("item") || 0);
  const item = Number.isInteger(asked) && asked >= 0 && asked < at.catalog.items ? asked : 0;
  if (item !== asked) at.notices.push(`There is no item ${at.asked.get("item")} here: showing 0.`);
  const [words, chunk] = await Promise.all([file(at, "words"), file(at, `items-${Math.floor(item / at.catalog.item_chunk)}`)]);
  const [threes, members] = chunk[item % at.catalog.item_chunk] || [[], []];  // site, dimension, rank (negative: - pole)
  const extremes = Array.from({ length: threes.length / 3 }, (_, n) => threes.slice(3 * n, 3 * n + 3));
  return [
    h("h1", { class: "mono" }, words[item]), h("p", { class: "soft" }, `item ${item} of ${at.catalog.slug}`),
    at.catalog.media ? h("img", { src: `${at.catalog.place}/media/${item}.webp`, alt: words[item] }) : null,
    members.length ? h("p", {}, "Member of ", members.map((name, n) => [n ? ", " : "", link("feature", { category: name }, said(name))])) : null,
    panel("Where it stands at a pole", extremes.length ? table([
      { title: "dimension", shown: (row) => `${at.catalog.sites[row[0]][0]}/${row[1]}`, value: (row) => row[0] * 1e6 + row[1] },
      { title: "pole", shown: (row) => h("span", { class: row[2] > 0 ? "plus" : "minus" }, row[2] > 0 ? "+" : "−"), value: (row) => Math.sign(row[2]) },
      { title: "rank", number: true, shown: (row) => Math.abs(row[2]), value: (row) => Math.abs(row[2]) },
    ], extremes, { opens: (row) => address("dimension", { site: at.catalog.sites[row[0]][0], dim: row[1] }), sort: 2 }) : h("p", {}, "At none of them.")),
  ];
};

const HITS = 200;

Site.views.search = async (at) => {
  const asked = (at.asked.get("q") || "").trim(), wanted = asked.toLowerCase();
  const [words, all] = await Promise.all([file(at, "words"), file(at, "features")]);
  const found = [];
  const place = /^(?:(\S+)\s*\/\s*)?(\d{1,9})$/.exec(asked), item = /^#(\d{1,9})$/.exec(asked);
  if (item && Number(item[1]) < words.length) found.push([`item ${words[Number(item[1])]}`, address("item", { item: item[1] }), "number"]);
  const site = place && at.catalog.sites.find((one) => one[0] === (place[1] || at.site));
  if (site && Number(place[2]) < site[1]) found.push([`${site[0]}/${place[2]}`, address("dimension", { site: site[0], dim: place[2] }), "dimension"]);
  for (const name of all ? all.categories : []) if (said(name).toLowerCase().includes(wanted)) found.push([said(name), address("feature", { category: name }), "feature"]);
  const bare = (text) => text.replace(/^␣/, "").toLowerCase();
  const hits = words.map((text, n) => [bare(text), n]).filter(([text]) => text.includes(wanted));
  const rank = (text) => text === wanted ? 0 : text.startsWith(wanted) ? 1 : 2;
  hits.sort(([a, m], [b, n]) => rank(a) - rank(b) || a.length - b.length || m - n);
  const count = found.length + hits.length;
  for (const [, n] of hits.slice(0, HITS)) found.push([words[n], address("item", { item: n }), "item"]);
  return [h("h1", {}, `${count.toLocaleString("en-US")} found for ${asked}`), hits.length > HITS ? h("p", { class: "soft" }, `Of the items the ${HITS} nearest to it are listed.`) : null, found.length ? table([{ title: "what", shown: (row) => row[0] }, { title: "kind", shown: (row) => row[2] }], found, { opens: (row) => row[1] }) : h("p", {}, "Try another word, or the beginning of one.")];
};

Site.views.compare = async (at) => {
  const all = Site.list.comparisons;
  if (!all.length) return [h("h1", {}, "Compare"), h("p", {}, "No comparison of these catalogs was computed.")];
  const chosen = all.find((one) => one.a === at.catalog.slug && one.b === at.asked.get("b")) || all.find((one) => one.a === at.catalog.slug) || all[0];
  const known = await load(chosen.file);
  const match = known.matches;
  const [one, two] = await Promise.all([known.a, known.b].map(async (side) => {  // the tables of both sites, for their words
    const catalog = Site.list.catalogs.find((each) => each.slug === side.slug);
    const rows = await load(`${catalog.place}/dims-${catalog.sites.findIndex((each) => each[0] === side.site)}`);
    return (pole, n) => few({ catalog }, ["plus", "minus"][pole], [rows.positive, rows.negative][pole][n], rows.pictures[pole]?.[n]);
  }));
  return [
    h("h1", {}, `${known.a.slug} ${known.a.site}  ·  ${known.b.slug} ${known.b.site}`),
    h("p", { class: "row" }, all.map((one) => h("a", { href: address("compare", { catalog: one.a, site: "", b: one.b }) }, `${one.a} – ${one.b}`))),
    match ? panel("Dimensions matched", h("p", {}, match.sentence), table([
      { title: "A", shown: (row) => row[0], value: (row) => row[0] }, { title: "A, + pole", shown: (row) => one(0, row[0]), value: (row) => row[0] },
      { title: "B", shown: (row) => h("a", { href: address("dimension", { catalog: known.b.slug, site: known.b.site, dim: row[1] }) }, row[1]), value: (row) => row[1] },
      { title: "B, its match", shown: (row) => two(row[2] > 0 ? 0 : 1, row[1]), value: (row) => row[1], help: "the + pole of B, or where the polarity is reversed its − pole" },
      { title: "polarity", shown: (row) => row[2] > 0 ? "same" : "reversed", value: (row) => row[2] },
      { title: "|phi|, held out", number: true, shown: (row) => num(row[3]), value: (row) => row[3] }, { title: "q", number: true, shown: (row) => chance(row[4]), value: (row) => row[4] },
      { title: "q against rotations", number: true, shown: (row) => chance(row[5]), value: (row) => row[5] },
    ], match.rows, { opens: (row) => address("dimension", { catalog: known.a.slug, site: known.a.site, dim: row[0] }) })) : null,
    known.categories ? panel("Categories in both", table([
      { title: "category", shown: (row) => said(row[0]), value: (row) => row[0] },
      { title: "A", number: true, shown: (row) => between(row[1], row[2], row[3]), value: (row) => row[1] }, { title: "B", number: true, shown: (row) => between(row[4], row[5], row[6]), value: (row) => row[4] },
      { title: "A − B", number: true, shown: (row) => between(row[7], row[8], row[9]), value: (row) => row[7] }, { title: "q", number: true, shown: (row) => chance(row[10]), value: (row) => row[10] },
    ], known.categories, { sort: 4 })) : null,
  ];
};

Site.views.labels = async (at) => {
  const { labels } = await file(at, "catalog");
  const opens = (one) => address(one.kind === "dimension" ? "dimension" : "feature", { site: one.site, [one.kind === "dimension" ? "dim" : "category"]: one.name });
  return [h("h1", {}, "Labels that their authors made public"), labels.length ? table([
    { title: "subject", shown: (one) => `${one.site} ${said(one.name)}${one.pole || ""}`, value: (one) => one.site + one.name },
    { title: "label", shown: words, value: plainly }, { title: "by", shown: (one) => `${one.author}${one.final ? ", final" : ""}` },
  ], labels, { opens }) : h("p", {}, "There are none: labels leave only where their author says so.")];
};

Site.views.data = async (at) => {
  const known = await file(at, "catalog");
  return [
    h("h1", {}, "The same in one file"),
    at.catalog.file ? h("p", {}, h("a", { href: at.catalog.file, download: `${at.catalog.slug}.duckdb.zip` }, `${at.catalog.slug}.duckdb.zip`), `  (${mb(at.catalog.packed)}; unpacked ${mb(at.catalog.bytes)}). Unpack it: any DuckDB client reads the file, and every table and column explains itself.`) : h("p", {}, "The catalog file was left out of this site."),
    panel("How it is made again", known.commands.map(([what, command]) => [h("div", { class: "soft" }, what), h("pre", {}, command)])),
    panel("Identity", identity(known)),
  ];
};
