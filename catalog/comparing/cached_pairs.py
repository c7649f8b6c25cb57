"""Comparisons as commands and pages ask for them: computed once, then read from the cache.

Each has a `stored_*` that only looks and a maker that computes what is missing. A maker may be told
how to get states; `report` may raise to cancel, and nothing is left behind.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.comparing import matching, matching_nulls, side_by_side, sides
from catalog.comparing.pairs import Shared
from catalog.comparing.sides import Side
from catalog.features.pools import Pools, Traits
from catalog.modalities.backgrounds import OWN
from catalog.progress import Report, silent
from catalog.signs.significance import LEVEL
from catalog.store import cache
from catalog.store.cache import Result
from catalog.store.catalog import Catalog

States = Callable[[Side, NDArray[np.integer], Report], NDArray[np.float32]]
"""Side, its items, progress -> float32[items, dims]."""
BINS = 60


def settings_of(a: Side, b: Side, **more: Any) -> dict[str, Any]:
    """What names a comparison besides the content hashes."""
    return {"a": [a.site, a.threshold], "b": [b.site, b.threshold], **more}


def _path(kind: str, a: Side, b: Side, **more: Any) -> Path:
    return cache.path_of(kind, [a.content_hash, b.content_hash], settings_of(a, b, **more))


def stored_matches(
    a: Side, b: Side, draws: int = matching_nulls.DRAWS, seed: int = 0, rotation: bool = False
) -> Result | None:
    """Matches with the rotation null where they were computed, else (unless asked) without."""
    whole = cache.load(_path("matches", a, b, draws=draws, seed=seed, rotation=True))
    if whole is not None or rotation:
        return whole
    return cache.load(_path("matches", a, b, draws=draws, seed=seed, rotation=False))


def matches(
    a: Side,
    b: Side,
    states: States | None,
    draws: int = matching_nulls.DRAWS,
    seed: int = 0,
    report: Report = silent,
) -> Result:
    """Match the dimensions of two places; see `matching`. Without `states` one null is missing."""
    found = stored_matches(a, b, draws, seed, rotation=states is not None)
    if found is not None:
        return found
    both = sides.shared(a.catalog, b.catalog)
    read = None if states is None else states(b, both.b, report)
    first, second = sides.bits(a, both.a), sides.bits(b, both.b)
    made = matching.match(first, second, read, draws, seed, report)
    path = _path("matches", a, b, draws=draws, seed=seed, rotation=read is not None)
    return cache.save(path, Result(_match_summary(made), _match_tables(made)))


def _match_summary(found: matching.Matching) -> dict[str, Any]:
    word, sentence = matching.verdict(found)
    known = {
        "items": found.items,
        "pairs": len(found.pairs.a),
        "degenerate_a": found.degenerate[0],
        "degenerate_b": found.degenerate[1],
        "mean_phi": float(found.pairs.held_out.mean()),
        "verdict": word,
        "sentence": sentence,
        "reversed": int((found.pairs.polarity < 0).sum()),
    }
    for name, beaten in (("null", found.items_null), ("rotation_null", found.rotation)):
        known[f"share_above_{name}"] = beaten.share if beaten else None
        known[f"share_over_p95_of_{name}"] = beaten.above if beaten else None
        known[f"{name}_p95"] = beaten.p95 if beaten else None
        known[f"{name}_mean"] = beaten.null_mean if beaten else None
        known[f"{name}_draws"] = beaten.draws if beaten else None
    return known


def _match_tables(found: matching.Matching) -> dict[str, pd.DataFrame]:
    one, turned = found.pairs, found.rotation
    missing = np.full(len(one.a), np.nan)
    frame = pd.DataFrame(
        {
            "a": one.a,
            "b": one.b,
            "polarity": one.polarity,
            "phi": one.held_out,
            "phi_max": found.largest,
            "phi_chosen": one.chosen,
            "p": found.items_null.p,
            "q": found.items_null.q,
            "rotation_p": turned.p if turned else missing,
            "rotation_q": turned.q if turned else missing,
        }
    ).sort_values("phi", ascending=False, ignore_index=True)
    return {"pairs": frame, "histogram": _histogram(found)}


def _histogram(found: matching.Matching) -> pd.DataFrame:
    """Share of matches in equal bins of held-out |phi|: low, high, and a column for each set."""
    named = {"observed": found.pairs.held_out, **found.nulls}
    values = [one.ravel() for one in named.values()]
    edges = np.linspace(min(v.min() for v in values), max(v.max() for v in values), BINS + 1)
    shares = {
        name: np.histogram(v, edges)[0] / v.size for name, v in zip(named, values, strict=True)
    }
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], **shares})


def stored_categories(a: Side, b: Side) -> Result | None:
    """The paired category table, where it was computed."""
    return cache.load(_categories_path(a, b))


def _categories_path(a: Side, b: Side) -> Path:
    """Findings carry the word lists: other findings, other members."""
    lists = [str(side.build["findings_hash"]) for side in (a, b)]
    return _path("categories", a, b, lists=lists, background=a.catalog.primary.background)


def categories(a: Side, b: Side, report: Report = silent) -> Result:
    """Every shared category at two places, paired over families: see `side_by_side.paired`.

    Told apart from the primary background of the modality, drawn among the shared families.
    """
    path = _categories_path(a, b)
    found = cache.load(path)
    if found is not None:
        return found
    both = sides.shared(a.catalog, b.catalog)
    frame = side_by_side.paired(
        sides.site_signs(a, both.a),
        sides.site_signs(b, both.b),
        _shared_pools(a.catalog, both),
        sides.shared_members(a.catalog, b.catalog, both),
        a.catalog.primary.background,
        report,
    )
    return cache.save(path, Result(_categories_summary(frame, len(both)), {"categories": frame}))


def _shared_pools(catalog: Catalog, both: Shared) -> Pools:
    """Backgrounds among the shared families, each of which is a family of its own here."""
    items = catalog.items.iloc[both.a]
    kind, rows = items["kind"].tolist(), np.arange(len(both))
    if OWN.isdisjoint(catalog.backgrounds):
        return Pools(kind, rows)
    return Pools(kind, rows, Traits.of(catalog.spelled[both.a].tolist(), kind, rows))


def _categories_summary(frame: pd.DataFrame, items: int) -> dict[str, Any]:
    judged = frame[~frame["small"]]
    clear = judged[judged["q"] < LEVEL]
    return {
        "items": items,
        "categories": len(frame),
        "judged": len(judged),
        "a_better": int((clear["difference"] > 0).sum()),
        "b_better": int((clear["difference"] < 0).sum()),
        "appeared": int((frame["change"] == "appeared").sum()),
        "vanished": int((frame["change"] == "vanished").sum()),
        "mean_difference": float(judged["difference"].mean()) if len(judged) else None,
    }
