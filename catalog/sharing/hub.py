"""Catalogs on the hub: a link, and the file that it leads to: fetched, checked, put in its place.

`hf://user/name[@revision][/FILE.duckdb]` names a dataset repository. HF_ENDPOINT, HF_TOKEN,
HF_HOME and HF_HUB_OFFLINE are those of huggingface_hub. The file comes by ranges: what has come is
kept, and the next call goes on behind it (huggingface_hub's own downloads begin anew). It lies in
the catalogs folder under the repository's name and the first 8 digits of the file's SHA-256: a link
to a page of it works for everybody who opened the same file.
"""

import errno
import fcntl
import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import HfApi, constants, get_session, hf_hub_url
from huggingface_hub.file_download import http_get
from huggingface_hub.utils import build_hf_headers, hf_raise_for_status
from huggingface_hub.utils import logging as hub_logging

from catalog import places
from catalog.errors import (
    CatalogBusy,
    CatalogMissing,
    CatalogUnreadable,
    DiskFull,
    HubRefused,
    SettingRefused,
    listed,
)
from catalog.progress import Report, bar, silent
from catalog.sharing.sentences import translated
from catalog.store import integrity

PREFIX = "hf://"
KIND = "dataset"
"""Kind of repository that catalogs are published as."""
MANIFEST = "catalog.json"
"""File beside a catalog: its name, its hashes and its identity."""
SECONDS = 10.0
"""That the hub has to answer a question."""
_LINK = re.compile(
    r"hf://(?:datasets/)?(?P<repository>[\w.-]+/[\w.-]+)"
    r"(?:@(?P<revision>refs/\w+/\d+|[^/@\s]+))?(?:/(?P<file>[^@\s]+\.duckdb))?/?"
)


@dataclass(frozen=True)
class Link:
    """Where a catalog lies on the hub."""

    repository: str
    revision: str | None = None
    """Branch, tag or commit; None is the newest."""
    file: str | None = None
    """Which one, where there are several."""

    @classmethod
    def parse(cls, text: str) -> "Link":
        """Read `hf://user/name[@revision][/FILE.duckdb]`; SettingRefused for anything else."""
        found = _LINK.fullmatch(text.strip())
        if found is None:
            raise SettingRefused(
                f"{text[:200]!r} is no link to a catalog on the hub. Write it as "
                "hf://user/name or hf://user/name@revision."
            )
        return cls(found["repository"], found["revision"], found["file"])

    def __str__(self) -> str:
        """The link as a person writes it."""
        revision = f"@{self.revision}" if self.revision else ""
        return PREFIX + self.repository + revision + (f"/{self.file}" if self.file else "")


@dataclass(frozen=True)
class Remote:
    """One catalog file as the hub lists it."""

    link: Link
    commit: str
    file: str
    size: int
    digest: str
    """SHA-256 of the file where the hub knows it, else its git id."""

    @property
    def place(self) -> Path:
        """Where it lies here as soon as it has come and was checked."""
        name = places.slug(self.link.repository.split("/")[1])
        return places.catalogs() / f"{name}-{self.digest[:8]}{places.SUFFIX}"


def is_link(name: str | Path) -> bool:
    """Whether a catalog is named by a link to the hub."""
    return str(name).startswith(PREFIX)


def fetch(text: str, report: Report = silent, content_hash: str | None = None) -> Path:
    """The file of a link, fetched where it is not here, checked against its hashes; its path.

    `content_hash` is what the catalog must hash to, where somebody said so. Raises CatalogMissing
    (no repository, no revision, no catalog in it), CatalogUnreadable (tampered with: named),
    HubRefused (no network, cut, no right), DiskFull, CatalogBusy or SettingRefused.
    """
    link = Link.parse(text)
    hub_logging.set_verbosity_error()  # its retries are told as one sentence
    try:
        remote = find(link)
    except HubRefused:
        known = _noted(link)
        if known is None:
            raise
        report(f"The hub cannot be reached: {known.name} is as it was fetched last.", 0, 0)
        if content_hash is not None:
            integrity.check(known, str(link), content_hash)
        return known
    if not remote.place.is_file():
        _download(remote, report, content_hash)
    elif content_hash is not None:
        integrity.check(remote.place, str(link), content_hash)
    _note(remote)
    return remote.place


def find(link: Link) -> Remote:
    """What the hub has at a link now."""
    with translated(link.repository, "the search for a catalog"):
        told = HfApi(endpoint=constants.ENDPOINT).dataset_info(
            link.repository, revision=link.revision, timeout=SECONDS, files_metadata=True
        )
    files = {one.rfilename: one for one in told.siblings or () if one.rfilename.endswith(".duckdb")}
    if not files:
        raise CatalogMissing(
            f"{link} has no catalog: there is no .duckdb file in that repository. Check the name."
        )
    if link.file is None and len(files) > 1:
        raise CatalogMissing(
            f"{link} has {len(files)} catalogs. Name one: {link}/FILE, with {listed(files)}."
        )
    name = link.file or next(iter(files))
    if name not in files:
        raise CatalogMissing(f"{link.repository} has no {name}, but {listed(files)}.")
    one = files[name]
    digest = one.lfs.sha256 if one.lfs else one.blob_id
    return Remote(link, str(told.sha), name, int(one.size or 0), str(digest))


def manifest(remote: Remote) -> dict[str, Any]:
    """What the repository says of its catalog; empty where it says nothing."""
    url = hf_hub_url(remote.link.repository, MANIFEST, repo_type=KIND, revision=remote.commit,
                     endpoint=constants.ENDPOINT)  # fmt: skip
    with translated(remote.link.repository, "reading what is said of the catalog"):
        answer = get_session().get(url, headers=build_hf_headers(), timeout=SECONDS)
        if answer.status_code == 404:
            return {}
        hf_raise_for_status(answer)
    try:
        said = json.loads(answer.text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) and said.get("file") == remote.file else {}


def _download(remote: Remote, report: Report, content_hash: str | None) -> None:
    """Fetch a file, check it, and only then put it in its place."""
    said = manifest(remote)
    part = folder() / f"{remote.place.stem}.part"
    with _alone(part, remote) as file:
        have = file.seek(0, 2)
        if have > remote.size:
            have = file.seek(0)
        file.truncate()
        _check_room(remote, part.parent, remote.size - have)
        if have < remote.size:
            _get(remote, file, have, report)
        file.flush()
        report("checking", 0, 0)
        try:
            _check_bytes(remote, part)
            found = integrity.check(part, str(remote.link), content_hash)
            _check_said(remote, found, said)
        except CatalogUnreadable:
            part.unlink()
            raise
        remote.place.parent.mkdir(parents=True, exist_ok=True)
        part.replace(remote.place)


def _get(remote: Remote, file: BufferedRandom, have: int, report: Report) -> None:
    mb = f"{(remote.size - have) / 1e6:,.1f} MB to download"
    report(f"{remote.link}: {mb}" + (f", {have / 1e6:,.1f} MB are here" if have else ""), 0, 0)
    url = hf_hub_url(remote.link.repository, remote.file, repo_type=KIND, revision=remote.commit,
                     endpoint=constants.ENDPOINT)  # fmt: skip
    with translated(remote.link.repository, "the download"):
        try:
            http_get(
                url,
                file,
                resume_size=have,
                headers=build_hf_headers(),
                expected_size=remote.size,
                tqdm_class=bar(report, remote.size),
            )
        except (httpx2.TransportError, httpx2.StreamError, OSError) as error:
            full = getattr(error, "errno", None) == errno.ENOSPC
            if full or file.tell() == have:  # nothing has come: the hub says why
                raise
            raise HubRefused(_cut(remote, file)) from error


def _cut(remote: Remote, file: BufferedRandom) -> str:
    file.flush()
    have = file.tell()
    return (
        f"The download of {remote.link} was cut after {have / 1e6:,.1f} of "
        f"{remote.size / 1e6:,.1f} MB. What has come is kept: the same command goes on behind it."
    )


def _check_bytes(remote: Remote, part: Path) -> None:
    if len(remote.digest) != 64:
        return  # a git id: the hub does not know the file's SHA-256
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != remote.digest:
        raise CatalogUnreadable(
            f"{remote.link} did not come as it was published: its SHA-256 begins with "
            f"{found[:12]}, and the hub says {remote.digest[:12]}. Fetch it again."
        )


def _check_said(remote: Remote, found: integrity.Hashes, said: dict[str, Any]) -> None:
    """Compare with what the repository says: who changes a file must change its card too."""
    for name, value in (("content_hash", found.content), ("findings_hash", found.findings)):
        if said and said.get(name) != value:
            raise CatalogUnreadable(
                f"{remote.link} is not opened: the {name} of {remote.file} is {str(value)[:12]}, "
                f"and {MANIFEST} beside it says {str(said.get(name))[:12]}. One of the two was "
                "changed after it was published: ask who published it."
            )


def _check_room(remote: Remote, place: Path, needed: int) -> None:
    free = shutil.disk_usage(place).free
    if free < needed:
        raise DiskFull(
            f"{remote.link} takes {needed / 1e6:,.0f} MB more, and {place} has "
            f"{free / 1e6:,.0f} MB free. Free some, or set DIMS_DATA to a folder on a larger disk."
        )


@contextmanager
def _alone(part: Path, remote: Remote) -> Iterator[BufferedRandom]:
    """The file that bytes are added to, kept from other processes that fetch the same."""
    part.parent.mkdir(parents=True, exist_ok=True)
    part.touch()
    with part.open("r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CatalogBusy(
                f"Another process is fetching {remote.link}. Wait for it, then try again."
            ) from error
        yield file


def folder() -> Path:
    """Where downloads lie that are not whole yet, and notes of what was fetched."""
    return places.data() / "hub"


def _note(remote: Remote) -> None:
    """Remember what a link led to, for days without a network."""
    folder().mkdir(parents=True, exist_ok=True)
    _note_of(remote.link).write_text(json.dumps({"slug": remote.place.stem}), "utf-8")


def _noted(link: Link) -> Path | None:
    try:
        slug = json.loads(_note_of(link).read_text("utf-8"))["slug"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    path = places.catalogs() / f"{places.slug(str(slug))}{places.SUFFIX}"
    return path if path.is_file() else None


def _note_of(link: Link) -> Path:
    return folder() / f"{hashlib.sha256(str(link).encode()).hexdigest()[:16]}.json"
