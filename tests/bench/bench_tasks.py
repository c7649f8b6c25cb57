"""What a new user does, by click and key alone in a real browser: clicks and seconds of each task.

The clicks that a task may take are its bar. Typing is none; Enter, where it takes the place of a
button, is one. Seconds end when the answer is on the screen.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalog.store import replacing
from tests.bench import browsing
from tests.bench.browsing import Screen
from tests.bench.figures import Figure

SEA = (
    "sea ocean wave waves tide shore beach ship ships boat boats sail sailor harbor island coast "
    "anchor deck mast fish"
)
SENTENCE = "The dog ran along the river and the cat slept under the green tree."
LABELS = 12
MINUTES = 15


@dataclass
class Person:
    """Somebody at a browser, whose clicks are counted."""

    screen: Screen
    clicks: int = 0
    figures: list[Figure] = field(default_factory=list)

    @property
    def page(self) -> Any:
        """The tab."""
        return self.screen.page

    def click(self, what: Any) -> None:
        """Click what a selector, or a locator, finds first."""
        found = self.page.locator(what) if isinstance(what, str) else what
        found.first.click()
        self.clicks += 1

    def button(self, name: str) -> None:
        """Click a button by its words."""
        self.click(self.page.get_by_role("button", name=name))

    def search(self, word: str) -> None:
        """Go into the search box by its key, type, and take the first suggestion by Enter."""
        self.page.locator("html[data-dims-keys=on]").wait_for(state="attached")
        self.page.keyboard.press("g")
        self.page.keyboard.type(word, delay=30)
        option = f".st-key-rail-suggest [role=option][data-typed='{word}']"
        self.page.locator(option).first.wait_for()
        self.page.keyboard.press("Enter")
        self.clicks += 1

    def menu(self, title: str) -> None:
        """Click a line of the menu."""
        self.click(self.page.locator("[data-testid=stSidebarNav] a", has_text=title))

    def tab(self, view: str) -> None:
        """Click a tab of the page."""
        self.click(f".st-key-frame-tabs a[href^='{view}?']")

    def sees(self, text: str, minutes: float = 1.0) -> None:
        """Wait until a text is on the screen."""
        self.page.get_by_text(text).first.wait_for(timeout=60e3 * minutes)

    @contextmanager
    def task(self, name: str, clicks: float, seconds: float | None = None) -> Iterator[None]:
        """Begin on Home, and note what the task takes."""
        self.screen.open("", catalog="storyteller")
        self.clicks, started = 0, time.monotonic()
        yield
        took = time.monotonic() - started
        self.figures.append(Figure(f"{name}: clicks", self.clicks, "", clicks))
        self.figures.append(Figure(f"{name}: time", took, "s", seconds))


def run(quick: bool) -> list[Figure]:
    """Every task once, as somebody who was never here; quick leaves out the one that builds."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        browsing.demo(folder)
        catalogs = folder / "catalogs"
        (catalogs / f"{browsing.SECOND}.duckdb").unlink(missing_ok=True)
        replacing.write(catalogs / "storyteller.duckdb", {"evidence": []})
        with browsing.served(folder) as address, browsing.chromium() as browser:
            with browsing.screen(browser, address) as screen:
                ada = Person(screen)
                tasks = [_animals, _rabbit, _sentence, _sea, _evidence]
                for task in tasks if quick else [*tasks, _build, _compare]:
                    task(ada)
            with browsing.screen(browser, address) as screen:
                return ada.figures + _labels(Person(screen), browser, address)


def _animals(ada: Person) -> None:
    with ada.task("which dimension tells animals best, and is that chance", 3, 15):
        ada.search("animals")
        ada.sees("Best dimension")
        ada.click(ada.page.get_by_role("link", name="Best dimension"))
        ada.sees("marks its members")


def _rabbit(ada: Person) -> None:
    with ada.task("words like rabbit", 1):
        ada.search("rabbit")
        ada.sees("Nearest items")


def _sentence(ada: Person) -> None:
    with ada.task("an own sentence, highlighted", 2):
        ada.page.get_by_label("Ask this model").fill(SENTENCE)
        ada.button("Go")
        ada.sees("Features that fire most clearly")


def _sea(ada: Person) -> None:
    with ada.task("a concept of the sea, to a flip's verdict", 8, 60):
        ada.page.get_by_label("Ask this model").fill(SEA)
        ada.button("Go")
        ada.page.get_by_label("Name of the concept").fill("the sea")
        ada.button("Save")
        ada.click(ada.page.get_by_role("link", name="Open in the flip lab"))
        ada.click(ada.page.get_by_label("Read the effect on", exact=True))
        ada.page.keyboard.type("rivers")
        ada.click("[role=option]")
        ada.click(ada.page.get_by_role("button", name="Run", exact=True))
        ada.sees("prompts from", 3)  # what the verdict rests on


def _evidence(ada: Person) -> None:
    with ada.task("evidence of a catalog without any, begun", 2):
        ada.menu("Evidence")
        ada.button("Test them")
        ada.page.get_by_role("button", name="Cancel").first.wait_for()
    ada.button("Cancel")
    ada.page.get_by_role("button", name="Test them").wait_for()


def _build(ada: Person) -> None:
    with ada.task("a build of the small model that ships, from Home", 3):
        ada.click(ada.page.get_by_text("Build another"))
        offered = ada.page.locator("[data-testid=stVerticalBlock]", has_text="storyteller-small:")
        ada.click(offered.last.get_by_role("button", name="Build it"))
        done = ada.page.get_by_role("link", name="catalog storyteller-small")
        done.first.wait_for(timeout=60e3 * MINUTES)
        ada.click(done)
        ada.page.wait_for_url("**catalog=storyteller-small**")


def _compare(ada: Person) -> None:
    with ada.task("storyteller beside the small model", 2):
        ada.menu("Compare")
        ada.sees("shared items")
        offered = ada.page.get_by_role("button", name="Compare the categories")
        if offered.count():  # it was not made yet
            ada.click(offered)
        ada.page.locator(".js-plotly-plot").first.wait_for(timeout=180e3)


def _labels(ada: Person, browser: Any, address: str) -> list[Figure]:
    """Two people label twelve dimensions each; one settles what divides them, and exports."""
    spent = [_queue(ada, lambda _: "1")]
    with browsing.screen(browser, address, name="bea") as screen:
        bea = Person(screen)
        spent.append(_queue(bea, lambda n: "12"[n % 2]))
        started = time.monotonic()
        bea.menu("Label")
        bea.button("Close this queue")
        bea.tab("agreement")
        bea.sees("alpha [95 %]")
        bea.tab("adjudicate")
        bea.click(bea.page.locator("[role=radiogroup] label", has_text="+ positive"))
        bea.button("Save the final label")
        bea.sees("History of the final label")
        bea.tab("exchange")
        with bea.page.expect_download() as download:
            bea.button("JSON lines")
        rows = Path(download.value.path()).read_text("utf-8").count('"author"')
        assert rows >= 2 * LABELS, rows
        spent.append(time.monotonic() - started)
        clicks = ada.clicks + bea.clicks
    return [
        Figure("two people's labels to alpha, settled, exported: clicks", clicks, ""),
        Figure("the same: time besides the labels", sum(spent), "s", 30),
    ]


def _queue(one: Person, pole: Callable[[int], str]) -> float:
    """Open a queue and answer; seconds besides the answers."""
    one.screen.open("", catalog="storyteller")
    started = time.monotonic()
    one.menu("Label")
    one.button("Open the queue")
    one.page.locator(".desk[data-subject]").wait_for()
    took = time.monotonic() - started
    for number in range(LABELS):
        one.page.locator(".choice[data-at=pole]:focus").wait_for()
        key = pole(number)
        one.page.keyboard.press(key)
        name = {"1": "+", "2": "-"}[key]
        one.page.locator(f".choice [data-pole='{name}'][aria-checked=true]").wait_for()
        for _ in range(3):
            one.page.keyboard.press("Tab")
        one.page.keyboard.press("3")
        one.page.keyboard.press("Enter")
    one.page.locator(".desk[data-unsaved='0']").wait_for()
    return took
