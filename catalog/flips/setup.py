"""From a catalog to a flip: the feature, its held-out tokens, matched ones, other categories."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.flips import extra_edits, facts
from catalog.flips import prompts as shipping
from catalog.flips import source as flip_features
from catalog.flips.asked import Asked
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Readout, Vocabulary
from catalog.flips.run import Setup
from catalog.flips.source import Feature
from catalog.sites import Site
from catalog.store.catalog import Catalog

Ints = NDArray[np.int64]
DISJOINT = 5
"""Other categories' features that are flipped as the control `disjoint`."""
FEWEST_DISJOINT = 8
"""Dimensions that such a feature must have left."""


def setup(catalog: Catalog, asked: Asked) -> Setup:
    """Everything a flip needs from a catalog whose model predicts a next token.

    A category's feature is the stored one of the primary background. Raises NotInCatalog or
    SettingRefused where the catalog has no such thing.
    """
    threshold = checked(catalog, asked)
    feature = flip_features.feature(catalog, asked.source, asked.site, threshold)
    given = asked.prompts
    if given is None:
        given = tuple(shipping.shipped(asked.source.prompted, asked.each))
    return with_readout(catalog, asked, feature, given, _vocabulary(catalog, feature))


def checked(catalog: Catalog, asked: Asked) -> str:
    """The threshold of a run; SettingRefused where its site cannot be flipped or is not held."""
    threshold = catalog.checked(asked.site, asked.threshold)
    if Site.parse(asked.site).kind != "resid":
        raise SettingRefused(f"{asked.site} cannot be flipped: choose a residual site, resid.L.")
    return threshold


def with_readout(
    catalog: Catalog,
    asked: Asked,
    feature: Feature,
    prompts: Sequence[Prompt],
    readout: Readout,
) -> Setup:
    """`setup`, for any readout; `feature` is the source's at the site asked for."""
    threshold = checked(catalog, asked)
    here = _there(catalog, feature, asked.site, threshold)
    return Setup(
        name=asked.source.name,
        source=asked.source,
        site=here.site,
        threshold=threshold,
        feature=feature.signed.strongest(asked.dimensions),
        cut=here.cut,
        readout=readout,
        prompts=tuple(prompts),
        disjoint=here.disjoint,
        disjoint_names=here.names,
        positions=asked.positions,
        scale=asked.scale,
        seed=asked.seed,
        extra=extra_edits.parse(catalog, asked.edits, threshold),
        edits=asked.edits,
    )


def at_site(catalog: Catalog, made: Setup, site: str) -> Setup:
    """The same run at another site: feature, thresholds and disjoint features are that site's."""
    feature = flip_features.feature(catalog, made.source, site, made.threshold)
    there = _there(catalog, feature, site, made.threshold)
    return replace(
        made,
        site=there.site,
        feature=feature.signed.strongest(len(made.feature.dimensions)),
        cut=there.cut,
        readout=made.readout.at(there.site),
        disjoint=there.disjoint,
        disjoint_names=there.names,
    )


class _There(NamedTuple):
    """What a run takes from its site, besides the feature."""

    site: Site
    cut: NDArray[np.float64]
    disjoint: tuple[Signed, ...]
    names: tuple[str, ...]


def _there(catalog: Catalog, feature: Feature, site: str, threshold: str) -> _There:
    others = others_of(catalog, site, threshold, feature.members)
    disjoint = _disjoint(feature.signed, others)
    cut = facts.cuts(catalog, site, threshold)
    return _There(Site.parse(site), cut, tuple(disjoint.values()), tuple(disjoint))


def _unrelated(members: Ints, lists: Mapping[str, Ints]) -> list[str]:
    """Categories that share no member."""
    return [one for one, items in lists.items() if not np.isin(items, members).any()]


def related(members: Ints, lists: Mapping[str, Ints], family: Ints) -> NDArray[np.bool_]:
    """Items of the families of `members` and of every category that shares one: bool[items]."""
    near = np.isin(family, family[members])
    for items in lists.values():
        if np.isin(family[items], family[members]).any():
            near |= np.isin(family, family[items])
    return np.asarray(near)


def others_of(catalog: Catalog, site: str, threshold: str, members: Ints) -> dict[str, Signed]:
    """Features of the categories that share no member, by name."""
    allowed = set(_unrelated(members, facts.lists(catalog)))
    every = facts.prototypes(catalog, site, threshold)
    return {name: one for name, one in every.items() if name in allowed}


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


def _vocabulary(catalog: Catalog, feature: Feature) -> Vocabulary:
    """Held-out tokens and every unrelated category, each beside its frequency-matched tokens."""
    lists, matching = facts.lists(catalog), facts.matching(catalog)
    banned = matching.related(feature.members)
    found = {}
    for name in _unrelated(feature.members, lists):
        controls = matching.controls(lists[name], banned | matching.related(lists[name]))
        if controls.size:
            found[name] = lists[name], controls
    tokens = feature.tokens
    controls = matching.controls(tokens, banned)
    if not controls.size:
        raise SettingRefused(
            f"The vocabulary has no token left that is like the {len(tokens)} whose chance is read "
            "and in no category of theirs. Flip a smaller feature, or read another category."
        )
    return Vocabulary(tokens, controls, feature.members, tuple(found), tuple(found.values()))
