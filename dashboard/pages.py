"""The pages there are, in the order of the menu: a new page, or a tab of one, is one line here."""

from typing import NamedTuple


class View(NamedTuple):
    """One tab of a page, with an address of its own: a file in a folder of this package."""

    folder: str
    name: str
    title: str
    live: bool = False
    """Whether it may run a model; every other view is kept from reaching one (`make check`)."""
    text: bool = False
    """Whether only models of text have it."""

    @property
    def file(self) -> str:
        """Path of the view's script below `dashboard`."""
        return f"{self.folder}/{self.name}.py"


class Page(NamedTuple):
    """One line of the menu, which opens the first of its views; the others are its tabs."""

    title: str
    icon: str
    views: tuple[View, ...]


PAGES = (
    Page("Home", "home", (
        View("overview", "overview", "This model"),
        View("overview", "tour", "Tour"),
    )),
    Page("Dimensions", "scatter_plot", (
        View("dimensions", "dimensions", "All"),
        View("dimensions", "dimension", "One dimension"),
        View("dimensions", "dimension_map", "Map"),
    )),
    Page("Words", "match_word", (
        View("dimensions", "item", "One word"),
        View("dimensions", "item_map", "Map"),
        View("texts", "read_text", "Read a text", live=True, text=True),
    )),
    Page("Features", "grid_on", (
        View("features", "features", "All"),
        View("features", "feature", "One feature"),
        View("features", "discover", "Discovered"),
        View("circuits", "circuits", "Who writes it", live=True),
    )),
    Page("Concept", "construction", (View("features", "concept", "Concept"),)),
    Page("Flip", "science", (
        View("flips", "flip_lab", "Flip", live=True),
        View("flips", "flip_runs", "Saved runs", live=True),
    )),
    Page("Compare", "compare_arrows", (View("comparing", "compare", "Compare", live=True),)),
    Page("Evidence", "fact_check", (View("evidence", "evidence", "Evidence"),)),
    Page("Label", "edit_note", (
        View("desk", "queue", "Queue"),
        View("desk", "agreement", "Agreement"),
        View("desk", "adjudicate", "Settle"),
        View("desk", "label_test", "Test a label"),
        View("desk", "machines", "Machines"),
        View("desk", "lists", "Lists"),
        View("desk", "exchange", "Files"),
    )),
    Page("Data", "database", (
        View("more", "sql", "SQL"),
        View("more", "export", "Take it along"),
        View("more", "people", "People"),
        View("more", "status", "This server", live=True),
    )),
)  # fmt: skip

VIEWS = tuple(view for page in PAGES for view in page.views)
FILES = {view.name: view.file for view in VIEWS}
"""Path of each view's script below `dashboard`, by the name that links use."""
MOVED = {"glossary": "sql"}
"""Names of views that links may still have, and the view that shows it now."""


def page_of(name: str) -> Page:
    """The page whose tab a view is."""
    return next(page for page in PAGES if any(view.name == name for view in page.views))
