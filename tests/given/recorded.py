"""Recorded figures of the models that ship, and how today's are compared with them.

`recorded.json` was written when the method of docs/method.md was amended for the second release, on
the machine it names. There hashes must be equal; elsewhere the last bit of a state may differ, so
only the figures are compared, each within its tolerance. A figure that changes on purpose is
recorded anew with its reason in REASONS.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.store import feature_queries
from catalog.store.catalog import Catalog

RECORDED = json.loads((Path(__file__).with_name("recorded.json")).read_text("utf-8"))
_NUMBERED = (
    "Items of images and sounds are numbered by class and content, not by path, so that layouts of "
    "the same files agree: other random splits and nulls."
)
_SINCE = {
    "digits": (
        *("independence", "superposition", "discoverable", "prototype_auc", "keys_values", "ffn"),
        *("probe_gain", "mlp", "basis", "training", "unsupervised", "nearest", "superclasses"),
        "findings_hash",
    ),
    "sounds": (
        *("independence", "superposition", "prototype_auc", "keys_values", "ffn"),
        *("probe_gain", "mlp", "basis", "training", "unsupervised"),
        *("nearest", "superclasses"),
        "findings_hash",
    ),
}
REASONS: dict[tuple[str, str], str] = {
    (name, claim): _NUMBERED for name, claims in _SINCE.items() for claim in claims
} | {
    ("storyteller", "findings_hash"): "Nulls are quotients of integers now: their last digits.",
    ("storyteller", "reading"): "A row that was not there before.",
}
"""(model, claim or hash) recorded anew since, and why."""
TIMED = {"cost"}
"""Claims whose figure is a time: only that they are there is compared."""
TRAINED = {"mlp"}
"""Claims of a network trained by steps, which carry the last digit of a product into the third of a
figure: NumPy's BLAS chooses its kernel by the processor (the language model's 0.0007 with SkylakeX
is 0.0005 with Haswell; its interval ends on either side of the margin of 0.005)."""
MADE = """
import sys
from catalog.commands import demo
from catalog.evidence import gather
from catalog.progress import silent
opening = sys.argv[2] == "opening"
for one in demo.opening(silent) if opening else demo.first(silent, (sys.argv[1],)):
    print(one.build["findings_hash"])
    if sys.argv[2] == "evidence":
        gather.gather(one)
"""


def made(name, stage, folder):
    """The catalog of a shipped model as the demo makes it; its findings hash before evidence.

    `stage` opening is what the dashboard opens on: the model of language, measured at its primary
    cell alone, where every null is drawn. findings measures every cell, evidence goes on then.
    """
    done = subprocess.run(
        [sys.executable, "-c", MADE, name, stage],
        env={**os.environ, "DIMS_DATA": str(folder), "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Catalog(folder / "catalogs" / f"{name}.duckdb"), done.stdout.strip()


def same_setting(catalog, recorded):
    """Whether this is the setting in which the last bit of every state is the recorded one."""
    build = catalog.build
    here = {
        "machine": build["machine"],
        "torch": json.loads(build["versions"])["torch"],
        "threads": int(build["threads"]),
    }
    return here == recorded["setting"]


def compare(catalog, findings_hash, recorded, of="findings_hash"):
    if same_setting(catalog, recorded):
        assert catalog.build["content_hash"] == recorded["content_hash"]
        assert findings_hash == recorded[of]


def compare_evidence(name, catalog, recorded):
    exact = same_setting(catalog, recorded)
    rows = catalog.fetch(feature_queries.evidence()).set_index("claim")
    assert {row["claim"] for row in recorded["evidence"]} <= set(rows.index)
    for row in recorded["evidence"]:
        found, claim = rows.loc[row["claim"]], row["claim"]
        if claim in TIMED:
            continue
        alike = exact and claim not in TRAINED
        within = 1e-6 if alike else 0.002 if exact else 0.02
        for column in ("value", "low", "high"):
            expected = row[column]
            actual = None if found[column] != found[column] else found[column]
            if expected is None:
                assert actual is None, (name, claim, column)
            else:
                assert actual == pytest.approx(expected, rel=within, abs=within), (name, claim)
        if alike:
            assert found["verdict"] == row["verdict"], (name, claim)
            strongest = found["strongest"] if isinstance(found["strongest"], str) else None
            assert strongest == row["strongest"], (name, claim)
