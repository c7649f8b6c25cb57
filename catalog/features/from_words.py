"""One feature as a person asks for it: a category of the catalog, or words made up on the spot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.features import concepts, lexicon, measure, nulls, pools
from catalog.features.categories import Match, Vocabulary
from catalog.features.numbered import Numbered
from catalog.modalities.backgrounds import Background
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

TOP = 50
"""Items listed by agreement."""


@dataclass(frozen=True)
class Ground:
    """What every live feature of one catalog needs; made once and kept."""

    vocabulary: Vocabulary
    pools: pools.Pools
    texts: NDArray[np.object_]


def ground(catalog: Catalog) -> Ground:
    """What is read of a catalog's items, once per file: a second for 150,000 of them."""
    return catalog.remembered(("ground",), lambda: _ground(catalog))


def _ground(catalog: Catalog) -> Ground:
    family = catalog.families
    found: Vocabulary = (
        Vocabulary(catalog.items["word"].tolist(), catalog.items["kind"].tolist(), family)
        if catalog.modality == "text"
        else Numbered(family)
    )
    return Ground(found, lexicon.pools_of(catalog), catalog.texts)


@dataclass(frozen=True)
class Live:
    """A concept just made, with what it was made from."""

    concept: concepts.Concept
    words: Match
    counter: Match
    pool: pools.Pool
    null: nulls.Null | None
    """Nothing is drawn yet: `null.p(auc)` draws, with progress. None for a single word."""


def from_words(
    base: Ground,
    site: SiteSigns,
    words: Sequence[str],
    counter: Sequence[str] = (),
    background: Background = "matched",
    seed: int = 0,
    positives: NDArray[np.int64] | None = None,
) -> Live:
    """Make a concept from words; NotInCatalog or SettingRefused where they cannot make one.

    `positives` is `site.positives(base.pools.items(background))` where it was counted before:
    for `all` and `words` of a large vocabulary the counting takes most of the time.
    """
    asked, against = base.vocabulary.match(words), base.vocabulary.match(counter)
    return from_matches(base, site, asked, against, background, seed, positives)


def as_match(base: Ground, items: Sequence[int]) -> Match:
    """Items as members: one per family. NotInCatalog where there is no such item."""
    if any(not 0 <= item < len(base.texts) for item in items):
        raise NotInCatalog(f"Items are numbered 0 to {len(base.texts) - 1}. Choose among them.")
    members = np.array(list(dict.fromkeys(base.pools.family[list(items)].tolist())), np.int64)
    texts = tuple(str(base.texts[item]) for item in members)
    return Match(members, texts, (), len(items), "items are different files")


def from_matches(
    base: Ground,
    site: SiteSigns,
    asked: Match,
    against: Match,
    background: Background,
    seed: int = 0,
    positives: NDArray[np.int64] | None = None,
) -> Live:
    """Make a concept from members found already; see `from_words`."""
    concepts.check(asked, against)
    generator = np.random.default_rng(seed)
    pool = base.pools.pool(background, asked.members, generator)
    shared = background != "matched"
    if shared and positives is None:
        positives = site.positives(base.pools.items(background))
    concept = concepts.build(site, pool, positives, generator, against.members)
    if positives is None:
        drawn = nulls.Ground.matched(site, pool)
    else:
        items = base.pools.items(background)
        drawn = nulls.Ground.shared(site, items, positives, np.random.default_rng(0))

    members = len(asked.members)
    null = concepts.null(site, drawn, members, seed + 1) if members > 1 else None
    return Live(concept, asked, against, pool, null)


def words_report(
    catalog: Catalog, site: str, words: Sequence[str], threshold: str | None, background: Background
) -> dict[str, Any]:
    """JSON form of a concept made from words, its null drawn."""
    chosen = catalog.checked(site, threshold, background)
    signs, base = catalog.signs(site, chosen), ground(catalog)
    live = from_words(base, signs, words, background=background)
    concept = live.concept
    null = live.null
    p = null.p(concept.auc, most=nulls.DRAWS)[0] if null and concept.auc is not None else None
    return {
        "name": ",".join(words),
        "site": site,
        "threshold": chosen,
        "background": background,
        "fallback": concept.fallback,
        "small": concept.small,
        "members": concept.members,
        "missing": list(live.words.missing),
        "anchors": concept.members,
        "held_out": concept.members,
        "dimensions": [
            {
                "dimension": int(d),
                "sign": int(s),
                "auc": float(concept.sign_auc[d]),
                "p": float(concept.p[d]),
                "q": float(concept.q[d]),
            }
            for d, s in zip(concept.dimensions, concept.signs, strict=True)
        ],
        "prototype_auc": concept.auc,
        "low": concept.low,
        "high": concept.high,
        "prototype_sd": None,
        "null_mean": null.mean if null else None,
        "null_p95": null.p95 if null else None,
        "p": p,
        "coherence": None,
        "top": top(
            base,
            concept.agreement,
            live.words.members,
            among_equals=concepts.wider(concept, signs),
        ),
    }


def category_report(
    catalog: Catalog, site: str, name: str, threshold: str | None, background: Background
) -> dict[str, Any]:
    """JSON form of a category's feature as the catalog holds it."""
    chosen = catalog.checked(site, threshold, background)
    row = catalog.one(
        feature_queries.feature(name, site, chosen, background),
        f"The catalog has no feature {name!r} at {site}. List them with: dims features, or make "
        "one from words with --words.",
    )
    prototype = catalog.fetch(feature_queries.prototype(name, site, chosen, background))
    members = catalog.fetch(feature_queries.members(name))
    signs, base = catalog.signs(site, chosen), ground(catalog)
    agreement = measure.agreement_of(
        signs.by_dimension,
        signs.items,
        prototype["dimension"].to_numpy(),
        prototype["sign"].to_numpy(),
    )
    return {
        "name": name,
        "site": site,
        "threshold": chosen,
        "background": background,
        "fallback": bool(row["fallback"]),
        "small": bool(row["small"]),
        "anchors": int(row["anchors"]),
        "held_out": int(row["held_out"]),
        "dimensions": prototype.to_dict("records"),
        "prototype_auc": float(row["auc"]),
        "prototype_sd": float(row["sd"]),
        "null_mean": _number(row["null_mean"]),
        "null_p95": _number(row["null_p95"]),
        "p": _number(row["p"]),
        "q": _number(row["q"]),
        "coherence": _number(row["coherence"]),
        "confusable": row["confusable"],
        "confusable_auc": _number(row["confusable_auc"]),
        "top": top(base, agreement, members["item"].to_numpy()),
    }


def top(
    base: Ground,
    agreement: NDArray[np.float32],
    members: NDArray[np.integer],
    count: int = TOP,
    among_equals: NDArray[np.floating] | None = None,
) -> list[dict[str, Any]]:
    """Items that agree most: item, text, agreement, member.

    Ties by the larger value of `among_equals` where it is given, then by number.
    """
    second = agreement if among_equals is None else among_equals
    best = np.lexsort((-second, -agreement))[:count]
    families = set(base.pools.family[members].tolist())
    return [
        {
            "item": int(item),
            "text": str(base.texts[item]),
            "agreement": float(agreement[item]),
            "member": int(base.pools.family[item]) in families,
        }
        for item in best
    ]


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
