"""From a catalog to a flip: the feature, its held-out tokens, matched ones, other categories."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import source as flip_features
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Matching, Readout, Vocabulary
from catalog.flips.run import Setup
from catalog.flips.source import Source, held_out
from catalog.sites import Site
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog

__all__ = ["Signed", "Source", "at_site", "held_out", "setup", "with_readout"]

Ints = NDArray[np.int64]
DISJOINT = 5
"""Other categories' features that are flipped as the control `disjoint`."""
FEWEST_DISJOINT = 8
"""Dimensions that such a feature must have left."""


def setup(
    catalog: Catalog,
    feature: str | Source,
    site: str,
    prompts: Sequence[Prompt],
    threshold: str | None = None,
    dimensions: int | None = None,
    positions: str = "all",
    scale: float = 1.0,
    seed: int = 0,
    extra: tuple[Edit, ...] = (),
) -> Setup:
    """Everything a flip of a feature (by default a category's) needs from the catalog at `path`.

    A category's feature is the stored one (background matched); `dimensions` keeps the strongest.
    Raises NotInCatalog or SettingRefused where the catalog has no such thing.
    """
    source = Source("category", feature) if isinstance(feature, str) else feature
    chosen = catalog.checked(site, threshold, catalog.primary.background)
    tokens, members = flip_features.tokens(catalog, source, site, chosen)
    readout = _readout(catalog, tokens, members, lists_of(catalog))
    return with_readout(
        catalog, source, site, prompts, readout, chosen, dimensions, positions, scale, seed, extra
    )


def with_readout(
    catalog: Catalog,
    source: Source,
    site: str,
    prompts: Sequence[Prompt],
    readout: Readout,
    threshold: str | None = None,
    dimensions: int | None = None,
    positions: str = "all",
    scale: float = 1.0,
    seed: int = 0,
    extra: tuple[Edit, ...] = (),
) -> Setup:
    """`setup`, for any readout."""
    chosen = catalog.checked(site, threshold, catalog.primary.background)
    if dimensions is not None and dimensions < 1:
        raise SettingRefused("Flip at least one dimension.")
    where = Site.parse(site)
    if where.kind != "resid":
        raise SettingRefused(f"{site} cannot be flipped: choose a residual site, resid.L.")
    signed = flip_features.signed(catalog, source, site, chosen)
    members = flip_features.tokens(catalog, source, site, chosen)[1]
    disjoint = _disjoint(signed, others_of(catalog, site, chosen, members))
    return Setup(
        name=source.name,
        source=source,
        site=where,
        threshold=chosen,
        feature=signed.strongest(dimensions),
        cut=cut_of(catalog, site, chosen),
        readout=readout,
        prompts=tuple(prompts),
        disjoint=tuple(disjoint.values()),
        disjoint_names=tuple(disjoint),
        positions=positions,
        scale=scale,
        seed=seed,
        extra=extra,
    )


def at_site(catalog: Catalog, made: Setup, site: str) -> Setup:
    """The same run at another site: feature, thresholds and disjoint features are that site's."""
    signed = flip_features.signed(catalog, made.source, site, made.threshold)
    members = flip_features.tokens(catalog, made.source, site, made.threshold)[1]
    disjoint = _disjoint(signed, others_of(catalog, site, made.threshold, members))
    return replace(
        made,
        site=Site.parse(site),
        feature=signed.strongest(len(made.feature.dimensions)),
        cut=cut_of(catalog, site, made.threshold),
        readout=made.readout.at(Site.parse(site)),
        disjoint=tuple(disjoint.values()),
        disjoint_names=tuple(disjoint),
    )


def cut_of(catalog: Catalog, site: str, threshold: str) -> NDArray[np.float64]:
    """Threshold of every dimension of a site."""
    values = catalog.fetch(queries.threshold_values(site, threshold))
    return np.asarray(values["value"], np.float64)


def lists_of(catalog: Catalog) -> dict[str, Ints]:
    """Members of every category."""
    frame = catalog.fetch(feature_queries.all_members())
    return {str(name): rows["item"].to_numpy(np.int64) for name, rows in frame.groupby("category")}


def _unrelated(members: Ints, lists: dict[str, Ints]) -> list[str]:
    """Categories that share no member."""
    return [one for one, items in lists.items() if not np.isin(items, members).any()]


def related(members: Ints, lists: dict[str, Ints], family: Ints) -> NDArray[np.bool_]:
    """Items of the families of `members` and of every category that shares one: bool[items]."""
    near = np.isin(family, family[members])
    for items in lists.values():
        if np.isin(family[items], family[members]).any():
            near |= np.isin(family, family[items])
    return np.asarray(near)


def others_of(catalog: Catalog, site: str, threshold: str, members: Ints) -> dict[str, Signed]:
    """Features of the categories that share no member, by name."""
    lists = lists_of(catalog)
    frame = catalog.fetch(feature_queries.prototypes(site, threshold, catalog.primary.background))
    allowed = set(_unrelated(members, lists))
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


def _readout(catalog: Catalog, tokens: Ints, members: Ints, lists: dict[str, Ints]) -> Vocabulary:
    items = catalog.items
    matching = Matching(
        items["kind"].tolist(), items["text"].tolist(), lists, items["family"].to_numpy(np.int64)
    )
    banned = matching.related(members)
    names = _unrelated(members, lists)
    others = []
    for one in names:
        mine = lists[one]
        others.append((mine, matching.controls(mine, banned | matching.related(mine))))
    kept = [n for n, (_, found) in enumerate(others) if found.size]
    return Vocabulary(
        tokens,
        matching.controls(tokens, banned),
        members,
        tuple(names[n] for n in kept),
        tuple(others[n] for n in kept),
    )
