"""A catalog as Neuronpedia's import expects it: v1/<model>/<source>/{features,activations,...}.

A source is a site, a feature one of its dimensions, a signed prototype a vector to steer with.
Neuronpedia's ids of sources begin with the number of a block: resid.5 is `5-dims-resid`.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from catalog.progress import Report, silent
from catalog.sharing import directions, identity, units
from catalog.sharing.units import Unit, Window
from catalog.sites import Site
from catalog.store.catalog import Catalog
from catalog.workspace.transfer import neuronpedia as explaining

CREATOR = "dimension-catalog"
PER_FILE = 256
"""Features of a file."""
NOTE = (
    "A feature is one hidden-state dimension, whose two signs count alike: activations of both "
    "poles are given. Its vector is left out, being one axis."
)


def write(catalog: Catalog, folder: Path, report: Report = silent) -> dict[str, int]:
    """Write features, activations and vectors of every site; how many of each."""
    units.check(catalog, "neuronpedia")
    model = identity.shown_model(catalog)
    place = folder / "v1" / quote(model, safe="")
    counts = {"features": 0, "activations": 0, "vectors": 0}
    for done, site in enumerate(catalog.site_names):
        report("sites", done, len(catalog.site_names))
        source = explaining.source_of(Site.parse(site), last(catalog))
        own = place / source
        features, activations = _site(catalog, site, own)
        counts["features"] += features
        counts["activations"] += activations
        _described(catalog, model, site, own)
    counts["vectors"] = directions.neuronpedia_vectors(catalog, place / "vectors")
    report("sites", len(catalog.site_names), len(catalog.site_names))
    return counts


def last(catalog: Catalog) -> int:
    """Number of the last block: `final` counts as it."""
    return int(catalog.sites["layer"].max() or 0)


def _site(catalog: Catalog, site: str, folder: Path) -> tuple[int, int]:
    features = activations = 0
    block: list[Unit] = []
    number = 0
    for unit in units.of_site(catalog, site, catalog.primary.threshold):
        block.append(unit)
        features += 1
        activations += len(unit.windows)
        if len(block) == PER_FILE:
            _batch(catalog, folder, number, block)
            block, number = [], number + 1
    if block:
        _batch(catalog, folder, number, block)
    return features, activations


def _batch(catalog: Catalog, folder: Path, number: int, block: list[Unit]) -> None:
    made = catalog.build["built_at"]
    head = {"modelId": identity.shown_model(catalog), "layer": folder.name}
    rows = ({**_feature(unit, made), **head} for unit in block)
    _lines(folder / "features" / f"batch-{number}.jsonl.gz", rows)
    shown = (
        {**_activation(unit, window, rank), **head}
        for unit in block
        for rank, window in enumerate(unit.windows)
    )
    _lines(folder / "activations" / f"batch-{number}.jsonl.gz", shown)


def _feature(unit: Unit, made: datetime) -> dict[str, Any]:
    """Fields of a feature; those of logits are empty, since a dimension alone has none."""
    middles, heights = unit.histogram()
    empty = ("topkCosSimIndices", "topkCosSimValues", "neg_str", "neg_values", "pos_str",
             "pos_values", "logits_hist_data_bar_heights", "logits_hist_data_bar_values",
             "decoder_weights_dist", "vector")  # fmt: skip
    return {
        "index": str(unit.number),
        "creatorId": CREATOR,
        "createdAt": made.isoformat(),
        "maxActApprox": float(unit.row["maximum"]),
        "hasVector": False,
        "vectorLabel": None,
        "vectorDefaultSteerStrength": None,
        "hookName": None,
        "frac_nonzero": float(unit.row["share_positive"]),
        "freq_hist_data_bar_heights": heights,
        "freq_hist_data_bar_values": middles,
        "sourceSetName": "dims",
        **{name: [] for name in empty},
    }


def _activation(unit: Unit, window: Window, rank: int) -> dict[str, Any]:
    values = list(window.values)
    largest = max(range(len(values)), key=values.__getitem__)
    band = int(window.part.split()[1]) if window.part.startswith("band") else None
    return {
        "id": f"{unit.number}-{window.part.replace(' ', '')}-{rank}",
        "index": str(unit.number),
        "tokens": list(window.tokens),
        "values": values,
        "maxValue": values[largest],
        "maxValueTokenIndex": largest,
        "minValue": min(values),
        "dataSource": window.part,
        "binMin": None,
        "binMax": None,
        "binContains": None if band is None else 0.2,
        "qualifyingTokenIndex": window.at,
    }


def _described(catalog: Catalog, model: str, site: str, folder: Path) -> None:
    """The one-line files that say what model, release and source these are."""
    made = catalog.build["built_at"].isoformat()
    kind = Site.parse(site).kind
    base = {"creatorId": CREATOR, "createdAt": made}
    name = f"dims-{kind}"
    rows: dict[str, dict[str, Any]] = {
        "model": {**base, "id": model, "displayName": model, "displayNameShort": model,
                  "layers": last(catalog), "instruct": False, "updatedAt": made},
        "release": {**base, "name": catalog.slug, "description": NOTE,
                    "descriptionShort": "Dimensions by sign", "urls": [],
                    "creatorName": CREATOR, "creatorNameShort": CREATOR},
        "sourceset": {**base, "modelId": model, "name": name, "releaseName": catalog.slug,
                      "description": NOTE, "creatorName": CREATOR, "visibility": "PUBLIC"},
        "source": {**base, "modelId": model, "setName": name, "id": folder.name,
                   "visibility": "PUBLIC", "dataset": f"reading {catalog.build['reading']}",
                   "num_prompts": len(catalog.items), "num_tokens_in_prompt": 1},
    }  # fmt: skip
    for what, row in rows.items():
        (folder / f"{what}.jsonl").write_text(json.dumps(row) + "\n", "utf-8")


def _lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=6) as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")
