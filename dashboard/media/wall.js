// A wall of thumbnails. Strings from outside become text only; pictures are data URIs only.
const KEYS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

export default function (component) {
  const root = component.parentElement.querySelector(".wall");
  const { tiles, wide } = component.data;
  root.classList.toggle("wide", wide);
  const focused = root.contains(root.getRootNode().activeElement);
  root.replaceChildren(...tiles.map((one) => tile(one, component)));
  if (focused) root.querySelector(".chosen")?.focus();
  root.onkeydown = (event) => move(event, [...root.children]);
}

function tile(one, component) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `tile ${one.tone}${one.chosen ? " chosen" : ""}${one.member ? " member" : ""}`;
  button.title = one.title;
  button.setAttribute("aria-pressed", String(one.chosen));
  button.append(picture(one), bar(one), words("value", one.value), words("caption", one.caption));
  button.onclick = () => component.setTriggerValue("picked", one.item);
  return button;
}

function picture(one) {
  const image = document.createElement("img");
  image.alt = one.title;
  image.onload = () => image.classList.toggle("coarse", image.naturalWidth <= 64);
  if (one.image.startsWith("data:image/webp;base64,")) image.src = one.image;
  return image;
}

function bar(one) {
  const line = document.createElement("span");
  line.className = "line";
  if (one.value) line.append(document.createElement("i"));
  if (one.value) line.firstChild.style.width = `${100 * one.share}%`;
  return line;
}

function words(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

function move(event, tiles) {
  if (!(event.key in KEYS) || !tiles.length) return;
  const at = tiles.indexOf(event.target.closest(".tile"));
  tiles[Math.min(Math.max(at + KEYS[event.key], 0), tiles.length - 1)].focus();
  event.preventDefault();
}
