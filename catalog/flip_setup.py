"""From a catalog to a flip: the feature, its held-out tokens, matched ones, other categories."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog import findings, live_feature
from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import SPLITS
from catalog.flip_controls import Signed
from catalog.flip_readout import Matching, Readout
from catalog.flips import Setup
from catalog.held_out import members_of
from catalog.pools import BACKGROUNDS
from catalog.prompts import Prompt
from catalog.prototypes import halves
from catalog.sites import Site
from catalog.store import feature_queries, queries, reading

Ints = NDArray[np.int64]
BACKGROUND = findings.PRIMARY_BACKGROUND
DISJOINT = 5
"""Other categories' features that are flipped as the control `disjoint`."""
FEWEST_DISJOINT = 8
"""Dimensions that such a feature must have left."""


def setup(
    path: Path,
    name: str,
    site: str,
    prompts: Sequence[Prompt],
    threshold: str | None = None,
    dimensions: int | None = None,
    positions: str = "all",
    scale: float = 1.0,
    seed: int = 0,
) -> Setup:
    """Everything a flip of a category's feature needs from the catalog at `path`.

    The feature is the stored one (background matched), `dimensions` keeps its strongest. Raises
    NotInCatalog or SettingRefused where the catalog has no such thing.
    """
    chosen = live_feature.checked(path, site, threshold, BACKGROUND)
    if dimensions is not None and dimensions < 1:
        raise SettingRefused("Flip at least one dimension.")
    where = Site.parse(site)
    if where.kind != "resid":
        raise SettingRefused(f"{site} cannot be flipped: choose a residual site, resid.L.")
    feature = _feature(path, name, site, chosen)
    lists = _lists(path)
    others = _others(path, site, chosen, name, lists)
    disjoint = _disjoint(feature, others)
    values = reading.fetch(path, queries.threshold_values(site, chosen))
    return Setup(
        name=name,
        site=where,
        threshold=chosen,
        feature=feature.strongest(dimensions),
        cut=values["value"].to_numpy(np.float64),
        readout=_readout(path, name, lists),
        prompts=tuple(prompts),
        disjoint=tuple(disjoint.values()),
        disjoint_names=tuple(disjoint),
        positions=positions,
        scale=scale,
        seed=seed,
    )


def at_site(path: Path, made: Setup, site: str) -> Setup:
    """The same run at another site: feature, thresholds and disjoint features are that site's."""
    lists = _lists(path)
    feature = _feature(path, made.name, site, made.threshold)
    size = len(made.feature.dimensions)
    disjoint = _disjoint(feature, _others(path, site, made.threshold, made.name, lists))
    values = reading.fetch(path, queries.threshold_values(site, made.threshold))
    return replace(
        made,
        site=Site.parse(site),
        feature=feature.strongest(size),
        cut=values["value"].to_numpy(np.float64),
        disjoint=tuple(disjoint.values()),
        disjoint_names=tuple(disjoint),
    )


def _feature(path: Path, name: str, site: str, threshold: str) -> Signed:
    frame = reading.fetch(path, feature_queries.prototype(name, site, threshold, BACKGROUND))
    if frame.empty:
        raise NotInCatalog(
            f"The catalog has no feature {name!r} with dimensions at {site}. List them with: "
            "dims features"
        )
    return Signed(frame["dimension"].to_numpy(np.int64), frame["sign"].to_numpy(np.int64))


def _lists(path: Path) -> dict[str, Ints]:
    """Members of every category."""
    frame = reading.fetch(path, feature_queries.all_members())
    return {str(name): rows["item"].to_numpy(np.int64) for name, rows in frame.groupby("category")}


def _unrelated(name: str, lists: dict[str, Ints]) -> list[str]:
    """Categories that share no member with `name`."""
    return [one for one, items in lists.items() if not np.isin(items, lists[name]).any()]


def _others(
    path: Path, site: str, threshold: str, name: str, lists: dict[str, Ints]
) -> dict[str, Signed]:
    """Features of the categories that share no member."""
    frame = reading.fetch(path, feature_queries.prototypes(site, threshold, BACKGROUND))
    allowed = set(_unrelated(name, lists))
    return {
        str(one): Signed(rows["dimension"].to_numpy(np.int64), rows["sign"].to_numpy(np.int64))
        for one, rows in frame.groupby("category")
        if one in allowed
    }


def _disjoint(feature: Signed, others: dict[str, Signed]) -> dict[str, Signed]:
    """The DISJOINT features that share the fewest dimensions, without those they share.

    Choice: features of 64 dimensions among 256 hardly ever share none, so the shared ones are
    left out of the flip; those that keep half as many dimensions as the feature has come first,
    or the control would be a far smaller change. Ties by name.
    """
    left = {name: one.without(feature.dimensions) for name, one in others.items()}
    able = {name: one for name, one in left.items() if len(one.dimensions) >= FEWEST_DISJOINT}
    half = len(feature.dimensions) / 2

    def key(name: str) -> tuple[bool, int, str]:
        kept = len(able[name].dimensions)
        return kept < half, len(others[name].dimensions) - kept, name

    return {name: able[name] for name in sorted(able, key=key)[:DISJOINT]}


def held_out(path: Path, name: str) -> tuple[Ints, Ints]:
    """Held-out members and all members of a category: those that did not make the stored feature.

    The findings stage's own random draws made again: the stored prototype is that of split 0.
    """
    members, place = members_of(path, name)
    generator = np.random.default_rng([place, BACKGROUNDS.index(BACKGROUND)])
    findings.pools_of(path).pool(BACKGROUND, members, generator)
    anchors = halves(len(members), SPLITS, generator)[0]
    return members[~anchors], members


def _readout(path: Path, name: str, lists: dict[str, Ints]) -> Readout:
    items = findings.items_of(path)
    matching = Matching(
        items["kind"].tolist(), items["text"].tolist(), lists, items["family"].to_numpy(np.int64)
    )
    tokens, members = held_out(path, name)
    banned = matching.related(members)
    names = _unrelated(name, lists)
    others = []
    for one in names:
        mine = lists[one]
        others.append((mine, matching.controls(mine, banned | matching.related(mine))))
    kept = [n for n, (_, found) in enumerate(others) if found.size]
    return Readout(
        tokens,
        matching.controls(tokens, banned),
        members,
        tuple(names[n] for n in kept),
        tuple(others[n] for n in kept),
    )
