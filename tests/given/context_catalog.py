"""A small catalog of tokens in context, of a tiny model, with hostile texts, and its single one."""

import json
from pathlib import Path

import numpy as np

import catalog as package
from catalog.building import build
from catalog.features import findings
from catalog.store import replacing
from tests.given import models

HOSTILE = "<script>alert(1)</script> ![i](http://x.y) $x$ :smile: </span><b>bold</b>"
SENTENCE = "the cat saw an old bank by the river and the dog ran home to eat its bread again"


def texts(folder: Path, documents: int = 24) -> Path:
    """A folder of short texts; every one of them holds the hostile words."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(0)
    lines = []
    for number in range(documents):
        words = generator.choice(SENTENCE.split(), 40).tolist()
        place = int(generator.integers(10, 30))
        words[place:place] = HOSTILE.split()
        lines.append(json.dumps({"text": " ".join(words), "id": number}))
    (folder / "texts.jsonl").write_text("\n".join(lines))
    return folder


def write(folder: Path) -> Path:
    """Make `folder`/catalogs with tiny-llama and tiny-llama-context; the path of the latter."""
    model = models.save("llama", folder / "models" / "tiny-llama")
    out = folder / "catalogs"
    build.build(build.Settings(str(model), template="bare", out=out))
    asked = {"positions": 600, "items_per_document": 30, "window": 60, "batch_size": 8}
    return build.build(build.Settings(str(model), texts=texts(folder / "texts"), out=out, **asked))


def measured(folder: Path) -> tuple[package.Catalog, package.Catalog]:
    """The catalog in context, and the single one with a category `common` of frequent pieces."""
    path = write(folder)
    single = package.open(str(path.with_name("tiny-llama.duckdb")))
    listed = folder / "categories"
    listed.mkdir()
    items = single.items
    pieces = items[(items["kind"] == "piece") & (items["family"] == items["item"])]
    words = [word for word in pieces["word"].dropna() if word.isalpha()][:30]
    (listed / "common.txt").write_text("\n".join(["# Pieces.", "# kind: piece", *words, ""]))
    found = findings.find(single, listed, matched_nulls="primary")
    replacing.write(single.path, {n: found.tables.get(n, []) for n in replacing.MEASURED})
    return package.open(str(path)), package.open(str(single.path))
