"""What the feature pages may ask for: findings, curves made again, and live concepts.

Beside `frames` the only module of the dashboard that opens catalogs. Frames are cached until the
catalog file changes; a concept and its null are kept by everything they were made from.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import categories as word_lists
from catalog.features import (
    concepts,
    cycles,
    from_words,
    measure,
    nulls,
    overlaps,
    pools,
)
from catalog.features import curves as held_out
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, catalogs, numbers
from dashboard.common.answers import Answer, Here, Row

Live = from_words.Live
BACKGROUNDS: tuple[str, ...] = pools.BACKGROUNDS
KEPT = 24
"""Concepts kept in memory."""
TOP = 40
"""Items listed by agreement."""
RIVALS = 30
"""Features listed beside one."""


# Findings as they stand in the file.


def backgrounds(catalog: Catalog) -> tuple[str, ...]:
    """Backgrounds of a catalog: images and sounds have only one another."""
    return catalog.backgrounds


def primary(catalog: Catalog) -> str:
    """The background that verdicts are made with."""
    return catalog.primary.background


def found(catalog: Catalog) -> bool:
    """Whether the categories of this catalog have been measured."""
    return not answers.read(catalog, feature_queries.categories()).empty


def categories(catalog: Catalog) -> Answer:
    """Every category with its coverage, measured ones first: the columns of table category."""
    return answers.answer(catalog, feature_queries.categories())


def features_everywhere(here: Here, background: str) -> Answer:
    """All features at the rail's threshold and a background, at every site."""
    return answers.answer(here.catalog, feature_queries.features(here.threshold, background))


def feature(here: Here, category: str, background: str) -> "Row | None":
    """One feature's row; None where it was not measured."""
    query = feature_queries.feature(category, here.site, here.threshold, background)
    frame = answers.read(here.catalog, query)
    return None if frame.empty else frame.iloc[0]


def prototype(here: Here, category: str, background: str) -> Answer:
    """Signed dimensions of a feature, strongest first: dimension, sign, auc, p, q."""
    query = feature_queries.prototype(category, here.site, here.threshold, background)
    return answers.answer(here.catalog, query)


def across(here: Here, category: str, background: str) -> Answer:
    """The same category at every site, with its gain over resid.0."""
    return answers.answer(
        here.catalog, feature_queries.across(category, here.threshold, background)
    )


def readers(here: Here, dimension: int) -> Answer:
    """Categories whose feature uses a dimension, strongest first: category, sign, auc, p, q."""
    background = here.catalog.primary
    query = feature_queries.readers(here.site, dimension, here.threshold, background)
    return answers.answer(here.catalog, query)


def evidence(catalog: Catalog, claims: tuple[str, ...]) -> Answer | None:
    """Rows of the evidence table about these claims; None where they have not been made.

    Columns: claim (in words), figure with its interval, control (the strongest), verdict, n.
    """
    if "evidence" not in catalogs.tables(catalog).frame["table"].values:
        return None
    query = feature_queries.evidence()
    rows = answers.read(catalog, query)
    rows = rows[rows["claim"].isin(claims)]
    if rows.empty:
        return None
    shown = pd.DataFrame(
        {
            "claim": rows["statement"],
            "figure": [_interval(row) for row in rows.to_dict("records")],
            "control": [_strongest(row) for row in rows.to_dict("records")],
            "verdict": rows["verdict"],
            "n": [f"{row.n:,} {row.unit}" for row in rows.itertuples()],
        }
    )
    return Answer(shown.reset_index(drop=True), query.text)


def _interval(row: dict[Hashable, Any]) -> str:
    if pd.isna(row["value"]):
        return "–"
    return f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}]"


def _strongest(row: dict[Hashable, Any]) -> str:
    value = json.loads(row["controls"]).get(row["strongest"])
    return f"{row['strongest']} {value:.3g}" if isinstance(value, float | int) else "–"


# Made again from signs.


def curves(here: Here, category: str, background: str) -> held_out.Curves:
    """ROC with its null and the distribution of agreement; see `catalog.features.curves`."""
    return _curves(here.catalog, here.site, here.threshold, category, background)


def curves_copy(here: Here, category: str, background: str) -> Answer:
    """The ROC as a frame: false_positive, true_positive, sd, null_low, null_high."""
    made = curves(here, category, background)
    frame = pd.DataFrame(
        {
            "false_positive": made.rate,
            "true_positive": made.roc,
            "sd": made.roc_sd,
            "null_low": made.null_low,
            "null_high": made.null_high,
        }
    )
    return Answer(frame, _call("held_out", "measure", here, category, background), "python")


def agreement_copy(here: Here, category: str, background: str) -> Answer:
    """Distribution of agreement as a frame: low, high, members, background."""
    made = curves(here, category, background)
    frame = pd.DataFrame(
        {
            "low": made.edges[:-1],
            "high": made.edges[1:],
            "members": made.members,
            "background": made.background,
        }
    )
    return Answer(frame, _call("held_out", "measure", here, category, background), "python")


class Top(NamedTuple):
    """Items that agree with a prototype."""

    items: Answer
    """item, text, agreement, member: the best of all."""
    false_positives: Answer
    """The best that are no members, one of each family."""
    members_first: int
    """Members among the first as many items as there are members."""
    members: int
    firing: float
    """Share of the other families that fire; NaN without a firing level."""


def top(here: Here, category: str, background: str) -> Top:
    """Items by agreement with a category's feature."""
    row = feature(here, category, background)
    level = None if row is None else float(row["firing_level"])
    found = prototype(here, category, background).frame
    members = answers.read(here.catalog, feature_queries.members_in_order(category))
    copy = _call("live_feature", "category_report", here, category, background) + '["top"]'
    return _top(
        here.catalog,
        here.site,
        here.threshold,
        tuple(found["dimension"]),
        tuple(found["sign"]),
        tuple(members["item"]),
        level,
        copy,
    )


def overlap(here: Here, category: str, background: str) -> Answer:
    """Other features of the site: category, dimensions, same, opposite, expected, excess."""
    frame = _overlap(here.catalog, here.site, here.threshold, category, background)
    return Answer(frame, _call("overlaps", "of", here, category, background), "python")


class Turning(NamedTuple):
    """Waves of a cyclic category at a site, and the signs they were made of."""

    cycle: cycles.Cycle
    words: tuple[str, ...]
    signs: NDArray[np.bool_]
    """bool[words, varying dimensions]"""
    missing: tuple[str, ...]


def cycle(here: Here, category: str) -> Turning:
    """Whether signs vary with a period along a cyclic category; SettingRefused where too short."""
    return _cycle(here.catalog, here.site, here.threshold, category)


def cycle_copy(here: Here, category: str) -> Answer:
    """The waves as a frame: period, share, null_mean, null_low, null_high, p, q."""
    made = cycle(here, category).cycle
    columns = ["period", "share", "null_mean", "null_low", "null_high", "p", "q"]
    frame = pd.DataFrame({name: getattr(made, name) for name in columns})
    path = str(here.catalog.path)
    call = (
        "from pathlib import Path\nfrom dashboard import feature_frames\n"
        "from dashboard.common.frames import Here\n\n"
        f"feature_frames.cycle(Here(Path({path!r}), {here.site!r}, {here.threshold!r}), "
        f"{category!r}).cycle"
    )
    return Answer(frame, call, "python")


def mean_abs(here: Here) -> NDArray[np.float64]:
    """Mean |x| of every dimension of the site: float64[dims]."""
    frame = answers.read(here.catalog, feature_queries.means(here.site))
    values: NDArray[np.float64] = frame["mean_abs"].to_numpy(np.float64)
    return values


# Concepts made of a person's own words.


class Asked(NamedTuple):
    """Everything a concept is made from."""

    catalog: Catalog
    site: str
    threshold: str
    words: tuple[str, ...]
    counter: tuple[str, ...]
    background: str


class Drawn(NamedTuple):
    """A concept's null as far as it was drawn."""

    p: float
    draws: int
    mean: float
    p95: float
    aucs: NDArray[np.float64]


def asked(here: Here, words: tuple[str, ...], counter: tuple[str, ...], background: str) -> Asked:
    """Key of a concept here."""
    return Asked(here.catalog, here.site, here.threshold, words, counter, background)


def concept(what: Asked) -> from_words.Live:
    """The concept of these inputs; NotInCatalog or SettingRefused where they cannot make one.

    Kept by its inputs and shared: read only.
    """
    return _concept(what)


def concept_copy(what: Asked, frame: pd.DataFrame) -> Answer:
    """`frame` with the Python that makes the concept."""
    path = str(what.catalog)
    call = (
        "from pathlib import Path\nfrom catalog import live_feature as live\n\n"
        f"live.from_words(live.ground(Path({path!r})), "
        f"live.site_signs(Path({path!r}), {what.site!r}, {what.threshold!r}), "
        f"{list(what.words)!r}, {list(what.counter)!r}, {what.background!r})"
    )
    return Answer(frame, call, "python")


def concept_prototype(what: Asked) -> pd.DataFrame:
    """Signed dimensions, strongest first: dimension, sign, auc, p, q."""
    made = _concept(what).concept
    frame = pd.DataFrame(
        {
            "dimension": made.dimensions,
            "sign": made.signs.astype(int),
            "auc": made.sign_auc[made.dimensions],
            "p": made.p[made.dimensions],
            "q": made.q[made.dimensions],
        }
    )
    strength = (frame["auc"] - 0.5).abs()
    return frame.loc[(-strength).sort_values(kind="stable").index].reset_index(drop=True)


def concept_top(what: Asked) -> Answer:
    """Items that agree most: item, text, agreement, member; ties by `concepts.wider`."""
    live = _concept(what)
    site = from_words.site_signs(Path(what.catalog), what.site, what.threshold)
    rows = from_words.top(
        _ground(what.catalog),
        live.concept.agreement,
        live.words.members,
        TOP,
        concepts.wider(live.concept, site),
    )
    return concept_copy(what, pd.DataFrame(rows))


def concept_overlap(what: Asked) -> pd.DataFrame | None:
    """Known categories beside the concept: as `overlap`, and `words` shared; None without any."""
    query = feature_queries.prototypes(what.site, what.threshold, what.background)
    prototypes = answers.read(what, query)
    if prototypes.empty:
        return None
    live = _concept(what)
    dims = len(live.concept.sign_auc)
    beside = overlaps.beside(live.concept.dimensions, live.concept.signs, prototypes, dims)
    members = answers.read(what, feature_queries.all_members())
    shared = members[members["item"].isin(live.words.members)].groupby("category").size()
    return beside.assign(words=beside["category"].map(shared).fillna(0).astype(int))


def drawn(what: Asked) -> Drawn | None:
    """The null of a concept, where it was drawn."""
    return _nulls().get(what)


def draw(what: Asked, most: int, progress: Callable[[int, int], None]) -> Drawn:
    """Draw a concept's null, at least 200 sets and at most `most`; kept by the inputs.

    `progress` is told the draws made and the most there may be; what it raises stops the work.
    """
    live = _made(what)  # a null of its own: drawing changes it
    observed, null = live.concept.auc, live.null
    if observed is None or null is None:
        raise SettingRefused("One word has no held-out AUC to test: give at least two.")
    p, draws = null.p(observed, min(nulls.DRAWS, most), most, progress)
    result = Drawn(p, draws, null.mean, null.p95, null.aucs[:draws])
    _nulls().put(what, result)
    return result


class _Kept:
    """A few nulls by their inputs, the least recent leaving first; safe across threads."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Asked, Drawn] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, what: Asked) -> Drawn | None:
        with self._lock:
            return self._rows.get(what)

    def put(self, what: Asked, value: Drawn) -> None:
        with self._lock:
            self._rows[what] = value
            self._rows.move_to_end(what)
            while len(self._rows) > numbers.CACHED:
                self._rows.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _nulls() -> _Kept:
    return _Kept()


def _made(what: Asked) -> from_words.Live:
    path = Path(what.catalog)
    background = next(name for name in pools.BACKGROUNDS if name == what.background)
    return from_words.from_words(
        _ground(what.catalog),
        path.signs(what.site, what.threshold),
        what.words,
        what.counter,
        background,
        positives=(
            _positives(what.catalog, what.site, what.threshold, background)
            if background != "matched"
            else None
        ),
    )


@st.cache_resource(max_entries=KEPT, show_spinner="Making it ...")
def _concept(what: Asked) -> from_words.Live:
    return _made(what)


@st.cache_resource(max_entries=3, show_spinner="Reading the items ...")
def _ground(catalog: Catalog) -> from_words.Ground:
    return from_words.ground(catalog)


@st.cache_data(max_entries=16, show_spinner="Counting signs ...")
def _positives(catalog: Catalog, site: str, threshold: str, background: str) -> NDArray[np.int64]:
    signs = catalog.signs(site, threshold)
    return signs.positives(_ground(catalog).pools.items(background))


@answers.cached("Drawing the ROC curves of its null ...")
def _curves(
    catalog: Catalog, site: str, threshold: str, category: str, background: str
) -> held_out.Curves:
    members, place = held_out.members_of(path, category)
    shared = background != "matched"
    return held_out.again(
        path.signs(site, threshold),
        _ground(catalog).pools,
        members,
        place,
        background,
        _positives(catalog, site, threshold, background) if shared else None,
    )


@answers.cached()
def _top(
    catalog: Catalog,
    site: str,
    threshold: str,
    dimensions: tuple[int, ...],
    signs: tuple[int, ...],
    members: tuple[int, ...],
    level: float | None,
    copy: str,
) -> Top:
    base = _ground(catalog)
    columns = catalog.signs(site, threshold)
    agreement = measure.agreement_of(
        columns.by_dimension,
        columns.items,
        np.array(dimensions, np.int64),
        np.array(signs, np.int8),
    )
    family = base.pools.family
    mine = np.isin(family, family[list(members)])
    own = family == np.arange(len(family))
    best = from_words.top(base, agreement, np.array(members, np.int64), TOP)
    others = np.where(own & ~mine, agreement, -1.0)
    rivals = from_words.top(base, others, np.array(members, np.int64), TOP)
    # Families by agreement, a member winning no tie: the careful count.
    order = np.lexsort((mine[own], -agreement[own]))
    first = int(mine[own][order][: len(members)].sum())
    firing = float((agreement[own & ~mine] > level).mean()) if level is not None else float("nan")
    return Top(
        Answer(pd.DataFrame(best), copy, "python"),
        Answer(pd.DataFrame(rivals), copy, "python"),
        first,
        len(members),
        firing,
    )


@answers.cached()
def _overlap(
    catalog: Catalog, site: str, threshold: str, category: str, background: str
) -> pd.DataFrame:
    return overlaps.of(catalog, category, site, threshold, background)


@st.cache_data(max_entries=64, show_spinner="Permuting the order of the words ...")
def _cycle(catalog: Catalog, site: str, threshold: str, category: str) -> Turning:
    folder = lexicon.folder()
    read, _ = word_lists.read_folder(folder)
    listed = next((one for one in read if one.name == category and one.cyclic), None)
    if listed is None:
        raise NotInCatalog(
            f"The folder of categories has no list {category!r} with '# order: cyclic'."
        )
    match = _ground(catalog).vocabulary.match(listed.words, listed.kind)
    bits = path.signs(site, threshold).bits(match.members).astype(np.bool_)
    made = cycles.measure(bits)
    return Turning(made, match.words, bits[:, made.varying], match.missing)


def _call(module: str, name: str, here: Here, category: str, background: str) -> str:
    path = str(here.catalog.path)
    order = (
        f"Path({path!r}), {here.site!r}, {category!r}"
        if module == "live_feature"
        else f"Path({path!r}), {category!r}, {here.site!r}"
    )
    return (
        f"from pathlib import Path\nfrom catalog import {module}\n\n"
        f"{module}.{name}({order}, {here.threshold!r}, {background!r})"
    )


def figures_of(row: Row) -> dict[str, Any]:
    """The figures that stand in an exported file beside a feature."""
    wanted = (
        "auc sd null_mean null_p95 null_draws p q coherence confusable confusable_auc "
        "anchors held_out pool fallback small firing_level"
    )
    return {name: row[name] for name in wanted.split()}
