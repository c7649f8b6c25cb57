"""What the Compare page may ask for: the two sides, what is stored of them, work that makes it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from catalog.comparing import allowed, cached_layers, cached_pairs, sides
from catalog.comparing.pairs import Shared
from catalog.comparing.sides import Side
from catalog.errors import MediaUnreadable, SettingRefused
from catalog.store import compare_queries, feature_queries, queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog
from catalog.store.file import Stamp
from dashboard.common.answers import Answer, Here

if TYPE_CHECKING:
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel

__all__ = ["Result", "Side"]


class Both(NamedTuple):
    """What is compared."""

    a: Side
    b: Side


def counterpart(here: Here, other: Path) -> str:
    """The site of the other catalog that answers to this one."""
    return sides.counterpart(here.catalog, here.site, other)


def side(catalog: Catalog, site: str, threshold: str) -> Side:
    """One side; CatalogError where the catalog lacks it."""
    return sides.side(catalog, site, threshold)


def threshold_for(here: Here, other: Path) -> str:
    """The threshold of the rail, or the other catalog's only one where it lacks it."""
    stored = list(sides.build_of(other)["thresholds"])
    return here.threshold if here.threshold in stored else str(stored[0])


def shared(both: Both) -> Shared:
    """Shared items; SettingRefused between modalities."""
    return sides.shared(both.a.catalog, both.b.catalog)


def differences(both: Both) -> list[allowed.Difference]:
    """Everything in which the two sides differ."""
    same = sides.same_items(both.a.catalog, both.b.catalog)
    return allowed.differences(both.a.place, both.b.place, same)


def categories(both: Both) -> Result | None:
    """The paired category table, where it was computed."""
    return cached_pairs.stored_categories(both.a, both.b)


def matches(both: Both) -> Result | None:
    """Matched dimensions, where they were computed."""
    return cached_pairs.stored_matches(both.a, both.b)


def work_categories(both: Both) -> "Callable[[None, Job[bool]], bool]":
    """Work for `running.start_aside`."""

    def run(_model: None, job: "Job[bool]") -> bool:
        cached_pairs.categories(both.a, both.b, job.report)
        return True

    return run


def _states(model: "LoadedModel | None", side: Side) -> cached_pairs.States | None:
    """How to read states; None without a model, or where images or sounds are gone."""
    if model is None:
        return None
    from catalog.comparing import states

    try:
        return states.of(model, side)
    except MediaUnreadable:
        return None


def work_matches(both: Both) -> "Callable[[LoadedModel | None, Job[bool]], bool]":
    """Work for `running.start` with B's model, or `start_aside` without."""

    def run(model: "LoadedModel | None", job: "Job[bool]") -> bool:
        cached_pairs.matches(both.a, both.b, _states(model, both.b), report=job.report)
        return True

    return run


def work_layers(catalog: Catalog, threshold: str) -> "Callable[[None, Job[bool]], bool]":
    """Work for `running.start_aside`."""

    def run(_model: None, job: "Job[bool]") -> bool:
        cached_layers.similarity(catalog, threshold, job.report)
        return True

    return run


def work_versions(
    both: Both, rebuilt: Catalog
) -> "Callable[[LoadedModel | None, Job[bool]], bool]":
    """Work for `running.start` with A's model, or `start_aside` without."""

    def run(model: "LoadedModel | None", job: "Job[bool]") -> bool:
        cached_layers.changed(both.a, both.b, rebuilt, _states(model, both.a), job.report)
        return True

    return run


def layers(catalog: Catalog, threshold: str) -> Result | None:
    """Similarity of the sites, where it was computed."""
    return cached_layers.stored_layers(catalog, threshold)


def versions(both: Both, rebuilt: Catalog) -> Result | None:
    """What changed, where it was computed."""
    return cached_layers.stored_versions(both.a, both.b, rebuilt)


def check_versions(both: Both) -> None:
    """SettingRefused with the reason where these are not two versions of one model."""
    reason = _not_versions(both, both.a.catalog.stamp, both.b.catalog.stamp)
    if reason:
        raise SettingRefused(reason)


@st.cache_data(max_entries=32, show_spinner=False, hash_funcs={Both: repr})
def _not_versions(both: Both, _a: Stamp, _b: Stamp) -> str:
    try:
        cached_layers.check_versions(both.a, both.b)
    except SettingRefused as error:
        return str(error)
    return ""


def rebuilds(catalog: Catalog) -> list[Path]:
    """Other builds of the same weights."""
    return cached_layers.rebuilds(catalog)


def how_to_rebuild(side: Side) -> str:
    """The command that makes one."""
    return cached_layers.how_to_rebuild(side)


def evidence(both: Both) -> Answer:
    """Both evidence tables side by side."""
    query = compare_queries.evidence()
    frame = compare_queries.fetch(both.a.catalog, both.b.catalog, query)
    return Answer(frame, _attached(both, query.text))


def by_depth(both: Both) -> Answer:
    """Stored AUC of shared categories by relative depth, of both."""
    query = compare_queries.by_depth(both.a.threshold, both.b.threshold)
    frame = compare_queries.fetch(both.a.catalog, both.b.catalog, query)
    return Answer(frame, _attached(both, query.text))


def elsewhere(catalog: Catalog, both: Both) -> "pd.Series[float]":
    """Stored AUC of a further catalog at the depth of A, by category (background matched)."""
    site = sides.counterpart(both.a.catalog, both.a.site, catalog)
    stored = list(sides.build_of(catalog)["thresholds"])
    threshold = both.a.threshold if both.a.threshold in stored else stored[0]
    known = catalog.fetch(feature_queries.features(threshold, "matched"))
    own = known[known["site"] == site].set_index("category")["auc"]
    return own.rename(f"{catalog.slug} {site}")


def first_readable(catalog: Catalog, threshold: str) -> tuple[Answer, str]:
    """First readable layer of every category, and the background of the null."""
    frame, background = cached_layers.first_readable(catalog, threshold)
    call = f"cached_layers.first_readable(Path({str(catalog.path)!r}), {threshold!r})"
    return Answer(
        frame, python("from catalog.comparing import through", call), "python"
    ), background


def track(catalog: Catalog, category: str, threshold: str) -> Answer:
    """A category through the layers."""
    frame = cached_layers.track(catalog, category, threshold)
    call = f"cached_layers.track(Path({str(catalog.path)!r}), {category!r}, {threshold!r})"
    return Answer(frame, python("from catalog.comparing import through", call), "python")


def poles(
    both: Both, number_a: int, number_b: int, reverse: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Items at the poles of a pair: pole, rank, text, shared (● where the other has it there too).

    With `reverse`, A's positive pole answers to B's negative one.
    """
    found = [
        side.catalog.fetch(queries.poles(side.site, number))
        for side, number in ((both.a, number_a), (both.b, number_b))
    ]
    found = [one[one["pole"].isin(["positive", "negative"])].copy() for one in found]
    items = shared(both)
    partner = _families(both, items)
    turned = {"positive": "negative", "negative": "positive"} if reverse else {}
    sets = []
    for frame, keys, side in zip(found, partner, "ab", strict=True):
        frame["key"] = keys[frame["item"].to_numpy()]
        pole = frame["pole"].replace(turned) if side == "b" else frame["pole"]
        frame["place"] = pole + ":" + frame["key"].astype(str)
        sets.append(set(frame.loc[frame["key"] >= 0, "place"]))
    for frame, other in zip(found, reversed(sets), strict=True):
        frame["shared"] = frame["place"].isin(other).map({True: "●", False: ""})
    columns = ["pole", "rank", "text", "value", "shared", "item"]
    return found[0][columns], found[1][columns]


def _families(both: Both, items: Shared) -> list[NDArray[np.int64]]:
    """For A and for B: the shared pair that each item's family is in, -1 where in none."""
    places = []
    for side, own in ((both.a, items.a), (both.b, items.b)):
        family = _family(side.catalog)
        place = np.full(len(family), -1, np.int64)
        place[family[own]] = np.arange(len(own))
        places.append(place[family])
    return places


@st.cache_data(max_entries=8, show_spinner=False)
def _family(catalog: Catalog) -> Any:
    return catalog.fetch(feature_queries.items())["family"].to_numpy()


def answer(both: Both, frame: pd.DataFrame, maker: str, table: str) -> Answer:
    """A stored table with the call that gives it."""
    lines = "from catalog.comparing import compared, through, sides"
    call = "\n".join(
        [
            f"a = sides.side(Path({str(both.a.catalog.path)!r}), {both.a.site!r}, {both.a.threshold!r})",
            f"b = sides.side(Path({str(both.b.catalog.path)!r}), {both.b.site!r}, {both.b.threshold!r})",
            f"{maker}.tables[{table!r}]",
        ]
    )
    return Answer(frame, python(lines, call), "python")


def python(imports: str, call: str) -> str:
    """A snippet that runs as it stands."""
    return f"from pathlib import Path\n{imports}\n\n{call}"


def _attached(both: Both, sql: str) -> str:
    """SQL that runs in any DuckDB session beside the two files."""
    quoted = [str(side.catalog.path).replace("'", "''") for side in both]
    heads = [
        f"ATTACH '{path}' AS {alias} (READ_ONLY);" for path, alias in zip(quoted, "ab", strict=True)
    ]
    return "\n".join([*heads, sql])


def unmeasured(catalog: Catalog) -> bool:
    """Whether no category of a catalog was measured yet."""
    return bool(catalog.fetch(feature_queries.categories()).empty)


def untested(catalog: Catalog) -> bool:
    """Whether no claim was tested yet."""
    return bool(catalog.fetch(feature_queries.evidence()).empty)


def residual(catalog: Catalog) -> list[str]:
    """Residual sites in order."""
    return cached_layers.residual(catalog)


def measured(catalog: Catalog) -> list[str]:
    """Categories that have a feature, by name."""
    listed = catalog.fetch(feature_queries.categories())
    return sorted(str(name) for name in listed.loc[listed["status"] != "skipped", "category"])
