// Tells once that a place of the page came near the screen; until then it keeps the room of what
// will stand there.
export default function ({ data, parentElement, setStateValue }) {
  const place = parentElement.querySelector("div");
  place.style.height = data.near ? "0" : `${data.height}px`;
  place.seen?.disconnect();
  if (data.near) return;
  place.seen = new IntersectionObserver((entries) => {
    if (!entries.some((one) => one.isIntersecting)) return;
    place.seen.disconnect();
    setStateValue("near", true);
  }, { rootMargin: "300px 0px" });
  place.seen.observe(place);
  return () => place.seen.disconnect();
}
