"""What pages may ask of the features of categories: as the file has them, and made again of signs.

Frames are cached until the catalog file changes. Features of a person's own words:
`concept_frames`; features found without categories: `discovery_frames`.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import siblings
from catalog.browse.in_context import InContext
from catalog.modalities.backgrounds import Background
from catalog.notebook import feature_answers, features
from catalog.notebook.evidence import Evidence
from catalog.notebook.feature_answers import Agreement, Curves, Overlap, Waves
from catalog.notebook.features import OfCategory
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, catalogs
from dashboard.common.answers import Answer, Here, Row

# Findings as they stand in the file.


def categories(catalog: Catalog) -> Answer:
    """Every category with its coverage, measured ones first: the columns of table category."""
    return answers.answer(catalog, feature_queries.categories())


def features_everywhere(here: Here, background: str) -> Answer:
    """All features at the rail's threshold and a background, at every site."""
    return answers.answer(here.catalog, feature_queries.features(here.threshold, background))


def strongest(here: Here) -> str | None:
    """The feature of the site to look at first: no fallback, not small, of the highest AUC.

    Those that beat their null come first; None where nothing was measured.
    """
    return _strongest(here.catalog, here.site, here.threshold)


@answers.cached()
def _strongest(catalog: Catalog, site: str, threshold: str) -> str | None:
    here = Here(catalog, site, threshold)
    frame = features_everywhere(here, catalog.primary.background).frame
    at = frame[frame["site"] == here.site] if len(frame) else frame
    if at.empty:
        return None
    weak = at["fallback"].astype(bool) | at["small"].astype(bool)
    ranked = at.assign(weak=weak, chance=at["p"].fillna(1.0) >= 0.05)
    return str(ranked.sort_values(["weak", "chance", "auc"], ascending=[True, True, False])
               ["category"].iloc[0])  # fmt: skip


def best_dimension(here: Here) -> int:
    """The dimension that tells the strongest feature best; 0 where nothing was measured."""
    name = strongest(here)
    row = None if name is None else feature(here, name, here.catalog.primary.background)
    return 0 if row is None or pd.isna(row["best_dimension"]) else int(row["best_dimension"])


def members(catalog: Catalog, category: str) -> list[str]:
    """Words of a category that are items here, in the order of its list, each once."""
    frame = answers.read(catalog, feature_queries.members_in_order(category))
    return list(dict.fromkeys(str(word) for word in frame["word"]))


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
    background = here.catalog.primary.background
    query = feature_queries.readers(here.site, dimension, here.threshold, background)
    return answers.answer(here.catalog, query)


def mean_abs(here: Here) -> NDArray[np.float64]:
    """Mean |x| of every dimension of the site: float64[dims]."""
    frame = answers.read(here.catalog, feature_queries.means(here.site))
    values: NDArray[np.float64] = frame["mean_abs"].to_numpy(np.float64)
    return values


def figures_of(row: Row) -> dict[str, Any]:
    """The figures that stand in an exported file beside a feature."""
    wanted = (
        "auc auc_low auc_high reliability null_mean null_p95 null_draws p q coherence "
        "confusable confusable_auc anchors held_out pool fallback small firing_level"
    )
    return {name: row[name] for name in wanted.split()}


def evidence(catalog: Catalog, claims: tuple[str, ...]) -> Answer | None:
    """Rows of the evidence table about these claims, in words; None where they were not made."""
    if "evidence" not in catalogs.tables(catalog).frame["table"].values:
        return None
    rows = answers.read(catalog, feature_queries.evidence())
    told = Evidence(catalog, rows).told(*claims)
    if told.empty:
        return None
    call = f"c.evidence().told({', '.join(map(repr, claims))})"
    return Answer(told, answers.python(catalog, call), "python")


# Made again from signs, as a notebook makes them.


class Top(NamedTuple):
    """Items that agree with a prototype."""

    items: Answer
    """item, text, agreement, member: the best of all."""
    false_positives: Answer
    """The best that are no members, one of each family."""
    members_first: int
    """Members among the first as many items as there are members."""
    members: int
    firing: float | None
    """Share of the other families that fire."""


def top(here: Here, category: str, background: Background, count: int) -> Top:
    """The `count` items that agree most with a category's feature."""
    best, rivals = _top(_which(here, category, background), count)
    call = _call(here, category, background)
    return Top(
        _answer(here, best.frame(), f"{call}.top({count}).frame()"),
        _answer(here, rivals.frame(), f"{call}.false_positives({count}).frame()"),
        best.members_first,
        best.members,
        best.firing,
    )


def curves(here: Here, category: str, background: Background) -> Curves:
    """The held-out ROC with its null."""
    return _curves(_which(here, category, background))[0]


def curves_copy(here: Here, category: str, background: Background) -> Answer:
    """The ROC as a frame: false_positive, true_positive, null_low, null_high."""
    call = f"{_call(here, category, background)}.curves().frame()"
    return _answer(here, curves(here, category, background).frame(), call)


def agreement(here: Here, category: str, background: Background) -> Agreement:
    """The distribution of agreement, made with the curves."""
    return _curves(_which(here, category, background))[1]


def agreement_copy(here: Here, category: str, background: Background) -> Answer:
    """Distribution of agreement as a frame: low, high, members, background."""
    call = f"{_call(here, category, background)}.agreement().frame()"
    return _answer(here, agreement(here, category, background).frame(), call)


def overlap(here: Here, category: str, background: Background) -> Answer:
    """Other features of the site: category, dimensions, same, opposite, expected, excess."""
    found = _overlap(_which(here, category, background))
    return _answer(here, found.frame(), f"{_call(here, category, background)}.overlap().frame()")


def cycle(here: Here, category: str) -> Waves:
    """Whether signs turn along a cyclic category; NotInCatalog or SettingRefused where none can."""
    return _cycle(here.catalog, here.site, here.threshold, category)


def cycle_copy(here: Here, category: str) -> Answer:
    """The waves as a frame: period, share, null_mean, null_low, null_high, p, q."""
    call = f"c.cycle({category!r}, {here.site!r}, threshold={here.threshold!r}).frame()"
    return _answer(here, cycle(here, category).frame(), call)


def turning(here: Here, category: str) -> Answer:
    """Signs along the circle at every dimension that varies: word, dimension, positive."""
    call = f"c.cycle({category!r}, {here.site!r}, threshold={here.threshold!r}).signs()"
    return _answer(here, cycle(here, category).signs(), call)


def _answer(here: Here, frame: pd.DataFrame, call: str) -> Answer:
    return Answer(frame, answers.python(here.catalog, call), "python")


def _call(here: Here, category: str, background: str) -> str:
    return (
        f"c.feature({here.site!r}, {category!r}, threshold={here.threshold!r}, "
        f"background={background!r})"
    )


class _Which(NamedTuple):
    """Everything that the feature of a category is known by."""

    catalog: Catalog
    site: str
    threshold: str
    category: str
    background: Background

    def feature(self) -> OfCategory:
        """The feature itself."""
        where = (self.threshold, self.background)
        return features.of_category(self.catalog, self.site, self.category, *where)


def in_texts(here: Here, category: str, background: Background) -> tuple[Catalog, InContext] | None:
    """The feature at every position of the same model's tokens in context, and their catalog.

    None where no catalog with signs of this site and threshold lies beside this one.
    """
    texts = None if here.catalog.contextual else siblings.in_texts(here.catalog)
    if texts is None or here.site not in texts.site_names or here.threshold not in texts.thresholds:
        return None
    return texts, _in_texts(_which(here, category, background), texts)


def in_texts_copy(here: Here, category: str, background: Background, texts: Catalog) -> Answer:
    """Its strongest positions that are no members: item, text, agreement, document, window."""
    found = _in_texts(_which(here, category, background), texts).false_positives
    call = (
        f"{_call(here, category, background)}.in_context(catalog.open({answers.opened(texts)!r}))"
    )
    return _answer(here, found, f"{call}.false_positives")


def _which(here: Here, category: str, background: Background) -> _Which:
    return _Which(here.catalog, here.site, here.threshold, category, background)


@answers.cached("Drawing the ROC curves of its null ...")
def _curves(what: _Which) -> tuple[Curves, Agreement]:
    one = what.feature()
    return one.curves(), one.agreement()


@answers.cached()
def _top(what: _Which, count: int) -> tuple[feature_answers.Top, feature_answers.Top]:
    one = what.feature()
    return one.top(count), one.false_positives(count)


@answers.cached()
def _overlap(what: _Which) -> Overlap:
    return what.feature().overlap()


@answers.cached()
def _in_texts(what: _Which, texts: Catalog) -> InContext:
    return what.feature().in_context(texts)


@answers.cached("Permuting the order of the words ...")
def _cycle(catalog: Catalog, site: str, threshold: str, category: str) -> Waves:
    return feature_answers.waves(catalog, category, site, threshold)
