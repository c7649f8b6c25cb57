"""From a catalog of images, sounds or an encoder's tokens to a flip: its items and its readout."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.flips import setup
from catalog.flips import source as flip_features
from catalog.flips.later_layers import Layers, Near
from catalog.flips.prompts import EACH, Prompt
from catalog.flips.readouts import Classes
from catalog.flips.run import Machine, Setup
from catalog.flips.source import Source
from catalog.sites import Site
from catalog.store import feature_queries, media_queries
from catalog.store.catalog import Catalog

Ints = NDArray[np.int64]


class Headed(Machine, Protocol):
    """A machine with a head on classes."""

    classes: tuple[str, ...]


class Layered(Machine, Protocol):
    """A machine that gives the states of its sites."""

    sites: tuple[Site, ...]


def samples(
    catalog: Catalog, source: Source, site: str, threshold: str, seed: int = 0, each: int = EACH
) -> list[Prompt]:
    """`each` held-out items of the feature (eliciting) and as many others (neutral), drawn.

    One item a family; the others are of no category that shares a member. Choice: an own or
    discovered feature, which has no held-out items, is read on those that agree with it most.
    """
    tokens, members = flip_features.tokens(catalog, source, site, threshold)
    items = catalog.items
    family = items["family"].to_numpy(np.int64)
    lists = setup.lists_of(catalog)
    related = setup.related(members, lists, family)
    usable = (family == np.arange(len(family))) & ~related
    listed = np.unique(np.concatenate(list(lists.values()))) if lists else np.arange(0)
    rest = np.intersect1d(np.flatnonzero(usable), listed)
    rest = rest if len(rest) >= each else np.flatnonzero(usable)
    generator = np.random.default_rng(seed)
    drawn = []
    for kind, pool in (("neutral", rest), ("eliciting", tokens)):
        some = np.sort(generator.choice(pool, min(each, len(pool)), replace=False))
        drawn += [Prompt(f"#{item}", f"#{family[item]}", kind) for item in some.tolist()]  # type: ignore[arg-type]
    return drawn


def classes(
    machine: Headed,
    catalog: Catalog,
    source: Source,
    site: str,
    listed: Sequence[Prompt] | None,
    each: int,
    **settings: Any,
) -> Setup:
    """A flip that is read on the classes of a head. Raises as `setup.setup`."""
    own = own_classes(catalog, source, site, _threshold(catalog, site, settings), machine.classes)
    readout = Classes.of(own, machine.classes)
    if len(own) == len(machine.classes):
        raise SettingRefused(f"{source.name!r} takes every class of the head: nothing is left.")
    prompts = _prompts(catalog, source, site, listed, each, settings)
    return setup.with_readout(catalog, source, site, prompts, readout, **settings)


def own_classes(
    catalog: Catalog, source: Source, site: str, threshold: str, names: Sequence[str]
) -> list[int]:
    """Classes of the head that a feature stands for.

    The class of its name; of a superclass those of its items' classes that the head has; of an
    own, discovered or hand-picked feature the class of most of the items that agree with it most.
    `source.read` names another category. SettingRefused where the head knows none of them.
    """
    wanted = source.read or source.name
    if (source.read or source.kind == "category") and wanted in names:
        return [list(names).index(wanted)]
    tokens, members = flip_features.tokens(catalog, source, site, threshold)
    label = catalog.fetch(media_queries.every())["label"].to_numpy(dtype=object)
    if source.read or source.kind == "category":
        found = {str(one) for one in label[members]}
    else:
        found = {str(one) for one, _ in Counter(label[tokens]).most_common(1)}
    own = [n for n, name in enumerate(names) if name in found]
    if not own:
        raise SettingRefused(
            f"The model's head has no class named {wanted!r}: it has {', '.join(names[:12])}. Name "
            "a category of one of these classes to read the effect on."
        )
    return own


def layers(
    machine: Layered,
    catalog: Catalog,
    source: Source,
    site: str,
    listed: Sequence[Prompt] | None,
    each: int,
    **settings: Any,
) -> Setup:
    """A flip that is read on the feature's agreement at later sites and on its neighbours."""
    threshold = _threshold(catalog, site, settings)
    signed = flip_features.signed(catalog, source, site, threshold)
    _, members = flip_features.tokens(catalog, source, site, threshold)
    stored = catalog.sites.dropna(subset="dims")["site"].tolist()
    sites = tuple(one for one in machine.sites if str(one) in stored)
    names = tuple(setup.others_of(catalog, site, threshold, members))
    there = {one: setup.others_of(catalog, str(one), threshold, members) for one in sites}
    nothing = replace(signed, dimensions=signed.dimensions[:0], signs=signed.signs[:0])
    family = catalog.items["family"].to_numpy(np.int64)
    readout = Layers(
        site=Site.parse(site),
        sites=sites,
        places=tuple(machine.sites.index(one) for one in sites),
        cuts=np.stack([setup.cut_of(catalog, str(one), threshold) for one in sites]),
        features={one: _there(catalog, source, one, threshold, signed) for one in sites},
        names=names,
        others={one: [there[one].get(name, nothing) for name in names] for one in sites},
        near=Near(catalog.by_item(str(sites[-1]), threshold), family),
        members=members,
    )
    prompts = _prompts(catalog, source, site, listed, each, settings)
    return setup.with_readout(catalog, source, site, prompts, readout, **settings)


def _there(catalog: Catalog, source: Source, site: Site, threshold: str, here: setup.Signed) -> Any:
    """The feature's prototype at another site; the same dimensions where it has no own there."""
    if source.kind == "category":
        frame = catalog.fetch(
            feature_queries.prototype(source.name, str(site), threshold, catalog.primary.background)
        )
        return setup.Signed(frame["dimension"].to_numpy(np.int64), frame["sign"].to_numpy(np.int64))
    if source.kind == "concept":
        return flip_features.signed(catalog, source, str(site), threshold)
    return here


def _threshold(catalog: Catalog, site: str, settings: dict[str, Any]) -> str:
    return catalog.checked(site, settings.get("threshold"), catalog.primary.background)


def _prompts(
    catalog: Catalog,
    source: Source,
    site: str,
    listed: Sequence[Prompt] | None,
    each: int,
    settings: dict[str, Any],
) -> Sequence[Prompt]:
    if listed is not None:
        return listed
    threshold = _threshold(catalog, site, settings)
    return samples(catalog, source, site, threshold, settings.get("seed", 0), each)
