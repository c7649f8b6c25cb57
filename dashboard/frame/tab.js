// One Back leaves a page or undoes one choice. The toolkit makes an entry of the history of every
// change of the link; only a person's choice is one, and what a page writes by itself replaces.
// Opening a page from Python makes two entries, the first under the old page: that one is taken back.
const at = { fresh: true, touched: false, gestures: 0, last: null };

export default function ({ data, setStateValue }) {
  install();
  const told = { listens: true, ...remember(data) };
  if (JSON.stringify(told) !== JSON.stringify(data.told)) setStateValue("told", told);
}

// Who works here is kept for new tabs in a cookie, and in the tab itself: two people may work in
// two tabs. The tab, which stays the same when it is loaded again, knows better than the cookie.
function remember(data) {
  const told = { tab: null, mine: data.name };
  try {
    const own = sessionStorage.getItem("dims_person");
    if (data.name && (data.said || !own)) sessionStorage.setItem("dims_person", data.name);
    else told.mine = own;
    told.tab = sessionStorage.getItem("dims_tab");
    if (!told.tab) sessionStorage.setItem("dims_tab", (told.tab = String(Math.random()).slice(2)));
  } catch { /* a browser without storage has the cookie only */ }
  // Only a name that was said in this tab: others may have their own.
  if (data.name && data.said && window.dimsPerson !== data.name) {
    const value = encodeURIComponent(data.name);
    document.cookie = `${data.cookie}=${value}; path=/; max-age=31536000; samesite=lax`;
  }
  window.dimsPerson = data.name;
  return told;
}

// After a sign-in, which leads to Home, back to what was asked for.
function goBack() {
  try {
    const asked = sessionStorage.getItem("dims_return");
    sessionStorage.removeItem("dims_return");
    const to = asked && new URL(asked);
    if (to && to.origin === location.origin && to.href !== location.href) location.replace(to);
  } catch { /* Home, then */ }
}

function install() {
  if (window.dimsHistory) return;
  goBack();
  window.dimsHistory = at;
  const push = history.pushState.bind(history);
  const swap = history.replaceState.bind(history);
  history.pushState = (state, title, address) => {
    const to = new URL(address ?? location.href, location.href);
    if (to.pathname === location.pathname) query(to, state, push, swap);
    else page(to, state, push, swap);
  };
  for (const name of ["pointerdown", "keydown", "drop"])
    window.addEventListener(name, gesture, { capture: true, passive: true });
  window.addEventListener("popstate", arrived, { capture: true });
}

// A page is fresh until a person does something after it was drawn once.
function gesture(event) {
  if (!event.isTrusted) return;
  at.touched = true;
  at.gestures += 1;
  const app = document.querySelector("[data-testid=stApp]");
  if (app?.dataset.testScriptState === "notRunning") at.fresh = false;
}

function arrived() {
  Object.assign(at, { fresh: true, touched: false, last: null });
}

function query(to, state, push, swap) {
  const chosen = at.touched && !at.fresh;
  at.last = { before: location.href, gestures: at.gestures, pushed: chosen };
  at.touched = false;
  (chosen ? push : swap)(state, "", to);
}

function page(to, state, push, swap) {
  const early = at.last && at.last.gestures === at.gestures && to.search === location.search;
  if (early && !at.last.pushed) swap(state, "", at.last.before);
  (early && at.last.pushed ? swap : push)(state, "", to);
  arrived();
}
