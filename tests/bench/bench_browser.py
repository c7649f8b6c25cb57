"""Pages as a person has them, in a real browser over the demo's catalogs: every figure of a bar.

Figures of pages that are opened for the first time stand beside those of later visits, which bars
are for. axe-core is taken from the package axe-playwright-python.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from catalog.browse import layout
from catalog.flips import flip
from catalog.notebook import flips
from catalog.store.catalog import Catalog
from dashboard.flips.counting import TOKENS
from dashboard.pages import PAGES, VIEWS
from tests.bench import beside_app, browsing
from tests.bench.browsing import Screen, Traffic
from tests.bench.figures import Figure, seconds
from tests.given import synthetic

ROUNDS = 3
STEPS = 12
ITEMS, DIMS = 262_144, 64
TEXTUAL = {"catalog": "storyteller"}
LARGE = {"catalog": "large", "site": "resid.0"}


def run(quick: bool) -> list[Figure]:
    """Start a server on the demo's catalogs and a large one, and go through everything once."""
    traffic = Traffic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browsing.demo(folder)
        items = 20_000 if quick else ITEMS
        _large(folder, items)
        with browsing.served(folder) as address, browsing.chromium() as browser:
            with browsing.screen(browser, address, traffic) as screen:
                figures = [
                    Figure("first page of a server, cold", screen.open("", **TEXTUAL), "s", 4)
                ]
                figures += _clicks(screen)
                figures += _keys(screen)
                figures += _typing(screen)
            with browsing.screen(browser, address, traffic) as screen:
                figures += _flips(screen)
            with browsing.screen(browser, address, traffic) as screen:
                for view in VIEWS:
                    screen.open(_path(view.name), **LARGE)
            figures += _axe(browser, address)
        figures.append(_beside(folder))
    size = traffic.largest / 1e6
    figures.append(Figure(f"largest message to the browser, {items:,} items", size, "MB", 10))
    figures.append(Figure("requests that leave this machine", len(traffic.foreign), "", 0))
    return figures


def _path(view: str) -> str:
    """Its path: the start has none."""
    return "" if view == VIEWS[0].name else view


def _large(folder: Path, items: int) -> None:
    """A catalog of many items whose map is there already: points at random."""
    recipe = synthetic.Recipe(items, DIMS, sites=("resid.0",), slug="large", absent={})
    path = synthetic.write(folder / "catalogs" / "large.duckdb", recipe)
    points = np.random.default_rng(0).normal(size=(items, 2))
    for threshold in recipe.thresholds:
        layout.keep(Catalog(path), "resid.0", threshold, points)


def _clicks(screen: Screen) -> list[Figure]:
    """Every line of the menu and every tab, several times round."""
    took: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for page in PAGES:
            links = [f"[data-testid=stSidebarNav] li:nth-child({PAGES.index(page) + 1}) a"]
            links += [f".st-key-frame-tabs a[href^='{one.name}?']" for one in page.views[1:]]
            for view, link in zip(page.views, links, strict=True):
                took.setdefault(view.name, []).append(screen.click(link))
    later = [one for times in took.values() for one in times[1:]]
    first = [times[0] for times in took.values()]
    worst = max(took, key=lambda name: statistics.median(took[name][1:]))
    slowest = statistics.median(took[worst][1:])
    return [
        Figure("click to settled, first visits, p95", float(np.quantile(first, 0.95)), "s"),
        Figure("click to settled, median", statistics.median(later), "s"),
        Figure("click to settled, p95", float(np.quantile(later, 0.95)), "s", 1.0),
        Figure(f"click to settled, the slowest page ({worst})", slowest, "s"),
    ]


def _keys(screen: Screen) -> list[Figure]:
    """j on the page of one dimension, and of one feature."""
    figures = []
    for view in ("dimension", "feature", "item"):
        screen.open(view, **TEXTUAL)
        screen.press("j")
        times = [screen.press("j") for _ in range(STEPS)]
        figures.append(Figure(f"j on {view}, median", statistics.median(times), "s"))
        figures.append(Figure(f"j on {view}, p95", float(np.quantile(times, 0.95)), "s", 0.7))
    return figures


def _typing(screen: Screen) -> list[Figure]:
    """From the last letter in the search box to its suggestions."""
    screen.open("dimensions", **TEXTUAL)
    box, times = screen.page.locator(".st-key-rail-search input"), []
    for word in ("rabb", "anim", "resid.3/1", "hors", "rabit"):
        box.fill("")
        screen.page.locator(SUGGESTED).first.wait_for(state="detached")
        box.press_sequentially(word[:-1], delay=20)
        started = time.monotonic()
        box.press(word[-1])
        screen.page.locator(f"{SUGGESTED}[data-typed='{word}']").first.wait_for()
        times.append(time.monotonic() - started)
    return [Figure("suggestions after the last letter, median", statistics.median(times), "s")]


SUGGESTED = ".st-key-rail-suggest [role=option]"


def _flips(screen: Screen) -> list[Figure]:
    """A flip from the click on Run, with a model that was never loaded, then with one that is."""
    figures = []
    for name, category in (("first of a server", "animals"), ("later", "colours")):
        screen.open("flip_lab", **TEXTUAL, category=category)
        screen.page.get_by_role("button", name="Run", exact=True).click()
        start, barred = time.monotonic(), name == "later"
        for what, seen, bar in FLIPPED:
            took = screen.until(seen, start, exact=seen == BEGUN)
            figures.append(Figure(f"flip, {name}: {what}", took, "s", bar if barred else None))
    return figures


BEGUN = "As it is"
"""Stands above the text that is written without the flip, once it is."""
FLIPPED = (
    ("text begins", BEGUN, 1.5),
    ("first figures", "The conditions, side by side", 5.0),
    ("whole run", f"of {TOKENS} tokens each", 12.0),
)


def _beside(folder: Path) -> Figure:
    """A run beside a page that follows it, over the same run alone; each its process's second."""
    script = Path(beside_app.__file__)
    os.environ |= beside_app.SETTINGS
    with (
        browsing.served(folder, script) as address,
        browsing.chromium() as browser,
        browsing.screen(browser, address) as screen,
    ):
        screen.page.goto(address)
        screen.until("both runs have ended", time.monotonic())
    beside = float((folder / beside_app.NOTED).read_text("utf-8"))
    first, second = beside_app.wanted(0), beside_app.wanted(1)
    machine = flip.opened(first.catalog)
    flips.run(machine, first.catalog, first.asked)
    alone = seconds(lambda: flips.run(machine, second.catalog, second.asked), 1)
    return Figure("flip: a run beside a page that follows it / alone", beside / alone, "x", 1 / 0.9)


def _axe(browser: Any, address: str) -> Iterator[Figure]:
    """Findings of axe-core on every view, light and dark, besides the toolkit's own navigation."""
    source = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    counts = {"critical": 0, "serious": 0}
    for theme in ("light", "dark"):
        with browsing.screen(browser, address, color_scheme=theme) as screen:
            for view in VIEWS:
                screen.open(_path(view.name), **TEXTUAL)
                for found in axe(screen.page, source):
                    counts[found["impact"]] += len(found["nodes"])
                    print(f"  {view.name}, {theme}: {found['id']}, {found['nodes'][0]['target']}")
    for impact, count in counts.items():
        yield Figure(f"axe-core, {impact}, {len(VIEWS)} views, light and dark", count, "", 0)


def axe(page: Any, source: str) -> list[dict[str, Any]]:
    """Critical and serious findings on a page."""
    page.evaluate(source)
    found = page.evaluate(
        "axe.run({ exclude: ['[data-testid=stSidebarNav]'] }, { resultTypes: ['violations'] })"
    )
    return [one for one in found["violations"] if one["impact"] in ("critical", "serious")]
