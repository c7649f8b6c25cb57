"""From a catalog of images, sounds or an encoder's tokens to a flip: its items and its readout."""

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.errors import LISTED, SettingRefused, listed
from catalog.features import splits
from catalog.flips import facts, setup
from catalog.flips import source as flip_features
from catalog.flips.asked import Asked
from catalog.flips.controls import Signed
from catalog.flips.later_layers import Layers, Near
from catalog.flips.prompts import EACH, Prompt
from catalog.flips.readouts import Classes
from catalog.flips.run import Machine, Setup
from catalog.flips.source import Feature, Source
from catalog.sites import Site
from catalog.store import media_queries
from catalog.store.catalog import Catalog

Ints = NDArray[np.int64]


class Headed(Machine, Protocol):
    """A machine with a head on classes."""

    classes: tuple[str, ...]


class Layered(Machine, Protocol):
    """A machine that gives the states of its sites."""

    sites: tuple[Site, ...]


def samples(catalog: Catalog, feature: Feature, seed: int = 0, each: int = EACH) -> list[Prompt]:
    """`each` held-out items of the feature (eliciting) and as many others (neutral), drawn.

    One item a family; the others are of no category that shares a member. Choice: an own or
    discovered feature, which has no held-out items, is read on those that agree with it most.
    """
    family, lists = catalog.families, facts.lists(catalog)
    related = setup.related(feature.members, lists, family)
    usable = (family == np.arange(len(family))) & ~related
    listed = np.unique(np.concatenate(list(lists.values()))) if lists else np.arange(0)
    rest = np.intersect1d(np.flatnonzero(usable), listed)
    rest = rest if len(rest) >= each else np.flatnonzero(usable)
    generator = np.random.default_rng(seed)
    drawn = []
    for kind, pool in (("neutral", rest), ("eliciting", feature.tokens)):
        some = np.sort(generator.choice(pool, min(each, len(pool)), replace=False))
        drawn += [Prompt(f"#{item}", f"#{family[item]}", kind) for item in some.tolist()]  # type: ignore[arg-type]
    return drawn


def classes(machine: Headed, catalog: Catalog, asked: Asked) -> Setup:
    """A flip that is read on the classes of a head. Raises as `setup.setup`."""
    threshold = setup.checked(catalog, asked)
    named = named_classes(catalog, asked.source, machine.classes)
    source = replace(asked.source, read="") if named else asked.source
    feature = flip_features.feature(catalog, source, asked.site, threshold)
    own = named or own_classes(catalog, source, feature, machine.classes)
    if len(own) == len(machine.classes):
        raise SettingRefused(
            f"{asked.source.name!r} takes every class of the head: nothing is left."
        )
    readout = Classes.of(own, machine.classes)
    return setup.with_readout(catalog, asked, feature, _prompts(catalog, asked, feature), readout)


def named_classes(catalog: Catalog, source: Source, names: Sequence[str]) -> list[int]:
    """Classes of the head that `source.read` names itself, with ; between several; else none."""
    wanted = [one for one in source.read.split(";") if one.strip()]
    if not wanted or source.read in splits.measured(catalog):
        return []
    each = [_known(names, [one]) for one in wanted]
    return sorted({number for own in each for number in own}) if all(each) else []


def own_classes(
    catalog: Catalog, source: Source, feature: Feature, names: Sequence[str]
) -> list[int]:
    """Classes of the head that a feature stands for.

    The class of its name; of a superclass those of its items' classes that the head has, which are
    read as their summed probability; of an own, discovered or hand-picked feature the class of most
    of the items that agree with it most. `source.read` names another category. Names are compared
    without case, and `_` and `-` as spaces; one of a head's names between commas is enough
    ("tabby, tabby cat"). SettingRefused where the head knows none of them.
    """
    wanted = source.read or source.name
    own = _known(names, [wanted]) if source.read or source.kind == "category" else []
    if own:
        return own
    label = catalog.fetch(media_queries.every())["label"].to_numpy(dtype=object)
    if source.read or source.kind == "category":
        found = sorted({str(one) for one in label[feature.members] if one})
    else:
        found = [str(one) for one, _ in Counter(label[feature.tokens]).most_common(1)]
    own = _known(names, found)
    if not own:
        classes = "" if found in ([], [wanted]) else f", nor any of its items' ({listed(found)})"
        near = difflib.get_close_matches(wanted, names, LISTED)
        like = f"its nearest are {listed(near)}" if near else f"it has {listed(names)}"
        raise SettingRefused(
            f"The model's head has no class named {wanted!r}{classes}: {like}. Read the effect on "
            "some of them with --read (a ; between two), or name the items' classes as it does."
        )
    return own


def _known(names: Sequence[str], wanted: Sequence[str]) -> list[int]:
    """Numbers of the head's classes that go by one of some names, ascending."""
    keys = {_bare(one) for one in wanted}
    whole = [n for n, name in enumerate(names) if _bare(name) in keys]
    parts = [n for n, name in enumerate(names) if keys & {_bare(one) for one in name.split(",")}]
    return sorted({*whole, *parts})


def _bare(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").casefold().split())


def layers(machine: Layered, catalog: Catalog, asked: Asked) -> Setup:
    """A flip that is read on the feature's agreement at later sites and on its neighbours."""
    threshold = setup.checked(catalog, asked)
    feature = flip_features.feature(catalog, asked.source, asked.site, threshold)
    sites = tuple(one for one in machine.sites if str(one) in catalog.site_names)
    names = tuple(setup.others_of(catalog, asked.site, threshold, feature.members))
    there = {one: facts.prototypes(catalog, str(one), threshold) for one in sites}
    nothing = replace(
        feature.signed,
        dimensions=feature.signed.dimensions[:0],
        signs=feature.signed.signs[:0],
    )
    readout = Layers(
        site=Site.parse(asked.site),
        sites=sites,
        places=tuple(machine.sites.index(one) for one in sites),
        cuts=np.stack([facts.cuts(catalog, str(one), threshold) for one in sites]),
        features={one: _there(catalog, asked, feature, one, threshold) for one in sites},
        names=names,
        others={one: [there[one].get(name, nothing) for name in names] for one in sites},
        near=Near(catalog.by_item(str(sites[-1]), threshold), catalog.families),
        members=feature.members,
    )
    return setup.with_readout(catalog, asked, feature, _prompts(catalog, asked, feature), readout)


def _there(catalog: Catalog, asked: Asked, feature: Feature, site: Site, threshold: str) -> Signed:
    """The feature's prototype at another site; the same dimensions where it has no own there."""
    source = asked.source
    if str(site) == asked.site or source.kind not in ("category", "concept"):
        return feature.signed
    if source.kind == "concept":
        return flip_features.signed(catalog, source, str(site), threshold)
    return facts.prototype(catalog, source.name, str(site), threshold)


def _prompts(catalog: Catalog, asked: Asked, feature: Feature) -> Sequence[Prompt]:
    """The items asked for, or drawn ones."""
    if asked.prompts is not None:
        return asked.prompts
    return samples(catalog, feature, asked.seed, asked.each)
