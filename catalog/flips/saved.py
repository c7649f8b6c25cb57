"""Saved flip runs: everything needed to repeat one, what it gave, and its export.

A body is plain JSON: `asked` (feature, site, prompts, seed ...), `model` (revision, hash, dtype,
versions) and `result` (the JSON of `dims flip`).
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.errors import NotInCatalog, SettingRefused
from catalog.flips import report
from catalog.flips.asked import Asked
from catalog.flips.prompts import Prompt
from catalog.flips.report import Summary
from catalog.flips.run import Flips
from catalog.flips.source import Source
from catalog.store.catalog import Catalog

FORMAT = "dims flip run 1"
MODEL = ("model", "revision", "weights_hash", "dtype", "attention", "reading", "content_hash")


def body(build: Mapping[str, Any], found: Flips, summary: Summary) -> dict[str, Any]:
    """What is kept of a run made on the catalog of this build."""
    model = {name: str(build[name]) for name in MODEL}
    return {
        "format": FORMAT,
        "catalog": str(build["slug"]),
        "model": model | {"versions": json.loads(str(build["versions"]))},
        "asked": report.asked(found.setup),
        "result": report.as_json(found, summary),
    }


def asked_of(saved: Mapping[str, Any]) -> Asked:
    """What a saved run was asked; SettingRefused where it is none."""
    try:
        asked = saved["asked"]
        return Asked(
            Source(asked["kind"], asked["name"], tuple(asked["words"]), asked["read"]),
            asked["site"],
            tuple(Prompt(text, origin, kind) for text, origin, kind in asked["prompts"]),
            threshold=asked["threshold"],
            dimensions=asked["dimensions"],
            positions=asked["positions"],
            scale=asked["scale"],
            seed=asked["seed"],
            edits=asked["edits"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SettingRefused(
            f"This is no saved flip run ({error}). Save one in the flip lab."
        ) from error


def same_model(catalog: Catalog, saved: Mapping[str, Any]) -> None:
    """NotInCatalog where a catalog holds other weights or states than the run was made with."""
    build, known = catalog.build, saved.get("model", {})
    for name in ("weights_hash", "content_hash"):
        before, now = str(known.get(name, "unknown")), str(build[name])
        if before != now:
            raise NotInCatalog(
                f"This run was made with {name.replace('_', ' ')} {before[:12]}, but the catalog "
                f"has {now[:12]}. Open the catalog that it was made with."
            )


def rows(saved: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row a condition: what was asked, and what it gave."""
    asked, result = saved["asked"], saved["result"]
    head = {name: asked[name] for name in ("kind", "name", "site", "threshold", "dimensions")}
    head |= {name: asked[name] for name in ("positions", "scale", "seed")}
    head |= {"prompts": len(asked["prompts"]), "model": saved["model"]["model"]}
    head |= {"revision": saved["model"]["revision"], "verdict": result["verdict"]}
    return [{**head, "condition": name, **one} for name, one in result["conditions"].items()]


def as_csv(bodies: Sequence[Mapping[str, Any]]) -> str:
    """Runs as CSV, a line a condition. Cells that a spreadsheet would run get a quote before."""
    found = [row for one in bodies for row in rows(one)]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(found[0]), lineterminator="\n")
    writer.writeheader()
    for row in found:
        writer.writerow({name: _calm(value) for name, value in row.items()})
    return stream.getvalue()


def _calm(value: Any) -> Any:
    dangerous = isinstance(value, str) and value[:1] in ("=", "@", "+", "-", "\t")
    return f"'{value}" if dangerous else value


def as_notebook(saved: Mapping[str, Any], catalog: str) -> str:
    """A Jupyter notebook (nbformat 4) that repeats the run and sets it beside what was saved."""
    text = json.dumps(dict(saved), indent=1, sort_keys=True)
    unit = saved["result"].get("readout", {}).get("unit", "nats")  # runs of an earlier day: nats
    cells = [
        _markdown(
            "# A flip, run again\n\nMade by the flip lab. Needs the package `dimension-catalog`, "
            "the catalog file and its model."
        ),
        _code(
            "import json\n\nimport catalog\n\n"
            f"c = catalog.open({catalog!r})  # a path works as well\n"
            f"saved = json.loads({text!r})"
        ),
        _code(
            "again = c.repeat(saved)\n"
            "for name, one in again.as_dict()['conditions'].items():\n"
            "    before = saved['result']['conditions'][name]['mean']\n"
            f"    print(f\"{{name:10}} {{one['mean']:+.3f}} {unit}, saved {{before:+.3f}}\")\n"
            "print(again.sentence)"
        ),
        _code("again.plot()"),
        _code(
            "away = again.as_dict()['conditions']['away']['mean']\n"
            "assert abs(away - saved['result']['conditions']['away']['mean']) < 0.05, away"
        ),
    ]
    numbered = [{**cell, "id": f"cell-{n}"} for n, cell in enumerate(cells)]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps(
        {"cells": numbered, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}, indent=1
    )


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def _code(text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "metadata": {},
        "source": text,
        "outputs": [],
        "execution_count": None,
    }


def compared(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Two runs, a row a condition: both effects with their intervals, and the difference."""
    first, second = left["result"]["conditions"], right["result"]["conditions"]
    both = [name for name in report.SHOWN if name in first and name in second]
    return [
        {
            "condition": name,
            "a": first[name]["mean"],
            "a_low": first[name]["low"],
            "a_high": first[name]["high"],
            "b": second[name]["mean"],
            "b_low": second[name]["low"],
            "b_high": second[name]["high"],
            "b_minus_a": second[name]["mean"] - first[name]["mean"],
        }
        for name in both
    ]


def differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[str]:
    """What two runs were asked differently, in words."""
    said = []
    for name, value in left["asked"].items():
        other = right["asked"].get(name)
        if value != other and name != "prompts":
            said.append(f"{name}: {value} and {other}")
    if left["asked"]["prompts"] != right["asked"]["prompts"]:
        said.append("other prompts")
    if left["model"]["weights_hash"] != right["model"]["weights_hash"]:
        said.append("other weights")
    return said
