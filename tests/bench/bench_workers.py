"""A build by two worker processes against one, at as many threads each: time, and the same file."""

import os
import tempfile
import time
from pathlib import Path

import transformers

from catalog import places
from catalog.building import build
from catalog.building.settings import Settings
from catalog.model import device
from catalog.store.catalog import Catalog
from tests.bench import shapes
from tests.bench.figures import Figure

LAYERS, QUICK_LAYERS = 30, 4


def run(quick: bool) -> list[Figure]:
    """Time of two workers / one, on a model of SmolLM2's blocks with the shipped tokenizer."""
    before = device.threads(device.choose("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        model = _saved(Path(folder) / "model", QUICK_LAYERS if quick else LAYERS)
        took, hashes = [], set()
        for workers in (1, 2):
            out = Path(folder) / str(workers)
            settings = Settings(str(model), out=out, template="bare", workers=workers, threads=1)
            started = time.perf_counter()
            hashes.add(Catalog(build.build(settings)).build["content_hash"])
            took.append(time.perf_counter() - started)
    device.use_threads(before)
    cores = len(os.sched_getaffinity(0))
    return [
        Figure(f"two workers / one, {cores} cores", took[1] / took[0], "ratio", 0.6),
        Figure("files that differ from that of one worker", len(hashes) - 1, "", 0),
    ]


def _saved(folder: Path, layers: int) -> Path:
    """SmolLM2's shape with random weights, and a vocabulary of three chunks."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(places.shipped_models()["storyteller"])
    config = shapes.SMOLLM2.to_dict() | {"vocab_size": len(tokenizer), "num_hidden_layers": layers}
    model = shapes.random_model(transformers.LlamaConfig(**config))
    model.module.save_pretrained(folder)  # type: ignore[operator]
    tokenizer.save_pretrained(folder)
    return folder
