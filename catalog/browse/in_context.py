"""A feature of single tokens tried in real text: where it fires, and how often rightly."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features.measure import agreement_of
from catalog.modalities.backgrounds import Background
from catalog.signs.examples import AFTER, BEFORE
from catalog.signs.prototypes import auc
from catalog.store import context_queries, feature_queries
from catalog.store.catalog import Catalog

BANDS = 5
"""Equal bands of the agreement, from its least to its largest value over all positions."""
LISTED = 24
"""Positions that are listed."""


@dataclass(frozen=True)
class InContext:
    """What a feature does at the positions of a catalog of tokens in context."""

    category: str
    positions: int
    members: int
    """Positions whose token is of a member's family: those it should fire at."""
    level: float
    """Its firing level, from held-out single tokens."""
    fires: float
    """Share of the positions that agree more than that."""
    precision: float | None
    """Share of the positions where it fires that are members; None where it fires nowhere."""
    recall: float | None
    """Share of the members' positions where it fires."""
    auc: float
    """ROC AUC of agreement, members' families against all others, one position each."""
    bands: pd.DataFrame
    """By band of agreement: low, high, positions, members, precision."""
    false_positives: pd.DataFrame
    """The strongest positions that are no members: item, text, agreement, document, window."""


def of(
    context: Catalog,
    single: Catalog,
    category: str,
    site: str,
    threshold: str,
    background: Background,
) -> InContext:
    """Try the stored feature of a category of single tokens on every position.

    NotInCatalog without the feature; SettingRefused where the catalogs are of other weights.
    """
    _check(context, single, site, threshold)
    row = single.one(
        feature_queries.feature(category, site, threshold, background),
        f"{single.slug} has no feature {category!r} at {site}. List them with: "
        f"dims features {single.slug} --stored",
    )
    prototype = single.fetch(feature_queries.prototype(category, site, threshold, background))
    members = single.fetch(feature_queries.members(category))["item"].to_numpy(np.int64)
    signs = context.signs(site, threshold)
    agreement = agreement_of(
        signs.by_dimension,
        signs.items,
        prototype["dimension"].to_numpy(),
        prototype["sign"].to_numpy(),
    ).astype(np.float64)
    tokens = context.fetch(context_queries.positions())["token"].to_numpy(np.int64)
    family = single.families
    known = np.where(tokens < len(family), family[np.minimum(tokens, len(family) - 1)], -1)
    mine = np.isin(known, family[members])
    level = float(row["firing_level"])
    fires = agreement > level
    own = context.families == np.arange(len(tokens))
    return InContext(
        category,
        len(tokens),
        int(mine.sum()),
        level,
        float(fires.mean()),
        float(mine[fires].mean()) if fires.any() else None,
        float(fires[mine].mean()) if mine.any() else None,
        auc(agreement[own], mine[own]),
        _bands(agreement, mine),
        _false_positives(context, agreement, mine),
    )


def _check(context: Catalog, single: Catalog, site: str, threshold: str) -> None:
    if not context.contextual or single.contextual:
        raise SettingRefused(
            "A feature of single tokens is tried in a catalog of tokens in context: build that one "
            "with --texts, and this one without."
        )
    if context.build["weights_hash"] != single.build["weights_hash"]:
        raise SettingRefused(
            f"{context.slug} and {single.slug} are catalogs of other weights: a feature of one "
            "says nothing in the other. Choose two of one model."
        )
    for one in (context, single):
        if site not in one.site_names or threshold not in one.thresholds:
            raise NotInCatalog(
                f"{one.slug} holds no signs of {site} at threshold {threshold}. Choose another."
            )


def _bands(agreement: NDArray[np.float64], mine: NDArray[np.bool_]) -> pd.DataFrame:
    edges = np.linspace(agreement.min(), agreement.max(), BANDS + 1)
    place = np.clip(np.searchsorted(edges, agreement, side="right") - 1, 0, BANDS - 1)
    count = np.bincount(place, minlength=BANDS)
    right = np.bincount(place, weights=mine, minlength=BANDS).astype(np.int64)
    precision = np.where(count > 0, right / np.maximum(count, 1), np.nan)
    return pd.DataFrame(
        {
            "low": edges[:-1],
            "high": edges[1:],
            "positions": count,
            "members": right,
            "precision": precision,
        }
    )


def _false_positives(
    context: Catalog, agreement: NDArray[np.float64], mine: NDArray[np.bool_]
) -> pd.DataFrame:
    """The strongest others, one of a family: with their windows, the token between ⟦ and ⟧."""
    own = context.families == np.arange(len(mine))
    order = np.argsort(-np.where(own & ~mine, agreement, -1.0), kind="stable")
    items = order[: min(LISTED, int((own & ~mine).sum()))]
    rows = context.fetch(context_queries.windows(items.tolist())).set_index("item")
    spelling = context.remembered(("spelling",), lambda: _spelling(context))
    windows = [_window(rows.loc[item], spelling) for item in items]
    return pd.DataFrame(
        {
            "item": items,
            "text": context.texts[items],
            "agreement": agreement[items],
            "document": rows.loc[items, "name"].to_numpy() if len(items) else [],
            "window": windows,
        }
    )


def _spelling(context: Catalog) -> dict[int, str]:
    tokens = context.fetch(context_queries.tokens())
    return dict(zip(tokens["token"].tolist(), tokens["text"].tolist(), strict=True))


def _window(row: "pd.Series[Any]", spelling: dict[int, str]) -> str:
    ids, place = row["ids"], int(row["place"])
    before = "".join(spelling[int(one)] for one in ids[max(0, place - BEFORE) : place])
    after = "".join(spelling[int(one)] for one in ids[place + 1 : place + 1 + AFTER])
    return f"{before}⟦{spelling[int(ids[place])]}⟧{after}"


def as_json(found: InContext) -> dict[str, Any]:
    """The JSON form, as `dims feature --in` has it."""
    told = {k: v for k, v in vars(found).items() if k not in ("bands", "false_positives")}
    bands = found.bands.astype(object).where(found.bands.notna(), None)
    return told | {
        "bands": bands.to_dict("records"),
        "false_positives": found.false_positives.to_dict("records"),
    }
