"""The row of learned dictionaries: do prototypes read categories better than their latents?"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catalog.building import reopen
from catalog.errors import NotInCatalog, SettingRefused, listed
from catalog.evidence import contest
from catalog.evidence.cell import FEWEST, Cell
from catalog.evidence.contest import (
    AT_K,
    LATENTS,
    MEANS,
    PROBE,
    PROTOTYPE,
    RANDOM,
    SIGNS,
    Found,
    Ground,
)
from catalog.evidence.units import SIZES
from catalog.evidence.verdicts import Claim, Row, judge, record, untested
from catalog.features import findings
from catalog.model import dictionaries, opening, quick
from catalog.model.dictionaries import Dictionary
from catalog.progress import Report, silent
from catalog.signs.resampling import Interval, nested
from catalog.sites import Site
from catalog.store import contest_queries, feature_queries, queries
from catalog.store import replacing as store
from catalog.store.catalog import Catalog

CLAIM = Claim(
    "dictionary",
    "Prototypes of signs read categories better than a learned dictionary's latents.",
    "held-out AUC, k strongest signs minus k strongest latents, at the k where this is least",
    "prototypes win 173 of 175 categories against the single best latent of Gemma Scope 2",
    "Every category with its matched background, 20 splits. Signs, latents, directions of a random "
    "dictionary of equal size and sparsity, PCA axes and values of the dimensions: each kind's k "
    "strongest units on the anchors, k = 1, 2, 4, 8, 16, 64, scored on held-out members. Null: the "
    "random dictionary. Control: the latents, at every k: the least difference counts. The paper "
    "compares a whole prototype with one latent: beside, under its name. Bootstrap over "
    "categories, then families.",
    needs_model=True,
)
CLAIMS = {CLAIM.key: CLAIM}
_WON = "paper's comparison: categories won, whole prototype v one latent"


def measure(
    catalog: Catalog,
    folder: Path,
    site: str | None = None,
    model: str | None = None,
    report: Report = silent,
) -> dict[str, Any]:
    """Hold the contest and keep it in the catalog; returns the row as the evidence table has it.

    `site` says where the dictionary reads where its config does not; `model` where the model lies
    now. SettingRefused for a dictionary of another width or site, ModelUnavailable without a model.
    """
    made = dictionaries.read(folder, site)
    _check(catalog, made)
    store.ask(catalog.path)
    if not catalog.measured:
        findings.measure(catalog, report=report, matched_nulls="primary")
    cell = Cell.read(catalog)
    ground = Ground.of(cell)
    if len(ground.categories) < FEWEST:
        raise SettingRefused(
            f"Only {len(ground.categories)} categories of {catalog.slug} have 40 families; "
            f"{FEWEST} are needed for a contest. Build it with more items, or give longer lists."
        )
    loaded = opening.of(catalog, model)
    modality = reopen.reopen(catalog, loaded)
    rows, done = [], 0
    batch = min(int(cell.build["batch_size"]), len(ground.items))
    for part, seen in quick.batches(loaded, modality, [made.site], ground.items, batch):
        rows.append(seen[made.site].cpu().numpy())
        done += len(part)
        report("states", done, len(ground.items))
    cut = catalog.cuts(str(made.site), cell.threshold)
    found = contest.run(ground, np.concatenate(rows), cut, made, report)
    row = of(cell, made, found)
    _keep(catalog, made, found, record(row))
    return record(row)


def held(catalog: Catalog) -> list[dict[str, Any]]:
    """The row that a contest gives the evidence table; none before one was held."""
    if "dictionary" not in set(catalog.fetch(queries.tables())["table"]):
        return []  # a catalog of an earlier version
    return [json.loads(one) for one in catalog.fetch(contest_queries.dictionaries())["verdict"]]


def _plain(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows whose missing values are None."""
    records = rows.to_dict("records")
    return [{str(n): None if pd.isna(v) else v for n, v in one.items()} for one in records]


def _check(catalog: Catalog, made: Dictionary) -> None:
    """Refuse a dictionary that does not read this catalog's states."""
    name = str(made.site)
    if catalog.modality != "text":
        raise SettingRefused(f"{catalog.slug} is no catalog of text: its sites have no dictionary.")
    if name not in catalog.site_names:
        raise NotInCatalog(
            f"{made.name} reads {name}, and {catalog.slug} holds {listed(catalog.site_names)}. "
            "Take the dictionary of one of these sites, or build the catalog with that one."
        )
    dims = int(catalog.sites.set_index("site").dims[name])
    if made.dims != dims:
        raise SettingRefused(
            f"{made.name} reads {made.dims} dimensions, and {name} of {catalog.slug} has {dims}: "
            "it belongs to another model. Take the dictionary of this one."
        )


def of(cell: Cell, made: Dictionary, found: Found) -> Row:
    """The row of a contest."""
    where = _cell(cell, made.site)
    if len(found.names) < FEWEST:
        return untested(CLAIM, cell.too_few or "Too few categories.", where)
    generator = np.random.default_rng(0)
    over = {k: nested(found.paired((SIGNS, k), (LATENTS, k)), generator) for k in SIZES}
    worst = min(over, key=lambda k: over[k].low)
    null = nested(found.paired((SIGNS, worst), (RANDOM, worst)), generator)
    verdict, reason = judge(CLAIM, over[worst].value, null, over[worst])
    controls = _controls(found, worst) | _differences(over)
    first, second = f"{SIGNS}, k = {worst}", f"{LATENTS}, k = {worst}"
    return Row(
        CLAIM,
        verdict,
        reason,
        where,
        over[worst],
        controls,
        second,
        len(found.names),
        "categories",
        _curves(found),
        sides=(first, second),
    )


def _cell(cell: Cell, site: Site) -> str:
    return (
        f"{site}, threshold {cell.threshold}, background {cell.background}, reading "
        f"{cell.build['reading']}"
    )


def _controls(found: Found, worst: int) -> dict[str, float]:
    """Mean AUCs at k = 1 and at the k that counts, the paper's comparison, what stands beside."""
    told: dict[str, float] = {}
    for k in sorted({1, worst}):
        told |= {f"{kind}, k = {k}": float(found.aucs(kind, k).mean()) for kind in AT_K}
    whole, single = found.aucs(PROTOTYPE, 0), found.aucs(LATENTS, 1)
    told[_WON] = float((whole > single).sum())
    told["whole prototype"] = float(whole.mean())
    told[MEANS] = float(found.aucs(MEANS, 0).mean())
    if found.probes:
        told[f"{PROBE} ({len(found.probes)} categories, one split)"] = float(
            np.mean(list(found.probes.values()))
        )
    told["latents that fire, of an item"] = found.active
    told["variance explained"] = found.explained
    told["share of latents that never fire"] = found.silent
    return told


def _differences(over: dict[int, Interval]) -> dict[str, float]:
    found = {}
    for k, one in over.items():
        found[f"signs - latents, k = {k}"] = one.value
        found[f"its lower end, k = {k}"] = one.low
        found[f"its upper end, k = {k}"] = one.high
    return found


def _curves(found: Found) -> dict[str, list[float]]:
    """Mean AUC of each kind of unit at each k."""
    return {"k": [float(k) for k in SIZES]} | {
        kind: [float(found.aucs(kind, k).mean()) for k in SIZES] for kind in AT_K
    }


def _keep(catalog: Catalog, made: Dictionary, found: Found, row: dict[str, Any]) -> None:
    """Put the contest in place of an earlier one with this dictionary; the row ends the table."""
    own = {
        "name": made.name,
        "site": str(made.site),
        "kind": made.kind,
        "latents": made.latents,
        "sha256": made.sha256,
        "items": found.items,
        "active": found.active,
        "silent": found.silent,
        "explained": found.explained,
        "verdict": json.dumps(row),
    }
    rows = [
        {"dictionary": made.name, "category": name, "unit": kind, "k": k, "auc": float(auc)}
        for (kind, k) in found.ranks[0]
        for name, auc in zip(found.names, found.aucs(kind, k), strict=True)
    ]
    rows += [
        {"dictionary": made.name, "category": name, "unit": PROBE, "k": 0, "auc": auc}
        for name, auc in found.probes.items()
    ]
    tables: dict[str, list[dict[str, Any]]] = {"dictionary": [own], "contest": rows}
    known = set(catalog.fetch(queries.tables())["table"])
    stored = catalog.fetch(feature_queries.evidence()) if "evidence" in known else pd.DataFrame()
    if len(stored):  # else the other claims wait to be tested, and this row with them
        kept = [*_plain(stored[stored["claim"] != CLAIM.key]), row]
        tables["evidence"] = [{**one, "position": place} for place, one in enumerate(kept)]
    store.write(catalog.path, tables)
