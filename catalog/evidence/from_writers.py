"""Rows of who writes features: coalitions of FFN neurons, single neurons, and ablating them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from catalog.building import reopen
from catalog.circuits import ablate, ablation_items, measure, subjects, writers
from catalog.errors import SettingRefused
from catalog.evidence.cell import FEWEST, Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Row, judge, judge_absence, untested
from catalog.modalities import Modality
from catalog.model import down_projection
from catalog.model.columns import Columns
from catalog.model.loading import LoadedModel
from catalog.progress import Report
from catalog.signs.resampling import clustered, nested, strongest
from catalog.store import queries, writer_queries

KEYS = ("coalitions", "writers", "ablation", "ablation_spares")
MOST = 24
"""Categories looked at where the catalog does not hold their writers yet, chosen at random."""
DRAWS = 100
"""Null item sets for each of them."""
ABLATED, HEAVY = 16, 10
"""Categories whose writers are ablated, chosen at random; of a heavy model."""
NEURONS = 20


def rows(cell: Cell, model: LoadedModel | None, report: Report) -> list[Row]:
    """Coalitions, single writers, and what ablation does; untested where too little is there."""
    try:
        columns = None if model is None else down_projection.before(model, cell.site).columns
        found = _stored(cell)
        if found.empty and columns is not None and not cell.too_few:
            found = _measured(cell, columns, report)
    except SettingRefused as error:
        return [untested(CLAIMS[key], str(error), cell.name) for key in KEYS]
    if found.empty and columns is None:
        return [untested(CLAIMS[key], NO_MODEL, cell.name) for key in KEYS]
    if len(found) < FEWEST:
        reason = (
            f"Only {len(found)} features have {writers.FEWEST} dimensions and 40 families here; "
            f"{FEWEST} are needed."
        )
        return [untested(CLAIMS[key], cell.too_few or reason, cell.name) for key in KEYS]
    made = [coalition_row(cell, found), writer_row(cell, found)]
    if model is None or columns is None:
        return [*made, *(untested(CLAIMS[key], NO_MODEL, cell.name) for key in KEYS[2:])]
    live = _Live(model, reopen.reopen(cell.catalog, model), columns)
    return [*made, *_ablated_rows(cell, found, live, report)]


NO_MODEL = "This needs the model, which is not there."


def _stored(cell: Cell) -> pd.DataFrame:
    """Rows of `coalition` with a verdict at the primary cell, as `dims writers` left them."""
    if "coalition" not in set(cell.catalog.fetch(queries.tables())["table"]):
        return pd.DataFrame()
    return cell.catalog.fetch(writer_queries.with_verdict(str(cell.site), cell.threshold))


def _measured(cell: Cell, columns: Columns, report: Report) -> pd.DataFrame:
    """The same, made here for at most MOST categories."""
    order = np.random.default_rng(0).permutation(len(cell.categories))[:MOST]
    names = {cell.categories[place].name for place in order}

    def wanted(one: subjects.Subject) -> bool:
        return one.kind == "category" and one.name in names and one.able

    site = str(cell.site)
    found = measure.measure(cell.catalog, columns, site, cell.threshold, report, DRAWS, wanted)
    return pd.DataFrame(found.coalitions)


def coalition_row(cell: Cell, found: pd.DataFrame) -> Row:
    """Share of features whose coalition agrees above 0.70 on dimensions that did not choose it."""
    claim, generator = CLAIMS["coalitions"], np.random.default_rng(0)
    above = (found["held_out"] > writers.WRITES).to_numpy(float)
    null = np.array([np.mean(np.asarray(one) > writers.WRITES) for one in found["nulls"]])
    names = np.arange(len(found))
    figure = clustered(above, names, generator)
    over = {"random item sets": clustered(above - null, names, generator)}
    verdict, reason = judge(claim, figure.value, over["random item sets"], over["random item sets"])
    held = clustered(found["held_out"].to_numpy(), names, generator)
    beyond = clustered((found["held_out"] - found["null_mean"]).to_numpy(), names, generator)
    controls = {
        "random item sets": float(null.mean()),
        "mean held-out agreement": held.value,
        "mean held-out agreement, random item sets": float(found["null_mean"].mean()),
        "held-out agreement, feature - random sets, low": beyond.low,
        "held-out agreement, feature - random sets, high": beyond.high,
        "held-out agreement, Gaussian p95": float(found["gaussian_p95"].mean()),
        "held-out agreement, permuted p95": float(found["permuted_p95"].mean()),
        "share with q < 0.05": float((found["q"] < 0.05).mean()),
        "paper's procedure (in sample)": float((found["in_sample"] > writers.WRITES).mean()),
        "paper's procedure, mean agreement": float(found["in_sample"].mean()),
        "paper's procedure on Gaussian weights, mean agreement": float(
            found["gaussian_in_sample"].mean()
        ),
    }
    curves = {"sorted held-out agreement": np.sort(found["held_out"].to_numpy()).tolist()}
    return Row(
        claim, verdict, reason, cell.name, figure, controls, strongest(over), len(found),
        "categories", curves,
    )  # fmt: skip


def writer_row(cell: Cell, found: pd.DataFrame) -> Row:
    """Share of features with a single neuron above 0.70 and above the nulls' 95th percentiles."""
    claim, generator = CLAIMS["writers"], np.random.default_rng(0)
    has, names = (found["writers"] > 0).to_numpy(float), np.arange(len(found))
    figure = clustered(has, names, generator)
    null = found["null_writers"].to_numpy(float)
    over = clustered(has - np.maximum(null, 0.05), names, generator)
    verdict, reason = judge(claim, figure.value, clustered(has - null, names, generator), over)
    controls = {
        "expected by chance": 0.05,
        "random item sets": float(null.mean()),
        "paper's procedure (above 0.70 alone)": float((found["best"] > writers.WRITES).mean()),
        "paper's procedure, Gaussian weights' p95 of the best neuron": float(
            found["best_gaussian_p95"].mean()
        ),
        "mean of the best neuron's max(a, 1 - a)": float(found["best"].mean()),
    }
    return Row(
        claim, verdict, reason, cell.name, figure, controls, "expected by chance", len(found),
        "categories",
    )  # fmt: skip


@dataclass(frozen=True)
class _Live:
    """The model, to ablate in."""

    model: LoadedModel
    modality: Modality
    columns: Columns


def _ablated_rows(cell: Cell, found: pd.DataFrame, live: _Live, report: Report) -> list[Row]:
    """Ablate the writers of some features; those without matched random neurons are counted."""
    order = np.random.default_rng(0).permutation(len(found))[: HEAVY if cell.heavy else ABLATED]
    made: list[ablate.Ablated] = []
    refused = 0
    for done, place in enumerate(order):
        report("ablations", done, len(order))
        try:
            made.append(_ablated(cell, str(found["name"].iloc[place]), live))
        except SettingRefused:  # no random neurons as active: counted beside the figure
            refused += 1
    return ablation_rows(cell.name, made, refused)


def ablation_rows(cell: str, made: list[ablate.Ablated], refused: int) -> list[Row]:
    """What writers carry beyond random neurons on other dimensions, and that others keep theirs."""
    claim, spares = CLAIMS["ablation"], CLAIMS["ablation_spares"]
    if len(made) < FEWEST:
        reason = f"Only {len(made)} features have matched random neurons."
        return [untested(one, reason, cell) for one in (claim, spares)]
    generator = np.random.default_rng(0)
    figure, aside = (
        nested([np.array([part.difference.value]) for part in parts], generator).reversed()
        for parts in ([one.members for one in made], [one.background for one in made])
    )
    carried = judge(claim, figure.value, figure, figure)
    spared = judge_absence(spares, aside, "loss of agreement", both_sides=True)
    controls: dict[str, Any] = {
        "random neurons": -float(np.mean([one.members.random.value for one in made])),
        "the writers": -float(np.mean([one.members.writers.value for one in made])),
        "the writers, on the dimensions that chose them": -float(np.mean([m.same for m in made])),
        "share of features that carry": float(
            np.mean([one.members.verdict == "carry the feature" for one in made])
        ),
        "features without matched neurons": float(refused),
    }
    others = {
        "the writers": -float(np.mean([one.background.writers.value for one in made])),
        "random neurons": -float(np.mean([one.background.random.value for one in made])),
        "loss of the feature's own members": figure.value,
    }
    return [
        Row(
            claim,
            *carried,
            cell,
            figure,
            controls,
            "random neurons",
            len(made),
            "categories",
            sides=("the writers", "random neurons"),
        ),
        Row(
            spares,
            *spared,
            cell,
            aside,
            others,
            "random neurons",
            len(made),
            "categories",
            sides=("the writers", "random neurons"),
        ),
    ]


def _ablated(cell: Cell, name: str, live: _Live) -> ablate.Ablated:
    where = cell.catalog, "category", name, str(cell.site), cell.threshold
    target = ablation_items.target(*where)
    sizes = ablate.Sizes(NEURONS)
    return ablate.run(live.model, live.modality, target, sizes, written=live.columns)
