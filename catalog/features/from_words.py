"""One feature as a person asks for it: a category of the catalog, or words made up on the spot."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from catalog.errors import SettingRefused
from catalog.features import agreeing, concepts, lexicon, nulls, pools
from catalog.features.agreeing import Agreeing
from catalog.features.categories import Match, Vocabulary
from catalog.features.numbered import Numbered
from catalog.modalities.backgrounds import Background
from catalog.signs.prototypes import Ints
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

FEWEST_NEGATIVES = 2
"""Items that a background must leave to tell a concept's members apart from."""


@dataclass(frozen=True)
class Ground:
    """What every live feature of one catalog needs; made once and kept."""

    vocabulary: Vocabulary
    pools: pools.Pools


def words_of(text: str) -> tuple[str, ...]:
    """Words between spaces, line ends, commas and semicolons; each once, in order."""
    found: list[str] = []
    for piece in text.split():
        found += [part for part in re.split("[,;]", piece) if part] or [piece]
    return tuple(dict.fromkeys(found))


def ground(catalog: Catalog) -> Ground:
    """What is read of a catalog's items, once per file: a second for 150,000 of them."""
    return catalog.remembered(("ground",), lambda: _ground(catalog))


def _ground(catalog: Catalog) -> Ground:
    textual = catalog.modality == "text"
    found = lexicon.vocabulary_of(catalog) if textual else Numbered(catalog.families)
    return Ground(found, lexicon.pools_of(catalog))


@dataclass(frozen=True)
class Live:
    """A concept just made, with what it was made from."""

    concept: concepts.Concept
    words: Match
    counter: Match
    pool: pools.Pool
    signs: SiteSigns
    drawn_from: nulls.Ground
    seed: int

    def null(self) -> nulls.Null:
        """Its null, a new one with nothing drawn: `null.p(auc)` draws, with progress.

        SettingRefused for a single word.
        """
        return concepts.null(self.signs, self.drawn_from, len(self.words.members), self.seed + 1)

    def agreeing(self, catalog: Catalog) -> Agreeing:
        """Every item beside it; equals ordered by the strongest dimensions, registered or not."""
        wider = concepts.wider(self.concept, self.signs)
        return agreeing.of(catalog, self.concept.agreement, self.words.members, wider)


def made(
    catalog: Catalog,
    site: str,
    threshold: str,
    words: Sequence[str],
    counter: Sequence[str] = (),
    background: Background | None = None,
    seed: int = 0,
) -> Live:
    """Make a concept from words, by default against the catalog's primary background.

    Of images and sounds the words are numbers such as #12; of tokens in context they may be, for
    positions that a person marked. There one fixed position stands for each family. NotInCatalog or
    SettingRefused where they cannot make one.
    """
    base, against = ground(catalog), background or catalog.primary.background
    asked, others = base.vocabulary.match(words), base.vocabulary.match(counter)
    concepts.check(asked, others)
    signs = replace(catalog.signs(site, threshold), standing=None)
    generator = np.random.default_rng(seed)
    pool = base.pools.pool(against, asked.members, generator)
    if len(pool.negatives) < FEWEST_NEGATIVES:
        raise SettingRefused(
            f"The background {against} leaves {len(pool.negatives)} items to tell these apart "
            "from. Choose another background, or fewer words."
        )
    positives = lexicon.positives(catalog, site, threshold, against)
    concept = concepts.build(signs, pool, positives, generator, others.members)
    drawn_from = _drawn_from(signs, base.pools, pool, positives)
    return Live(concept, asked, others, pool, signs, drawn_from, seed)


def _drawn_from(
    signs: SiteSigns, whole: pools.Pools, pool: pools.Pool, positives: Ints | None
) -> nulls.Ground:
    if positives is None:
        return nulls.Ground.matched(signs, pool)
    items = whole.items(pool.background)
    return nulls.Ground.shared(signs, items, positives, np.random.default_rng(0))


def words_report(
    catalog: Catalog, site: str, words: Sequence[str], threshold: str | None, background: Background
) -> dict[str, Any]:
    """JSON form of a concept made from words, its null drawn."""
    chosen = catalog.checked(site, threshold, background)
    live = made(catalog, site, chosen, words, background=background)
    concept, null, p = live.concept, None, None
    if concept.auc is not None:
        null = live.null()
        p = null.p(concept.auc, most=nulls.DRAWS)[0]
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
        "reliability": None,
        "null_mean": null.mean if null else None,
        "null_p95": null.p95 if null else None,
        "p": p,
        "coherence": None,
        "top": live.agreeing(catalog).top().to_dict("records"),
    }


def category_report(
    catalog: Catalog, site: str, name: str, threshold: str | None, background: Background
) -> dict[str, Any]:
    """JSON form of a category's feature as the catalog holds it."""
    chosen = catalog.checked(site, threshold, background)
    row = catalog.one(
        feature_queries.feature(name, site, chosen, background),
        f"The catalog has no feature {name!r} at {site}. List them with: "
        f"dims features {catalog.slug} --stored, or make one from words with --words.",
    )
    prototype = catalog.fetch(feature_queries.prototype(name, site, chosen, background))
    members = catalog.fetch(feature_queries.members(name))
    found = agreeing.with_prototype(catalog, site, chosen, prototype, members["item"].to_numpy())
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
        "low": _number(row["auc_low"]),
        "high": _number(row["auc_high"]),
        "reliability": _number(row["reliability"]),
        "null_mean": _number(row["null_mean"]),
        "null_p95": _number(row["null_p95"]),
        "p": _number(row["p"]),
        "q": _number(row["q"]),
        "coherence": _number(row["coherence"]),
        "confusable": row["confusable"],
        "confusable_auc": _number(row["confusable_auc"]),
        "top": found.top().to_dict("records"),
    }


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)
