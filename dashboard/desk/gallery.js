// The pictures of the desk: a wall at each pole, the chosen one large in the middle, one player.
// Pictures and sounds are data URIs only. A sound is asked for when it is first chosen.
const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
const KEPT = 40; // sounds kept in the browser

class Gallery {
  constructor(at, ask, say) {
    Object.assign(this, { at, ask, say, wanted: null, tiles: [], sounds: new Map() });
  }

  show(item) {
    const pictured = item.media !== "text";
    this.item = item;
    this.wanted = null;
    this.at.audio.pause();
    this.at.audio.removeAttribute("src");
    this.at.stage.hidden = !pictured;
    this.at.audio.hidden = item.media !== "audio";
    this.at.work.classList.toggle("pictured", pictured);
    this.at.work.classList.toggle("wide", item.media === "audio");
    this.at.hint.hidden = !pictured;
    this.at.hint_text.textContent = item.hint;
    this.tiles = [];
    if (!pictured) return;
    for (const side of ["plus", "minus"])
      this.at[side].replaceChildren(...item[side].map((row) => this.tile(row)));
    for (const side of ["plus", "minus"]) this.at[side].querySelector("button")?.setAttribute("tabindex", 0);
    if (this.tiles.length) this.choose(this.tiles[0], false);
  }

  tile([text, value, wide, number]) {
    const cell = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = -1;
    button.dataset.item = number;
    button.title = text;
    const image = document.createElement("img");
    image.alt = text;
    this.draw(image, this.item.pictures[number]);
    button.append(image, span(value));
    cell.style.setProperty("--wide", `${wide}%`);
    cell.append(button);
    this.tiles.push(button);
    return cell;
  }

  draw(image, address) {
    image.onload = () => image.classList.toggle("coarse", image.naturalWidth <= 64);
    if (address?.startsWith("data:image/webp;base64,")) image.src = address;
  }

  choose(button, play) {
    this.chosen = button;
    for (const one of this.tiles) one.setAttribute("aria-pressed", String(one === button));
    this.draw(this.at.large, this.item.pictures[button.dataset.item]);
    this.at.caption.textContent = `${button.title} · ${button.lastChild.textContent}`;
    if (play && this.item.media === "audio") this.play(Number(button.dataset.item));
  }

  play(number) {
    const { key, subject } = this.item;
    const held = this.sounds.get(`${key} ${number}`);
    this.wanted = held ? null : { key, subject, item: number };
    if (held) this.start(held);
    else this.ask();
  }

  receive(sound) {
    const { wanted } = this;
    if (!wanted || sound?.key !== wanted.key || sound.item !== wanted.item) return;
    this.wanted = null;
    if (!sound.address.startsWith("data:audio/ogg;base64,")) return;
    this.sounds.set(`${sound.key} ${sound.item}`, sound.address);
    if (this.sounds.size > KEPT) this.sounds.delete(this.sounds.keys().next().value);
    this.start(sound.address);
  }

  start(address) {
    this.at.audio.src = address;
    this.at.audio.play().catch((error) => {
      if (error.name === "NotAllowedError") this.say("This browser waits for a click on the player.");
    });
  }

  key(key, from) {
    if (!this.tiles.length) return false;
    if (key === "p" || key === "P") return this.step(key === "p" ? 1 : -1, this.chosen, false);
    return key in STEPS && this.tiles.includes(from) ? this.step(STEPS[key], from, true) : false;
  }

  step(by, from, focus) {
    const first = !focus && this.fresh();
    const place = first ? 0 : this.tiles.indexOf(from) + by;
    const next = this.tiles[Math.min(Math.max(place, 0), this.tiles.length - 1)];
    this.choose(next, true);
    if (focus) next.focus();
    return true;
  }

  fresh() { // nothing was played of this subject yet: begin with the first sound
    return this.item.media === "audio" && !this.at.audio.hasAttribute("src") && !this.wanted;
  }
}
