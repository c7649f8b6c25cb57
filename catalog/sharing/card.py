"""The card of a published catalog: what it is, what was found, how to open it, whose licence."""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from catalog import places
from catalog.browse import describe
from catalog.errors import SettingRefused
from catalog.figures.text import between, visible
from catalog.store import feature_queries, integrity
from catalog.store.catalog import Catalog

_LICENCE = re.compile(r"^licen[sc]e:\s*['\"]?([\w.+-]+)['\"]?\s*$", re.MULTILINE)
_LICENCE_NAME = re.compile(r"[a-z0-9][a-z0-9.+-]{0,40}")
_NOT_SAID = ("sites", "absent", "readings", "versions", "path", "bytes", "slug", "verified_at")
"""What `dims info` knows and the table of identity leaves to other parts, or to this machine."""
_BODY = """# {model}, dimension by dimension

A catalog of **{model}**: for every hidden-state dimension of {sites} sites, what its sign does over
{items} items. One DuckDB file, `{file}`, that any DuckDB client reads; every column has a comment.

## Open it

```sh
dims open {link}                 # fetch, check the hashes, open the dashboard
```

```python
import catalog

c = catalog.open("{link}")
```

Without this program: download `{file}` and open it with any DuckDB client (`duckdb {file}`).

## Identity

A build with equal values of these fields has an equal `content_hash`.

{identity}

Versions: {versions}

## Sites

{site_rows}

## Evidence

{evidence}

## Licence

The model comes under **{licence}**. What was measured of it is published under the same terms;
item strings are those of the model's own vocabulary or files.

## What is not here

{labels} States, weights and original files of items are not here either.
"""


def licence(catalog: Catalog, named: str | None) -> str:
    """The licence of the model: as named, else as the model's own card says.

    SettingRefused where neither says it: a catalog is not published without.
    """
    found = named or _licence_of(str(catalog.build["source"]))
    if found is None:
        raise SettingRefused(
            f"The licence of {catalog.build['model']} is not known here. Look it up on the model's "
            "page and name it, such as --licence apache-2.0."
        )
    if not _LICENCE_NAME.fullmatch(found.lower()):
        raise SettingRefused(
            f"{found[:60]!r} is no licence's short name: write it such as apache-2.0 or "
            "cc-by-4.0; other for one that has none."
        )
    return found.lower()


def _licence_of(source: str) -> str | None:
    folder = places.shipped_models().get(source, Path(source))
    try:
        read = (folder / "README.md").read_text("utf-8", errors="replace")
    except (OSError, ValueError):
        return None
    head = read.split("---")[1] if read.startswith("---") and read.count("---") > 1 else ""
    said = _LICENCE.search(head)
    return said.group(1) if said else None


def manifest(catalog: Catalog, file: str, hashes: integrity.Hashes) -> str:
    """The same for programs, as JSON: file, hashes, and the identity as `dims info --json` has it.

    Paths of this machine are left out.
    """
    known = describe.info(catalog)
    kept = {name: value for name, value in known.items() if name not in ("path", "verified_at")}
    said = {
        "file": file,
        "content_hash": hashes.content,
        "findings_hash": hashes.findings,
        "identity": kept,
    }
    return json.dumps(said, ensure_ascii=False, indent=1, default=str)


def write(catalog: Catalog, file: str, repository: str, licence: str, labels: int | None) -> str:
    """The card as Markdown with a head of YAML; `labels` is how many rows go with it, or None."""
    known = describe.info(catalog)
    identity = {
        name: value
        for name, value in known.items()
        if name not in _NOT_SAID and not isinstance(value, dict | list)
    }
    identity["thresholds"] = ", ".join(map(str, known["thresholds"]))
    body = _BODY.format(
        model=cell(known["model"]),
        sites=len(known["sites"]),
        items=f"{int(known['items']):,}",
        file=file,
        link=f"hf://{repository}",
        identity=table(("field", "value"), identity.items()),
        versions=cell(known["versions"]),
        site_rows=_sites(known),
        evidence=_evidence(catalog),
        licence=licence,
        labels=_labels(labels),
    )
    return _head(known, licence) + body


def cell(value: object) -> str:
    """Text of the outside world in a card: control characters visible, no Markdown, no HTML."""
    shown = visible(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]()#!|$~:])", r"\\\1", shown)


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table; every cell is escaped."""
    names = list(heads)
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join(lines + [f"| {' | '.join(cell(one) for one in row)} |" for row in rows])


def _head(known: Mapping[str, Any], licence: str) -> str:
    lines = [
        "---",
        f"license: {licence}",
        f"pretty_name: {json.dumps(visible(known['model']) + ': a catalog of dimensions')}",
        "tags: [dimension-catalog, interpretability]",
        "viewer: false",
        "---",
        "",
    ]
    return "\n".join(lines)


def _sites(known: Mapping[str, Any]) -> str:
    rows = [(one["site"], one["dims"], one["degenerate"]) for one in known["sites"]]
    text = table(("site", "dimensions", "degenerate"), rows)
    absent = [(one["site"], one["reason"]) for one in known["absent"]]
    return text + ("\n\nNot there:\n\n" + table(("site", "why"), absent) if absent else "")


def _evidence(catalog: Catalog) -> str:
    rows = catalog.fetch(feature_queries.evidence()).to_dict("records")
    if not rows:
        return "The claims of the paper were not tested on this catalog (`dims evidence`)."
    told = "The claims of arXiv 2606.12629 on this model, each beside its strongest control.\n\n"
    return told + table(
        ("claim", "measure", "value and interval", "strongest control", "verdict"),
        (
            (
                row["statement"],
                row["measure"],
                between(row["value"], row["low"], row["high"]),
                _control(row),
                f"{row['verdict']}: {row['reason']}",
            )
            for row in rows
        ),
    )


def _control(row: Mapping[str, Any]) -> str:
    strongest = row["strongest"]
    if not isinstance(strongest, str):
        return ""
    value = json.loads(row["controls"]).get(strongest)
    return strongest if value is None else f"{strongest} {value:.3g}"


def _labels(count: int | None) -> str:
    if count is None:
        return "Labels that people gave stay in their workspace."
    return (
        f"`labels.jsonl` has {count} labels: those whose authors made theirs public. All others "
        "stay in their workspace."
    )
