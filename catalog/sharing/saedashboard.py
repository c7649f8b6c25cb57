"""A catalog as SAEDashboard's batches: <site>/batch-N.json, a feature a dimension.

The poles of a dimension are its activations, the bands of a catalog in context its bins.
"""

import json
from pathlib import Path
from typing import Any

from catalog.progress import Report, silent
from catalog.sharing import identity, units
from catalog.sharing.neuronpedia import last
from catalog.sharing.units import Unit, Window
from catalog.signs.examples import BAND_NAMES
from catalog.sites import Site
from catalog.store.catalog import Catalog

PER_FILE = 256
"""Features of a file."""
POLE = {"positive": -1.0, "negative": -2.0}
"""What bin_min, bin_max and bin_contains are of a pole: -1 is SAEDashboard's own for the top."""
_EMPTY = (
    "neuron_alignment_indices", "neuron_alignment_values", "neuron_alignment_l1",
    "correlated_neurons_indices", "correlated_neurons_l1", "correlated_neurons_pearson",
    "correlated_features_indices", "correlated_features_l1", "correlated_features_pearson",
    "neg_str", "neg_values", "pos_str", "pos_values", "logits_hist_data_bar_heights",
    "logits_hist_data_bar_values", "decoder_weights_dist", "vector",
)  # fmt: skip
"""Lists that a dimension has nothing for: logits, and neurons of a dictionary."""


def write(catalog: Catalog, folder: Path, report: Report = silent) -> dict[str, int]:
    """Write the batches of every site; how many features and activations."""
    units.check(catalog, "saedashboard")
    counts = {"features": 0, "activations": 0}
    names = catalog.site_names
    for done, site in enumerate(names):
        report("sites", done, len(names))
        block: list[dict[str, Any]] = []
        number = 0
        for unit in units.of_site(catalog, site, catalog.primary.threshold):
            block.append(_feature(catalog, unit))
            counts["features"] += 1
            counts["activations"] += len(unit.windows)
            if len(block) == PER_FILE:
                _batch(catalog, folder / site, number, block)
                block, number = [], number + 1
        if block:
            _batch(catalog, folder / site, number, block)
    report("sites", len(names), len(names))
    return counts


def _batch(catalog: Catalog, folder: Path, number: int, features: list[dict[str, Any]]) -> None:
    site = Site.parse(folder.name)
    whole = {
        "model_id": identity.shown_model(catalog),
        "layer": last(catalog) if site.layer is None else site.layer,
        "sae_set": f"dims-{site.kind}",
        "sae_id_suffix": None,
        "features": features,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"batch-{number}.json").write_text(json.dumps(whole), "utf-8")


def _feature(catalog: Catalog, unit: Unit) -> dict[str, Any]:
    middles, heights = unit.histogram()
    longest = max((len(one.tokens) for one in unit.windows), default=1)
    return {
        "feature_index": unit.number,
        "frac_nonzero": float(unit.row["share_positive"]),
        "freq_hist_data_bar_values": middles,
        "freq_hist_data_bar_heights": heights,
        "n_prompts_total": len(catalog.items),
        "n_tokens_in_prompt": longest,
        "dataset": str(catalog.build["reading"]),
        "activations": [_activation(unit, one) for one in unit.windows],
        **{name: [] for name in _EMPTY},
    }


def _activation(unit: Unit, window: Window) -> dict[str, Any]:
    low, high, share = (POLE.get(window.part, 0.0),) * 3
    if window.part in BAND_NAMES:
        width = (float(unit.row["high"]) - float(unit.row["low"])) / len(BAND_NAMES)
        low = float(unit.row["low"]) + width * BAND_NAMES.index(window.part)
        high, share = low + width, 1 / len(BAND_NAMES)
    return {
        "bin_min": low,
        "bin_max": high,
        "bin_contains": share,
        "tokens": list(window.tokens),
        "values": list(window.values),
        "qualifying_token_index": window.at,
    }
