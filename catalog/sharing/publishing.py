"""Publish a catalog: its file, its card, its manifest, as one commit of a dataset repository."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, constants, get_token
from huggingface_hub.utils import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)
from huggingface_hub.utils import logging as hub_logging

from catalog import places
from catalog.errors import CatalogError, HubRefused
from catalog.progress import Report, silent
from catalog.sharing import card
from catalog.sharing.hub import KIND, MANIFEST, SECONDS
from catalog.sharing.sentences import LOGIN, translated
from catalog.store import integrity
from catalog.store.catalog import Catalog

LABELS = "labels.jsonl"
"""File of the labels whose authors made theirs public."""
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Asked:
    """How a catalog is to be published."""

    repository: str
    """user/name on the hub."""
    private: bool = False
    """Whether a repository that is made now is for its owner alone; an old one stays as it is."""
    licence: str | None = None
    """Of the model; None reads it from the model's own card."""
    labels: bool = False
    """Whether labels go with it: those whose authors made theirs public, no others."""
    message: str = ""
    """Of the commit."""


@dataclass(frozen=True)
class Published:
    """What lies on the hub now."""

    link: str
    """What opens exactly this: `dims open LINK`."""
    page: str
    """Its page in a browser."""
    commit: str
    file: str
    bytes: int
    licence: str
    content_hash: str
    findings_hash: str | None
    labels: int | None = field(default=None)
    """Labels that went with it; None where none were asked for."""


def publish(catalog: Catalog, asked: Asked, report: Report = silent) -> Published:
    """Push a catalog to the hub under the token of this machine; the repository is made if need be.

    The file is checked against its hashes first. A file that is there already is not sent again.
    Raises HubRefused, CatalogMissing, CatalogUnreadable, SettingRefused or DiskFull; no sentence
    holds the token.
    """
    if not _NAME.fullmatch(asked.repository):
        raise HubRefused(f"{asked.repository[:80]!r} is no name on the hub: write it as user/name.")
    licence = card.licence(catalog, asked.licence)
    name, stamp = f"{catalog.slug}{places.SUFFIX}", catalog.stamp
    report("checking", 0, 0)
    hashes = integrity.check(catalog.path, catalog.slug)
    if get_token() is None:
        raise HubRefused(f"Publishing needs a token of the hub. {LOGIN}")
    hub_logging.set_verbosity_error()
    with TemporaryDirectory() as folder, _without_bars():
        count = _labels(catalog, Path(folder) / LABELS) if asked.labels else None
        said = card.write(catalog, name, asked.repository, licence, count)
        files: dict[str, Path | bytes] = {
            name: catalog.path,
            "README.md": said.encode(),
            MANIFEST: card.manifest(catalog, name, hashes).encode(),
        }
        if count is not None:
            files[LABELS] = Path(folder) / LABELS
        report(f"{asked.repository}: {stamp.size / 1e6:,.1f} MB to send", 0, 0)
        commit = _push(asked, name, files)
    if catalog.stamp != stamp:
        raise CatalogError(
            f"{catalog.slug} was changed while it was published: publish it once more."
        )
    link = f"hf://{asked.repository}@{commit}" if commit else f"hf://{asked.repository}"
    page = f"{constants.ENDPOINT}/datasets/{asked.repository}"
    made = hashes.content, hashes.findings, count
    return Published(link, page, commit, name, stamp.size, licence, *made)


@contextmanager
def _without_bars() -> Iterator[None]:
    """The hub's own bars off: what is told is told by `report`."""
    off = are_progress_bars_disabled()
    disable_progress_bars()
    try:
        yield
    finally:
        if not off:
            enable_progress_bars()


def _push(asked: Asked, name: str, files: dict[str, Path | bytes]) -> str:
    """Send the files as one commit; its id."""
    api = HfApi(endpoint=constants.ENDPOINT)
    with translated(asked.repository, "publishing"):
        api.create_repo(asked.repository, repo_type=KIND, private=asked.private, exist_ok=True)
        told = api.dataset_info(asked.repository, timeout=SECONDS)
        _check_others([one.rfilename for one in told.siblings or ()], asked.repository, name)
        made = api.create_commit(
            asked.repository,
            [CommitOperationAdd(path, content) for path, content in files.items()],
            commit_message=asked.message or f"Catalog {name}",
            repo_type=KIND,
        )
    return str(made.oid)


def _check_others(there: list[str], repository: str, name: str) -> None:
    others = [one for one in there if one.endswith(places.SUFFIX) and one != name]
    if others:
        raise HubRefused(
            f"{repository} holds another catalog ({others[0]}), and a repository is for one. Name "
            "another repository, or delete that file on the hub."
        )


def _labels(catalog: Catalog, path: Path) -> int:
    """Write the labels of the catalog's model that may leave, a line each; how many."""
    from catalog.workspace import consent, subjects
    from catalog.workspace.file import open_workspace

    if not places.workspace_exists():
        path.write_text("", "utf-8")
        return 0
    with open_workspace() as workspace:
        rows = consent.labels(workspace, **subjects.of_build(catalog.build)).rows
    lines = (json.dumps(_plain(row), ensure_ascii=False) for row in rows.to_dict("records"))
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return len(rows)


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row for JSON; of an author's address only what stands before the @."""
    said = {name: (None if value != value else value) for name, value in row.items()}  # NaN
    said["author"] = str(row["author"]).partition("@")[0]
    return {n: str(v) if hasattr(v, "isoformat") else v for n, v in said.items()}
