// Suggestions below the search box while somebody types: a list that lies over the page.
// The box is the toolkit's own field. Enter takes the first of a list that is there; before it is
// there the box goes to the server as ever. A text that was only begun is not sent by a click
// elsewhere. Strings from outside become text only.
const BOX = ".st-key-rail-search input";
const WAIT = 120;
let now = null, at = 0, timer = null, quiet = false;

export default function (component) {
  if (!now) install();
  now = { component, list: component.parentElement.querySelector(".dims-suggest") };
  draw();
}

function install() {
  document.addEventListener("input", typing, true);
  document.addEventListener("keydown", press, true);
  document.addEventListener("focusout", left, true);
  document.addEventListener("focusin", (event) => isBox(event) && draw(), true);
}

function isBox(event) {
  return event.target instanceof Element && event.target.matches(BOX);
}

function box() {
  return document.querySelector(BOX);
}

function fits() {
  const typed = box()?.value.trim();
  return Boolean(typed) && now.component.data.typed === typed && document.activeElement === box();
}

function draw() {
  const field = box();
  if (!field || !now) return;
  const { data } = now.component, open = fits();
  at = 0;
  now.list.hidden = !open;
  now.list.replaceChildren(...(open ? data.hits.map(option) : []));
  if (open && !data.hits.length) now.list.append(words("nothing", data.nothing));
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", String(open));
  if (open) field.setAttribute("aria-controls", now.list.id);
  else field.removeAttribute("aria-controls");
  mark();
}

function option(hit, place) {
  const line = document.createElement("div");
  line.id = `dims-suggest-${place}`;
  line.setAttribute("role", "option");
  line.dataset.typed = now.component.data.typed;
  line.append(words("kind", hit.kind), words("text", hit.text), words("why", hit.why));
  line.onpointerdown = (event) => event.preventDefault(); // the box keeps the focus
  line.onclick = () => choose(place);
  return line;
}

function words(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

function mark() {
  const options = [...now.list.querySelectorAll("[role=option]")];
  options.forEach((one, place) => one.setAttribute("aria-selected", String(place === at)));
  if (options.length) box().setAttribute("aria-activedescendant", options[at].id);
  else box()?.removeAttribute("aria-activedescendant");
  options[at]?.scrollIntoView({ block: "nearest" });
}

function typing(event) {
  if (!isBox(event) || quiet || !now) return;
  clearTimeout(timer);
  const typed = event.target.value.trim();
  draw();
  if (typed && typed !== now.component.data.typed)
    timer = setTimeout(() => now.component.setStateValue("typed", typed), WAIT);
}

function press(event) {
  if (!isBox(event) || !now) return;
  const many = now.component.data.hits.length, open = fits() && many > 0;
  if (event.key === "Enter") {
    clearTimeout(timer);
    if (!open) return;
    choose(at);
  } else if (event.key === "Escape") clear();
  else if (open && event.key === "ArrowDown") move(1, many);
  else if (open && event.key === "ArrowUp") move(-1, many);
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

function move(by, many) {
  at = (at + by + many) % many;
  mark();
}

function choose(place) {
  now.component.setTriggerValue("chosen", { typed: now.component.data.typed, place });
  clear();
  box()?.blur();
}

function left(event) {
  if (!isBox(event)) return;
  clearTimeout(timer);
  if (event.target.value) clear();
  draw();
}

// The toolkit's field hears of it as of typing.
function clear() {
  const field = box();
  if (!field) return;
  quiet = true;
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, "");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  quiet = false;
  draw();
}
