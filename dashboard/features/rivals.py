"""The most confusable rival as pages show it: what holds a category, or is part of it, is none."""

import pandas as pd

from catalog.modalities.backgrounds import Background
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, parts
from dashboard.common.answers import Here
from dashboard.features import frames
from dashboard.features import parts as feature_parts

PART, WHOLE = "which is part of it", "which it is part of"
"""How a rival is kin to a category."""


def kin(catalog: Catalog, category: str, rival: object) -> str:
    """PART where all members of a rival are the category's, WHOLE the other way round, else ''."""
    return _kin(_members(catalog), category, rival)


def _kin(members: dict[str, frozenset[int]], category: str, rival: object) -> str:
    one, two = members.get(category), members.get(str(rival))
    if not rival or not one or not two:
        return ""
    return PART if two <= one else WHOLE if one <= two else ""


def besides(category: object, how: str) -> str:
    """What stands in the rival's place: besides birds, which is part of it."""
    return f"besides {parts.spaced(category)}, {how}"


def shown(catalog: Catalog, features: pd.DataFrame) -> pd.DataFrame:
    """Features without the figures of rivals that are kin; `besides` says which was left out.

    `features` has category, confusable and confusable_auc; what the file has stays as it is.
    """
    members = _members(catalog)
    pairs = zip(features["category"], features["confusable"], strict=True)
    related = [_kin(members, str(category), rival) for category, rival in pairs]
    told = [
        besides(rival, how) if how else ""
        for rival, how in zip(features["confusable"], related, strict=True)
    ]
    apart = pd.Series([not how for how in related], features.index, dtype=bool)
    return features.assign(
        confusable=features["confusable"].astype(object).where(apart, None),
        confusable_auc=features["confusable_auc"].where(apart),
        besides=told,
    )


@answers.cached()
def told(catalog: Catalog, threshold: str, background: Background) -> pd.DataFrame:
    """Every feature of a threshold and background at every site, with what pages say of it."""
    found = frames.features_everywhere(Here(catalog, "", threshold), background)
    return feature_parts.told(shown(catalog, found.frame))


@answers.shared(8)
def _members(catalog: Catalog) -> dict[str, frozenset[int]]:
    frame = answers.read(catalog, feature_queries.all_members())
    return {str(name): frozenset(rows) for name, rows in frame.groupby("category")["item"]}
