"""What the Compare page asks for: its two sides, work that makes what is missing, what to copy."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import siblings
from catalog.comparing import allowed, cached_layers, sides
from catalog.comparing.cached_pairs import States
from catalog.comparing.pairs import Shared
from catalog.comparing.sides import Side
from catalog.errors import MediaUnreadable
from catalog.progress import Report
from catalog.store import compare_queries, feature_queries, queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import answers
from dashboard.common.answers import Answer, Here

if TYPE_CHECKING:
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel


class Both(NamedTuple):
    """What is compared."""

    a: Side
    b: Side

    @property
    def background(self) -> str:
        """What categories are told apart from on both sides: the primary one of the modality."""
        return self.a.catalog.primary.background


def usual(catalog: Catalog, every: list[Catalog]) -> str:
    """Slug of the catalog to compare with first: the same modality, as many items, by name.

    To tokens in context the same model's single tokens come first. Its own where there is no other.
    """
    others = [one for one in every if one.slug != catalog.slug]
    own = catalog.build

    def apart(one: Catalog) -> tuple[bool, bool, bool, str]:
        theirs = one.build
        modality, items = (own[name] != theirs[name] for name in ("modality", "items"))
        reading = catalog.contextual and not siblings.two_readings(catalog, one)
        return modality, reading, items, one.slug

    return min(others, key=apart).slug if others else catalog.slug


def place(side: Side) -> Here:
    """Where a side is looked at."""
    return Here(side.catalog, side.site, side.threshold)


def threshold_for(here: Here, other: Catalog) -> str:
    """The threshold of the rail, or the other catalog's first one where it lacks it."""
    return here.threshold if here.threshold in other.thresholds else other.thresholds[0]


def differences(both: Both) -> list[allowed.Difference]:
    """Everything in which the two sides differ."""
    same = sides.same_items(both.a.catalog, both.b.catalog)
    return allowed.differences(both.a.place, both.b.place, same)


def work(
    make: Callable[[Callable[[Side], States | None], Report], Result],
) -> "Callable[[LoadedModel | None, Job[bool]], bool]":
    """Work for `running.start` and `start_aside`; what is made lies in the cache afterwards.

    `make` is given how to read states of a side (None without a model, or where images or sounds
    are gone) and where to say how far it is.
    """

    def run(model: "LoadedModel | None", job: "Job[bool]") -> bool:
        make(lambda side: _states(model, side), job.report)
        return True

    return run


def _states(model: "LoadedModel | None", side: Side) -> States | None:
    if model is None:
        return None
    from catalog.comparing import states

    try:
        return states.of(model, side)
    except MediaUnreadable:
        return None


def evidence(both: Both) -> Answer:
    """Both evidence tables side by side."""
    return _answer(both, compare_queries.evidence())


def by_depth(both: Both) -> Answer:
    """Stored AUC of shared categories by relative depth, of both."""
    thresholds = both.a.threshold, both.b.threshold
    return _answer(both, compare_queries.by_depth(*thresholds, both.background))


def _answer(both: Both, query: Query) -> Answer:
    one, other = (side.catalog for side in both)
    return Answer(_read(one, other, query), compare_queries.attached(one, other, query))


@answers.cached()
def _read(a: Catalog, b: Catalog, query: Query) -> pd.DataFrame:
    return compare_queries.fetch(a, b, query)


def elsewhere(catalog: Catalog, both: Both) -> "pd.Series[float]":
    """Stored AUC of a further catalog at the depth of A, by category, in its primary background."""
    site = sides.counterpart(both.a.catalog, both.a.site, catalog)
    stored = catalog.thresholds
    threshold = both.a.threshold if both.a.threshold in stored else stored[0]
    query = feature_queries.features(threshold, catalog.primary.background)
    known = answers.read(catalog, query)
    own = known[known["site"] == site].set_index("category")["auc"]
    return own.rename(f"{catalog.slug} {site}")


def first_readable(catalog: Catalog, threshold: str) -> tuple[Answer, str]:
    """First readable layer of every category, and the background of the null."""
    frame, background = _first_readable(catalog, threshold)
    return of_layers(catalog, threshold, frame, ".first_readable()"), background


@answers.cached()
def _first_readable(catalog: Catalog, threshold: str) -> tuple[pd.DataFrame, str]:
    return cached_layers.first_readable(catalog, threshold)


def track(catalog: Catalog, category: str, threshold: str) -> Answer:
    """A category through the layers."""
    frame = _track(catalog, category, threshold)
    return of_layers(catalog, threshold, frame, f".track({category!r})")


@answers.cached()
def _track(catalog: Catalog, category: str, threshold: str) -> pd.DataFrame:
    return cached_layers.track(catalog, category, threshold)


def of_layers(catalog: Catalog, threshold: str, frame: pd.DataFrame, asked: str = "") -> Answer:
    """A table of one catalog's layers with the call that gives it."""
    call = f"c.layers({threshold!r}){asked}.frame()"
    return Answer(frame, answers.python(catalog, call), "python")


def of_both(both: Both, frame: pd.DataFrame, asked: str, with_model: bool = False) -> Answer:
    """A table of the comparison with the call that gives it: `asked` is what follows its head.

    `with_model`: whether a model was run for the table, as it must be to make it elsewhere.
    """
    one, other = both
    places = [other.slug, one.site, other.site, one.threshold]
    if other.threshold != one.threshold:
        places.append(other.threshold)
    given = ", ".join(map(repr, places)) + (", with_model=True" if with_model else "")
    call = f"c.compare({given}){asked}"
    return Answer(frame, answers.python(one.catalog, call), "python")


def poles(
    both: Both, number_a: int, number_b: int, reverse: bool
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Items at the poles of a pair: pole, rank, text, shared (● where the other has it there too).

    With `reverse`, A's positive pole answers to B's negative one.
    """
    found = [
        answers.read(side.catalog, queries.poles(side.site, number))
        for side, number in ((both.a, number_a), (both.b, number_b))
    ]
    found = [one[one["pole"].isin(["positive", "negative"])].copy() for one in found]
    partner = _families(both, sides.shared(both.a.catalog, both.b.catalog))
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
    found = []
    for side, own in ((both.a, items.a), (both.b, items.b)):
        family = side.catalog.families
        place = np.full(len(family), -1, np.int64)
        place[family[own]] = np.arange(len(own))
        found.append(place[family])
    return found


def untested(catalog: Catalog) -> bool:
    """Whether no claim was tested yet."""
    return bool(answers.read(catalog, feature_queries.evidence()).empty)
