// The labeling queue: one desk that owns focus and keys. Everything from outside goes through
// textContent. Answers wait in an outbox until Python says that they are on disk.
const SVG = "http://www.w3.org/2000/svg";
const DESKS = new WeakMap();
const RESEND = 4000; // ms without an answer before the outbox is sent again
const NOT_A_LABEL = { skip: "skip", flag: "flag" };
const SCALES = ["confidence", "clarity_plus", "clarity_minus", "specificity"]; // 1 to 5, 0: not said
const ACTS = { KeyS: "skip", KeyF: "flag", KeyU: "undo" }; // with Alt: a bare letter may begin a word

export default function (component) {
  const host = component.parentElement;
  const root = host.querySelector(".desk");
  let desk = DESKS.get(root);
  if (!desk) DESKS.set(root, (desk = new Desk(root)));
  desk.receive(component.data, (value) => component.setTriggerValue("sent", value));
}

class Desk {
  constructor(root) {
    this.root = root;
    this.at = {};
    for (const node of root.querySelectorAll("[data-at]")) this.at[node.dataset.at] = node;
    for (const name of SCALES) steps(this.at[name], name);
    this.buffer = []; // subjects to come
    this.outbox = []; // events without an acknowledgement
    this.stack = []; // what can be undone here: {item, form, event}
    this.current = null;
    this.queue = null;
    this.sends = 0;
    this.gallery = new Gallery(this.at, () => this.post(), (text) => this.say(text));
    this.listen();
    this.timer = setInterval(() => this.again(), 1000);
  }

  // ---- Python -> browser
  receive(data, send) {
    this.send = send;
    this.data = data;
    if (this.queue !== data.queue) this.begin(data);
    const acknowledged = new Set(data.saved);
    this.outbox = this.outbox.filter((event) => !acknowledged.has(event.id));
    for (const [id, sentence] of Object.entries(data.refused)) this.refuse(id, sentence);
    this.keep();
    const taken = new Set(this.outbox.filter((e) => e.kind === "answer").map((e) => e.key));
    if (this.current) taken.add(this.current.item.key);
    this.buffer = data.items.filter((item) => !taken.has(item.key));
    if (!this.current) this.next();
    this.gallery.receive(data.sound);
    this.status();
  }

  begin(data) {
    Object.assign(this, { queue: data.queue, buffer: [], stack: [], current: null, outbox: [] });
    try {
      this.outbox = JSON.parse(localStorage.getItem(this.shelf()) || "[]");
    } catch { /* a browser without storage keeps the outbox in memory */ }
    this.root.classList.toggle("dark", dark(this.root));
    this.at.words.replaceChildren();
    if (this.outbox.length) this.post();
  }

  shelf() { return `dims.outbox.${this.data.queue}.${this.data.person}`; }

  keep() {
    try {
      if (this.outbox.length) localStorage.setItem(this.shelf(), JSON.stringify(this.outbox));
      else localStorage.removeItem(this.shelf());
    } catch { /* see begin */ }
  }

  // What is typed and not answered yet outlives a page that is loaded again, as after a sign-in.
  draft() {
    if (!this.current) return;
    const { item, form } = this.current;
    try {
      localStorage.setItem(`${this.shelf()}.draft`, JSON.stringify({ key: item.key, form }));
    } catch { /* see begin */ }
  }

  drafted(item) {
    try {
      const held = JSON.parse(localStorage.getItem(`${this.shelf()}.draft`) || "null");
      if (held && held.key === item.key) return held.form;
    } catch { /* see begin */ }
    return { pole: "", category: "", positive: "", negative: "" };
  }

  refuse(id, sentence) {
    const event = this.outbox.find((one) => one.id === id);
    if (!event) return;
    this.outbox = this.outbox.filter((one) => one !== event);
    const place = this.stack.findIndex((one) => one.event === id);
    if (place >= 0) {
      const [back] = this.stack.splice(place, 1);
      this.show(back.item, back.form);
    }
    this.say(sentence);
  }

  // ---- browser -> Python
  post(event) {
    if (event) this.outbox.push(event);
    this.keep();
    this.sends += 1;
    this.sentAt = performance.now();
    this.send({ n: this.sends, events: this.outbox, sound: this.gallery.wanted });
    this.status();
  }

  again() {
    if (!this.root.isConnected) return clearInterval(this.timer);
    this.root.classList.toggle("dark", dark(this.root));
    if ((this.outbox.length || this.gallery.wanted) && performance.now() - this.sentAt > RESEND) this.post();
  }

  answer(kind) {
    if (!this.current) return;
    const { item, form, since } = this.current;
    const wrong = kind === "save" ? this.wrong(form) : "";
    if (wrong) return this.say(wrong);
    const none = form.pole === "none";
    const event = {
      id: unique(), kind: "answer", key: item.key, subject: item.subject,
      action: NOT_A_LABEL[kind] || (none ? "no_clear_pole" : "label"),
      seconds: Math.min(86400, (performance.now() - since) / 1000),
    };
    if (!NOT_A_LABEL[kind]) {
      event.clear_pole = form.pole || null;
      for (const name of SCALES) event[name] = form[name] || null;
      if (!none) event.category = form.category || null;
      if (!none && item.whole) event.text = form.positive || null;
      else if (!none) Object.assign(event, { positive: form.positive || null, negative: form.negative || null });
    }
    this.stack.push({ item, form, event: event.id });
    this.stack = this.stack.slice(-50);
    this.current = null;
    this.next();
    this.post(event);
  }

  wrong(form) {
    if (this.at.category.value.trim() && !form.category)
      return "That is no category of the list: choose one with the arrow keys, or write it as text.";
    if (!form.pole && !form.category && !form.positive && !form.negative)
      return "Nothing is said yet: choose a clear pole or a category, or write text; s skips.";
    return "";
  }

  undo() {
    const last = this.stack.pop();
    if (!last) return this.say("Nothing to undo in this tab.");
    if (this.current) this.buffer.unshift(this.current.item);
    this.show(last.item, last.form);
    this.post({ id: unique(), kind: "undo", undone: last.event, key: last.item.key });
    this.say("Taken back: answer it again, or skip it.");
  }

  // ---- what is on the screen
  next() {
    const item = this.buffer.shift();
    if (item) this.show(item, this.drafted(item));
    else this.status();
  }

  show(item, form) {
    this.current = { item, form: { ...form }, since: performance.now() };
    this.say("");
    this.at.title.textContent = item.title;
    [this.at.pole_plus.textContent, this.at.pole_minus.textContent] = item.poles;
    this.at.text_plus.textContent = item.whole ? "text" : "text +";
    this.at.line_minus.hidden = item.whole; // a feature takes one text
    this.root.classList.toggle("whole", item.whole);
    this.at.clear.textContent = item.whole ? "clear end?" : "clear pole?";
    this.at.first.textContent = item.whole ? "most" : "+";
    this.at.second.textContent = item.whole ? "least" : "−";
    this.at.clear_plus.textContent = item.whole ? "clarity, most" : "clarity +";
    this.at.clear_minus.textContent = item.whole ? "clarity, least" : "clarity −";
    for (const side of ["plus", "minus"]) this.at[side].replaceChildren(...item[side].map(row));
    this.gallery.show(item);
    histogram(this.at.histogram, item);
    this.at.low.textContent = item.low;
    this.at.cut.textContent = item.cut_text;
    this.at.high.textContent = item.high;
    this.at.figures.replaceChildren(...item.figures.map(([name, value]) => figure(name, value)));
    this.at.category.value = words(form.category);
    for (const field of ["positive", "negative"]) this.at[field].value = form[field];
    this.close();
    this.mark();
    this.status();
    this.root.dataset.subject = item.key;
    this.at.pole.focus({ preventScroll: true });
  }

  mark() {
    const form = this.current.form;
    for (const b of this.at.pole.querySelectorAll("button"))
      b.setAttribute("aria-checked", b.dataset.pole === form.pole);
    for (const b of this.root.querySelectorAll("[data-scale]"))
      b.setAttribute("aria-checked", +b.dataset.sure === form[b.dataset.scale]);
    for (const field of ["category", "positive", "negative"]) this.at[field].disabled = form.pole === "none";
    this.draft();
  }

  status() {
    const { answered, waiting, covered, pace } = this.data.progress;
    const ahead = this.outbox.filter((e) => e.kind === "answer").length
      - this.outbox.filter((e) => e.kind === "undo").length;
    const total = answered + waiting;
    const done = Math.max(0, Math.min(total, answered + ahead));
    const open = total - done;
    const left = pace === null || !open ? "" : ` · about ${time(pace * open)} left`;
    const others = covered ? ` · ${covered} passed over` : "";
    this.at.place.textContent = `${Math.min(done + 1, total)} of ${total}${left}${others}`;
    this.at.who.textContent = this.data.heading;
    this.at.bar.style.width = total ? `${(100 * done) / total}%` : "100%";
    const n = this.outbox.length;
    this.at.saved.textContent = n ? `saving ${n} …` : this.stack.length ? "all saved" : "";
    this.root.dataset.unsaved = n;
    if (this.data.problem && n) this.say(this.data.problem);
    const over = !this.current && !this.buffer.length && !n && waiting === 0;
    this.at.work.hidden = !this.current;
    this.at.end.hidden = Boolean(this.current);
    this.at.end.textContent = over
      ? `This queue is finished: everything is saved.\n${covered ? PASSED(covered) : ""}`
        + "Close it to see what others said." : "…";
    this.root.dataset.over = over;
  }

  say(text) { this.at.message.textContent = text; }

  // ---- keys
  listen() {
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.addEventListener("click", (event) => this.click(event));
    for (const move of ["focusin", "focusout"])
      this.root.addEventListener(move, () => setTimeout(() => this.heard()));
    for (const field of ["category", "positive", "negative"])
      this.at[field].addEventListener("input", () => this.typed(field));
    this.at.category.addEventListener("blur", () => setTimeout(() => this.left(), 150));
    for (const field of ["positive", "negative"])
      this.at[field].addEventListener("focus", () => this.words(field));
  }

  // Keys need the focus somewhere on the desk: where a click outside took it, the desk says so.
  heard() {
    const on = this.root.getRootNode().activeElement;
    this.at.off.hidden = !this.current || Boolean(on && this.root.contains(on));
  }

  click(event) {
    const button = event.target.closest("button");
    if (!this.current) return;
    if (button === this.at.off || event.target === this.root) return this.first();
    if (!button) return;
    if (button.dataset.item) return this.gallery.choose(button, true);
    if (button.dataset.pole) this.pole(button.dataset.pole);
    else if (button.dataset.scale) this.step(button.dataset.scale, +button.dataset.sure);
    else this.act(button.dataset.act);
  }

  act(name) { return name === "undo" ? this.undo() : this.answer(name); }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.isComposing) return;
    if (event.altKey && !ACTS[event.code]) return;
    event.stopPropagation(); // this program's own shortcuts stay out of the desk
    const from = event.composedPath()[0];
    const typing = from.tagName === "INPUT";
    const handled = event.altKey ? (this.act(ACTS[event.code]), true)
      : event.key === "Enter" ? this.enter(from)
      : event.key === "Escape" ? this.first()
      : from === this.at.category ? this.browse(event.key)
      : typing ? false
      : this.gallery.key(event.key, from) ? true
      : this.letter(event.key, from);
    if (handled) event.preventDefault();
  }

  enter(from) {
    if (from.tagName === "BUTTON" && (from.dataset.act || from.dataset.item)) return false; // its own click
    if (from === this.at.category && this.open && this.take()) this.at.positive.focus();
    else this.answer("save");
    return true;
  }

  first() { this.close(); this.at.pole.focus(); return true; }

  letter(key, from) {
    if (!this.current) return false;
    if (/^\p{L}$/u.test(key)) return this.at.category.focus(), false; // it begins a category there
    if (key === "Delete" || key === "Backspace") return this.clear(from), true;
    const scale = this.scale(from);
    if (scale && "12345".includes(key)) return this.step(scale, +key), true;
    const pole = { 1: "+", 2: "-", 3: "both", 0: "none", "+": "+", "-": "-" }[key];
    return pole && !scale ? (this.pole(pole), true) : false;
  }

  pole(value) {
    this.current.form.pole = value;
    this.mark();
    (value === "none" ? this.at.confidence : this.at.category).focus();
  }

  clear(from) {
    const scale = this.scale(from);
    if (scale) this.current.form[scale] = 0;
    else if (this.at.pole.contains(from)) this.current.form.pole = "";
    this.mark();
  }

  scale(from) { return SCALES.find((name) => this.at[name].contains(from)); }

  step(scale, value) {
    this.current.form[scale] = value;
    this.mark();
    this.at[scale].focus();
  }

  typed(field) {
    const value = this.at[field].value;
    this.say("");
    if (field !== "category") { this.current.form[field] = value.trim(); this.draft(); return; }
    const exact = this.data.categories.find((name) => plain(name) === plain(value));
    this.current.form.category = exact || "";
    this.filter(value);
  }

  // ---- the category list and the person's own words
  filter(value) {
    const wanted = plain(value);
    const hits = this.data.categories.filter((name) => plain(name).includes(wanted));
    hits.sort((a, b) => plain(b).startsWith(wanted) - plain(a).startsWith(wanted));
    this.hits = wanted ? hits.slice(0, 9) : [];
    this.chosen = 0;
    this.open = this.hits.length > 0;
    this.draw();
    this.at.category.classList.toggle("unknown", Boolean(wanted) && !this.hits.length);
  }

  draw() {
    this.at.found.hidden = !this.open;
    this.at.category.setAttribute("aria-expanded", Boolean(this.open));
    this.at.found.replaceChildren(...(this.hits || []).map((name, place) => {
      const row = document.createElement("li");
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", place === this.chosen);
      row.textContent = words(name);
      row.addEventListener("mousedown", (event) => {
        event.preventDefault();
        this.chosen = place;
        this.take();
      });
      return row;
    }));
  }

  browse(key) {
    if (key === "Tab" && this.open) return this.take(), false;
    if (!this.open || !["ArrowDown", "ArrowUp"].includes(key)) return false;
    const step = key === "ArrowDown" ? 1 : -1;
    this.chosen = (this.chosen + step + this.hits.length) % this.hits.length;
    this.draw();
    return true;
  }

  take() {
    const name = this.hits && this.hits[this.chosen];
    if (!name) return false;
    this.current.form.category = name;
    this.draft();
    this.at.category.value = words(name);
    this.close();
    return true;
  }

  left() { // a late timer must not close the list of the next subject
    if (this.root.getRootNode().activeElement !== this.at.category) this.close();
  }

  close() {
    this.open = false;
    this.hits = [];
    this.at.category.classList.remove("unknown");
    this.draw();
  }

  words(field) {
    const own = new Set(this.data.words);
    for (const one of this.stack) for (const f of ["positive", "negative"]) if (one.form[f]) own.add(one.form[f]);
    this.at.words.id ||= "dims-own-words";
    this.at[field].setAttribute("list", this.at.words.id);
    this.at.words.replaceChildren(...[...own].slice(0, 200).map((text) => {
      const option = document.createElement("option");
      option.value = text;
      return option;
    }));
  }
}

// randomUUID exists on https and localhost only.
const unique = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
const plain = (text) => text.trim().toLowerCase().replaceAll("_", " ");
const words = (name) => name.replaceAll("_", " ");

const PASSED = (covered) => `${covered} were passed over: as many others as asked for have answered `
  + "them, or their answer is sure. To answer them too, open a queue for more people.\n";

function time(seconds) {
  if (seconds < 90) return `${Math.max(10, Math.round(seconds / 10) * 10)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function dark(node) {
  const text = getComputedStyle(node).color.match(/[\d.]+/g) || [0, 0, 0];
  return (+text[0] + +text[1] + +text[2]) / 3 > 128;
}

// The five buttons of a scale.
function steps(group, scale) {
  if (group.querySelector("button")) return;
  for (let step = 1; step <= 5; step += 1) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", tabIndex: -1, textContent: step });
    Object.assign(button.dataset, { scale, sure: step });
    group.append(button);
  }
}

function row([text, value, wide]) {
  const node = document.createElement("li");
  node.style.setProperty("--wide", `${wide}%`);
  node.append(span(text), span(value));
  node.title = text;
  return node;
}

function span(text) {
  const node = document.createElement("span");
  node.textContent = text;
  return node;
}

function figure(name, value) {
  const node = document.createElement("div");
  node.append(span(name), span(value));
  return node;
}

function histogram(svg, item) {
  const most = Math.max(1, ...item.counts);
  const wide = 320 / item.counts.length;
  const bars = item.counts.map((count, place) => {
    const height = (180 * count) / most;
    const side = place > item.cut_bin ? "plus" : place < item.cut_bin ? "minus" : "near";
    return shape("rect", { x: place * wide, y: 190 - height, width: wide * 0.92, height, class: side });
  });
  if (item.cut_at !== null)
    bars.push(shape("line", { x1: item.cut_at * 320, x2: item.cut_at * 320, y1: 0, y2: 190,
      stroke: "#8a8a8a", "stroke-width": 1.2, "stroke-dasharray": "4 3", "vector-effect": "non-scaling-stroke" }));
  svg.replaceChildren(...bars);
}

function shape(name, attributes) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  return node;
}
