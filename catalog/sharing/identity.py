"""What says which catalog something was made from: no path of this machine is in it."""

import json
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from catalog.browse import describe
from catalog.store.catalog import Catalog

OURS = ("path", "bytes", "source", "verified_at", "machine")
"""Facts of a build that are this machine's."""


def of(catalog: Catalog) -> dict[str, Any]:
    """Identity, settings and sites, as `dims info --json` names them."""
    known = {name: value for name, value in describe.info(catalog).items() if name not in OURS}
    if "media" in known:
        known["media"] = {k: v for k, v in known["media"].items() if k != "folder"}
    if "corpus" in known:
        known["corpus"] = {k: v for k, v in known["corpus"].items() if k != "folder"}
    return {**known, "model": shown_model(catalog)}


def shown_model(catalog: Catalog) -> str:
    """The model's id; of a folder its name alone."""
    name = str(catalog.build["model"])
    local = name.startswith(("/", "~", ".")) or name.count("/") > 1 or "\\" in name
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2] if local else name


def versions(known: Mapping[str, Any]) -> str:
    """The libraries that made the catalog, in words; `known` is what `of` gives."""
    found = json.loads(known["versions"])
    return ", ".join(f"{name} {version}" for name, version in found.items())


def program() -> str:
    """This program and its version."""
    try:
        return f"dimension-catalog {metadata.version('dimension-catalog')}"
    except metadata.PackageNotFoundError:
        return "dimension-catalog"
