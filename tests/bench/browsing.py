"""A dashboard in a real browser, timed there: from a click or a key until nothing changes any more.

The page notes itself when a person last did something and when anything in it last changed, in
shadow roots too. It has settled when the script has run, nothing is stale, and 0.3 s are quiet.
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from catalog import places
from tests.browser.conftest import APP, FLAGS, serve

WATCH = """(() => {
  const times = (window.dimsTimes = { acted: 0, changed: performance.now() });
  const aside = "[data-testid=stHeader], [data-testid=stStatusWidget], [data-testid=stToolbar]";
  const seen = new MutationObserver((changes) => {
    const real = (one) => !(one.target.nodeType === 1 ? one.target : one.target.parentElement)
      ?.closest(aside);
    if (changes.some(real)) times.changed = performance.now();
  });
  const all = { subtree: true, childList: true, attributes: true, characterData: true };
  seen.observe(document, all);
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (options) {
    const root = attach.call(this, options);
    seen.observe(root, all);
    return root;
  };
  for (const name of ["pointerdown", "keydown"])
    addEventListener(name, (event) => { if (event.isTrusted) times.acted = performance.now(); },
      { capture: true });
})()"""
SETTLED = """(acts) => {
  const app = document.querySelector("[data-testid=stApp]"), times = window.dimsTimes;
  const stands = app && app.dataset.testScriptState === "notRunning" &&
    !document.querySelector("[data-testid=stSkeleton], [data-stale=true]");
  const quiet = performance.now() - times.changed > 300 && times.changed >= times.acted;
  return stands && quiet ? { seconds: (times.changed - times.acted) / 1000 } : null;
}"""
"""Seconds from the last click or key (of a page just loaded: its request) to the last change."""


@dataclass
class Traffic:
    """What came over the wire."""

    largest: int = 0
    """Bytes of the largest message to the browser."""
    foreign: list[str] = field(default_factory=list)
    """Requests that would leave this machine."""

    def watch(self, context: Any) -> None:
        """Follow everything that pages of a context ask for."""
        context.on("request", self._asked)
        context.on("page", lambda page: page.on("websocket", self._socket))

    def _asked(self, request: Any) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname != "127.0.0.1":
            self.foreign.append(request.url)

    def _socket(self, socket: Any) -> None:
        def came(message: str | bytes) -> None:
            self.largest = max(self.largest, len(message))

        socket.on("framereceived", came)


@dataclass
class Screen:
    """One page of a browser, at a dashboard."""

    page: Any
    address: str

    def open(self, view: str, **query: object) -> float:
        """Load a view by its address; seconds until it has settled."""
        self.page.goto(f"{self.address}/{view}?{urlencode(query)}")
        return self.settled()

    def settled(self) -> float:
        """Wait until the page has settled; seconds since the last click or key."""
        found = self.page.wait_for_function(SETTLED, timeout=60_000, polling=50)
        return float(found.json_value()["seconds"])

    def click(self, selector: str) -> float:
        """Click; seconds until the page has settled."""
        self.page.locator(selector).first.click()
        return self.settled()

    def press(self, key: str) -> float:
        """Press a key; seconds until the page has settled."""
        self.page.keyboard.press(key)
        return self.settled()

    def until(self, text: str, started: float, exact: bool = False) -> float:
        """Seconds from `started` (time.monotonic) until a text is seen, five minutes at most."""
        self.page.get_by_text(text, exact=exact).first.wait_for(timeout=300e3)
        return time.monotonic() - started


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser without windows."""
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def screen(
    browser: Any, address: str, traffic: Traffic | None = None, name: str = "ada", **settings: Any
) -> Iterator[Screen]:
    """A new tab of somebody of this name, 1440 x 900 unless told otherwise."""
    context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **settings})
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": "dims_person", "value": name, "url": address}])
    context.add_init_script(WATCH)
    if traffic is not None:
        traffic.watch(context)
    yield Screen(context.new_page(), address)
    context.close()


@contextmanager
def served(folder: Path, script: Path = APP) -> Iterator[str]:
    """A dashboard (or another script of pages) over a data folder; its address."""
    yield from serve(folder, script)


def demo(folder: Path) -> None:
    """A data folder with the demo's catalogs of language: copies of those here, else made anew."""
    target = folder / "catalogs"
    target.mkdir(parents=True)
    here = [places.catalogs() / f"{name}{places.SUFFIX}" for name in ("storyteller", SECOND)]
    for path in filter(Path.is_file, here):
        shutil.copy(path, target)
    os.environ["DIMS_DATA"] = str(folder)
    from catalog.commands import demo as making
    from catalog.progress import silent

    for _ in making.first(silent, (making.TEXT,)):
        pass


SECOND = "storyteller-small"
