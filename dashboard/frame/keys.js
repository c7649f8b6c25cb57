// Keys of every page, beside those of Streamlit's own buttons. They do nothing while a field, a
// table or a dialog has focus; the labeling desk stops its keys before they come here.
const CLICKS = { ArrowRight: "step-next", ArrowLeft: "step-previous", l: "labels-write" };
const FIELDS = { g: "rail-search", b: "bulk-which" };
const BUSY = "input, textarea, select, canvas, [contenteditable=true], [role=slider], " +
  "[role=listbox], [role=menu], [role=tablist], [role=radiogroup], [role=dialog]";
let held = null;

export default function (component) {
  if (held) document.removeEventListener("keydown", held);
  held = (event) => press(event, component);
  document.addEventListener("keydown", held);
  document.documentElement.dataset.dimsKeys = "on"; // tests wait for it
}

function press(event, component) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.composedPath()[0].closest?.(BUSY)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key === "?") {
    if (!document.querySelector("[role=dialog]")) component.setTriggerValue("help", true);
  } else if (!focus(FIELDS[key]) && !click(CLICKS[key])) return;
  event.preventDefault();
}

function focus(name) {
  const box = name && document.querySelector(`.st-key-${name} input`);
  box?.focus();
  box?.select();
  return Boolean(box);
}

function click(name) {
  const button = name && document.querySelector(`.st-key-${name} button`);
  if (!button || button.disabled) return false;
  button.scrollIntoView({ block: "nearest" });
  button.click();
  return true;
}
