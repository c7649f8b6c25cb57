"""The pages there are, in the order of the menu: a new page is one line here."""

from typing import NamedTuple


class Page(NamedTuple):
    """One page: its file in a folder of this package, and how the menu shows it."""

    group: str
    folder: str
    name: str
    title: str
    icon: str
    live: bool = False
    """Whether it may run a model; every other page is kept from reaching one (`make check`)."""

    @property
    def file(self) -> str:
        """Path of the page's script below `dashboard`."""
        return f"{self.folder}/{self.name}.py"


PAGES = (
    Page("Browse", "overview", "overview", "Overview", "home"),
    Page("Browse", "dimensions", "dimensions", "Dimensions", "scatter_plot"),
    Page("Browse", "dimensions", "dimension", "Dimension", "align_vertical_bottom"),
    Page("Browse", "dimensions", "item", "Item", "match_word"),
    Page("Browse", "texts", "read_text", "Read a text", "article", live=True),
    Page("Features", "features", "features", "Features", "grid_on"),
    Page("Features", "features", "feature", "Feature", "join_inner"),
    Page("Features", "features", "concept", "Concept builder", "construction"),
    Page("Features", "features", "discover", "Discover", "travel_explore"),
    Page("Features", "evidence", "evidence", "Evidence", "fact_check"),
    Page("Experiment", "flips", "flip_lab", "Flip lab", "science", live=True),
    Page("Experiment", "flips", "flip_runs", "Saved runs", "folder_open", live=True),
    Page("Experiment", "circuits", "circuits", "Circuits", "account_tree", live=True),
    Page("Experiment", "comparing", "compare", "Compare", "compare_arrows", live=True),
    Page("Experiment", "overview", "tour", "Tour", "tour"),
    Page("Label", "desk", "queue", "Queue", "edit_note"),
    Page("Label", "desk", "agreement", "Agreement", "handshake"),
    Page("Label", "desk", "adjudicate", "Adjudicate", "gavel"),
    Page("Label", "desk", "label_test", "Label test", "quiz"),
    Page("More", "more", "sql", "SQL", "database"),
    Page("More", "more", "glossary", "Glossary", "menu_book"),
    Page("More", "more", "status", "Status", "monitor_heart", live=True),
)

FILES = {page.name: page.file for page in PAGES}
"""Path of each page's script below `dashboard`, by the name that links use."""
