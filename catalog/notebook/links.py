"""A link of the dashboard or of a static site as values: what it chooses, and the figures there.

`figures("http://localhost:8501/dimension?catalog=storyteller&site=resid.5&dim=12")` gives plain
values (dictionaries, lists, numbers, texts, None). Names of people and what they said are left
out, but for labels that their authors made public.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from catalog.errors import CatalogMissing, NotInCatalog, SettingRefused
from catalog.notebook import opening
from catalog.notebook.catalog import Catalog
from catalog.progress import Report, silent
from catalog.store import listing

FIRST = "overview"
MOVED = {"glossary": "sql"}
"""Names that older links have."""
IGNORED = ("me", "present", "tour", "embed", "panel")
"""What a link may carry besides: how it is shown, never what."""


@dataclass(frozen=True)
class State:
    """What a link chooses."""

    view: str
    catalog: Catalog
    site: str
    threshold: str
    asked: Mapping[str, str]
    """Everything else in its query."""

    def number(self, name: str, low: int = 0, high: int | None = None) -> int:
        """A whole number of the link; NotInCatalog where there is none, or none that is here."""
        text = self.text(name)
        if text.isascii() and text.isdigit() and low <= int(text) <= (high or int(text)):
            return int(text)
        ends = f"{low} to {high}" if high is not None else f"{low} or more"
        raise NotInCatalog(f"The link has {name}={text[:80]}, which is not here: it is {ends}.")

    def text(self, name: str, default: str | None = None) -> str:
        """A text of the link; NotInCatalog where it has none and there is no default."""
        found = self.asked.get(name, default)
        if not found and default is None:
            raise NotInCatalog(
                f"The link to {self.view} has no {name}, so it shows nothing in particular: copy "
                "it whole, from the address bar or from the menu of a panel."
            )
        return str(found)

    def among(self, name: str, known: Mapping[str, Any] | list[str], default: str) -> str:
        """One of some words; NotInCatalog names them."""
        found = self.text(name, default)
        if found not in known:
            raise NotInCatalog(
                f"The link has {name}={found[:80]}, which is none of {', '.join(known)}."
            )
        return found


def parsed(link: str) -> tuple[str, dict[str, str]]:
    """Name of the page and query of a link; SettingRefused where it is no link.

    A whole address, `dimension?site=resid.5&dim=12`, or that of a static site, whose page and query
    stand behind #.
    """
    parts = urlsplit(link.strip())
    path, query = parts.path, parts.query
    if parts.fragment.strip("/"):
        path, _, query = parts.fragment.partition("?")
    elif path.endswith((".html", ".htm")):
        path = ""
    try:
        asked = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    except ValueError as error:
        raise SettingRefused(
            f"{link[:80]!r} is not a link: copy one from the dashboard's address bar."
        ) from error
    name = unquote(path.rstrip("/").rpartition("/")[2]) or FIRST
    return MOVED.get(name, name), asked


def state(link: str) -> State:
    """What a link chooses.

    What it leaves out is as the dashboard has it at first. NotInCatalog (a page, site or threshold
    that is not here), CatalogMissing, SettingRefused.
    """
    from catalog.notebook.link_figures import VIEWS

    name, asked = parsed(link)
    if name not in VIEWS:
        raise NotInCatalog(f"There is no page {name[:80]!r}: pages are {', '.join(VIEWS)}.")
    for ignored in IGNORED:
        asked.pop(ignored, None)
    catalog = opening.open(asked.pop("catalog", "") or _first())
    site = asked.pop("site", "") or catalog.primary.site
    threshold = catalog.checked(site, asked.pop("threshold", "") or None)
    return State(name, catalog, site, threshold, asked)


def _first() -> str:
    """The catalog that the dashboard opens where a link names none."""
    for row in listing.catalogs():
        if "problem" not in row:
            return str(row["slug"])
    raise CatalogMissing(
        "There is no catalog here, and the link names none. Build one with: dims build MODEL"
    )


def figures(link: str, report: Report = silent) -> dict[str, Any]:
    """The figures of the page that a link leads to, as plain values.

    Keys: page, catalog, content_hash, findings_hash, site, threshold, asked (the rest of the link),
    figures. Nothing is computed that the page would ask a person for first; `read_text` runs the
    model, as its page does.
    """
    from catalog.browse.plain import plain
    from catalog.notebook.link_figures import VIEWS

    at = state(link)
    build = at.catalog.build
    return {
        "page": at.view,
        "catalog": at.catalog.slug,
        "model": str(build["model"]),
        "content_hash": plain(build["content_hash"]),
        "findings_hash": plain(build["findings_hash"]),
        "site": at.site,
        "threshold": at.threshold,
        "asked": dict(at.asked),
        "figures": plain(VIEWS[at.view](at, report)),
    }
