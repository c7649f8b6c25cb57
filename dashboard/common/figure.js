// A drawn figure: marks with a number open what they stand for, those with a tip say it. The
// drawing was made by this program, which escapes every text of the outside world.
const STEP = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

export default function (component) {
  const root = component.parentElement.querySelector(".figure");
  const [drawn, tip, save] = ["drawn", "tip", "save"].map((name) => root.querySelector(`.${name}`));
  if (root.shown !== component.data.svg) {
    drawn.innerHTML = root.shown = component.data.svg;
    hide();
  }
  const marks = component.data.opens ? [...drawn.querySelectorAll("[data-n]")] : [];
  root.classList.toggle("opens", marks.length > 0);
  if (marks.length) {
    drawn.tabIndex = 0;
    drawn.setAttribute("role", "group");
    drawn.setAttribute("aria-label", "Figure: arrow keys go from mark to mark, Enter opens one");
  }

  function hide() {
    drawn.querySelector(".at")?.classList.remove("at");
    tip.hidden = true;
  }
  function tell(mark, x, y) {
    const words = mark?.dataset.tip;
    tip.hidden = !words;
    if (!words) return;
    tip.textContent = words;
    const space = root.getBoundingClientRect();
    tip.style.left = `${Math.max(0, Math.min(x - space.left + 14, space.width - tip.offsetWidth))}px`;
    tip.style.top = `${y - space.top + 16}px`;
  }
  function open(mark) {
    if (mark && component.data.opens) component.setTriggerValue("picked", Number(mark.dataset.n));
  }
  drawn.onpointermove = (event) => tell(event.target.closest("[data-tip]"), event.clientX, event.clientY);
  drawn.onpointerleave = hide;
  drawn.onblur = hide;
  drawn.onclick = (event) => open(event.target.closest("[data-n]"));
  drawn.onkeydown = (event) => {
    const now = marks.findIndex((one) => one.classList.contains("at"));
    if (event.key === "Enter" && now >= 0) open(marks[now]);
    else if (event.key in STEP && marks.length) {
      const at = marks[Math.min(Math.max(now + STEP[event.key], 0), marks.length - 1)];
      marks[now]?.classList.remove("at");
      at.classList.add("at");
      const place = at.getBoundingClientRect();
      tell(at, place.left, place.bottom - 12);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  save.hidden = !component.data.name;
  save.onclick = () => download(drawn, component.data.name);
}

// As it stands on the page: its width, and its colours on white paper.
function download(drawn, name) {
  const svgs = [...drawn.querySelectorAll("svg[role=img]")];
  const corner = drawn.getBoundingClientRect();
  const parts = svgs.map((one) => {
    const copy = one.cloneNode(true), place = one.getBoundingClientRect();
    for (const node of copy.querySelectorAll("[data-n], [data-tip]"))
      for (const key of ["n", "tip"]) delete node.dataset[key];
    const at = { x: place.left - corner.left + 8, y: place.top - corner.top + 8, width: place.width };
    for (const [key, value] of Object.entries({ ...at, height: place.height })) copy.setAttribute(key, value);
    return copy.outerHTML;
  });
  const [width, height] = [corner.width + 16, drawn.scrollHeight + 16];
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<rect width="100%" height="100%" fill="#ffffff"/>${parts.join("")}</svg>`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(
    new Blob([whole.replaceAll("currentColor", "#222222")], { type: "image/svg+xml" }));
  link.download = `${name}.svg`;
  link.click();
  URL.revokeObjectURL(link.href);
}
