"""Models of the hub: their files, fetched once into its cache and read from there.

The hub is asked once and has few seconds to answer; where it does not, the cache serves. HF_HOME,
HF_ENDPOINT, HF_TOKEN and HF_HUB_OFFLINE are those of huggingface_hub.
"""

import fnmatch
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import (
    HfApi,
    constants,
    get_cached_repo_tree,
    snapshot_download,
    try_to_load_from_cache,
)
from huggingface_hub import errors as hub
from huggingface_hub.utils import logging as hub_logging

from catalog.errors import DiskFull, ModelUnavailable, listed
from catalog.model import weights
from catalog.model.sources import GGUF, Source
from catalog.progress import Report, bar

SECONDS = 5.0
"""That the hub has to answer."""
_SMALL = ("*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken", "*.codes", "*.py")
"""Files beside the weights that a config, tokenizer or processor may need."""
_MB = 10**6


def fetch(source: Source, report: Report) -> tuple[Source, str | None]:
    """A folder that holds a model's files, and the hub's commit: None for what lies in a folder.

    Files that are in the cache are not fetched again: a download that was stopped goes on with
    those that had not come whole.
    Raises ModelUnavailable, DiskFull, or an error of huggingface_hub that `Sentences` knows.
    """
    if Path(source.place).is_dir():
        return source, None
    hub_logging.set_verbosity_error()  # its retries are told as one sentence
    known = _cached(source)
    if known is None or not re.fullmatch("[0-9a-f]{40}", source.revision or ""):
        known = _newest(source, report, known)
    return Source(source.name, str(known), None, source.file), known.name


def outline(source: Source, report: Report) -> Source:
    """A folder with the config, tokenizer and processor of a model; its weights need not be there.

    Raises as `fetch` does.
    """
    if Path(source.place).is_dir():
        return source
    if source.file is not None:
        raise ModelUnavailable(
            f"{source.told} is one file that holds everything. Fetch it with dims build first."
        )
    hub_logging.set_verbosity_error()
    known = _cached(source)
    if known is None:
        try:
            known = Path(
                snapshot_download(
                    source.place,
                    revision=source.revision,
                    endpoint=constants.ENDPOINT,
                    cache_dir=Path(constants.HF_HUB_CACHE),
                    allow_patterns=list(_SMALL),
                    etag_timeout=SECONDS,
                    tqdm_class=bar(report, 0),
                )
            )
        except (hub.GatedRepoError, hub.RepositoryNotFoundError, hub.RevisionNotFoundError):
            raise
        except (httpx2.HTTPError, hub.LocalEntryNotFoundError, OSError, ValueError) as error:
            raise ModelUnavailable(_unreachable(source, error)) from error
    return Source(source.name, str(known), None)


def _newest(source: Source, report: Report, known: Path | None) -> Path:
    """The snapshot that the hub has now; the one that is known where it cannot be reached."""
    api = HfApi(endpoint=constants.ENDPOINT)
    given = {"revision": source.revision, "timeout": SECONDS, "files_metadata": True}
    try:
        told = api.model_info(source.place, **given)
    except (hub.GatedRepoError, hub.RepositoryNotFoundError, hub.RevisionNotFoundError):
        raise
    except (httpx2.HTTPError, OSError, ValueError) as error:
        if known is None:
            _check_parts(source)
            raise ModelUnavailable(_unreachable(source, error)) from error
        return known
    sizes = {one.rfilename: int(one.size or 0) for one in told.siblings or ()}
    names = wanted(source, sizes)
    held = (str(_try(source, name, told.sha)) for name in names)
    missing = [name for name, path in zip(names, held, strict=True) if not Path(path).is_file()]
    return _download(source, names, {name: sizes[name] for name in missing}, report)


def _download(source: Source, names: list[str], missing: dict[str, int], report: Report) -> Path:
    """Fetch what is missing, having said its size; returns the snapshot's folder."""
    total = sum(missing.values())
    cache = Path(constants.HF_HUB_CACHE)
    if missing:
        _check_room(source, total, cache)
        files = f"{len(missing)} file{'s' if len(missing) > 1 else ''}"
        report(f"{source.name}: {files}, {total / _MB:,.1f} MB to download to {cache}", 0, 0)
    try:
        folder = snapshot_download(
            source.place,
            revision=source.revision,
            endpoint=constants.ENDPOINT,
            cache_dir=cache,
            allow_patterns=[_literal(name) for name in names],
            tqdm_class=bar(report, total),
        )
    except hub.GatedRepoError:
        raise
    except (httpx2.HTTPError, hub.LocalEntryNotFoundError, hub.HfHubHTTPError) as error:
        raise ModelUnavailable(
            f"The download of {source.told} stopped: the hub cannot be reached any more. Files "
            "that came whole are kept; the same command goes on with the others."
        ) from error
    return Path(folder)


def wanted(source: Source, names: Iterable[str]) -> list[str]:
    """Of the files that a repository has those that are loaded: no other formats, no subfolders.

    ModelUnavailable where there is nothing to load.
    """
    top = sorted(name for name in names if "/" not in name)
    files = [name for name in top if name.endswith(GGUF)]
    if source.file is not None:
        if source.file not in top:
            raise ModelUnavailable(
                f"{source.place} has no file {source.file}. Its GGUF files: "
                f"{listed(files) or 'none'}."
            )
        return [source.file]
    found = weights.loaded(top) or [name for name in weights.ADAPTER if name in top]
    if not found and files:
        raise ModelUnavailable(
            f"{source.place} holds GGUF files. Name one of them, as {source.place}:{files[0]}; "
            f"there are {listed(files)}."
        )
    if not found:
        raise ModelUnavailable(
            f"{source.place} has no weights that transformers loads (*.safetensors, *.bin) but "
            f"{listed(top) or 'no files'}. Name another model."
        )
    small = [name for name in top if any(fnmatch.fnmatch(name, kind) for kind in _SMALL)]
    return sorted({*small, *found})


def _cached(source: Source) -> Path | None:
    """The snapshot in the cache that holds a model whole; None where there is none."""
    folder = _snapshot(source)
    return folder if folder is not None and not _lacking(source, folder) else None


def _snapshot(source: Source) -> Path | None:
    """The folder of a revision's snapshot; None where nothing of it is in the cache."""
    known = Path(constants.HF_HUB_CACHE) / f"models--{source.place.replace('/', '--')}"
    reference = known / "refs" / (source.revision or "main")
    commit = reference.read_text().strip() if reference.is_file() else source.revision
    folder = known / "snapshots" / str(commit)
    return folder if commit and folder.is_dir() else None


def _lacking(source: Source, folder: Path) -> list[str]:
    """Files that a snapshot needs and lacks: what the hub listed, else what an index names."""
    names = [one.name for one in folder.iterdir() if one.is_file()]
    if source.file is not None:
        return [] if source.file in names else [source.file]
    needed = ["adapter_config.json" if "adapter_config.json" in names else "config.json"]
    for index in folder.glob("*.index.json"):
        if index.name.removesuffix(".index.json") not in names:
            needed += set(json.loads(index.read_text())["weight_map"].values())
    listed_by_hub = _listing(source, folder.name)
    if listed_by_hub:
        needed += wanted(source, listed_by_hub)
    elif not weights.loaded(names) and not set(weights.ADAPTER) & set(names):
        needed.append("model.safetensors")
    return sorted(set(needed) - set(names))


def _listing(source: Source, commit: str) -> list[str]:
    """Names of all files of a commit, where they were listed when it was fetched; else none."""
    try:
        entries = get_cached_repo_tree(
            source.place, revision=commit, cache_dir=constants.HF_HUB_CACHE
        )
    except hub.CachedRepoTreeNotFoundError:
        return []
    return [str(one.path) for one in entries]


def _check_parts(source: Source) -> None:
    """ModelUnavailable where a download was stopped and cannot go on."""
    folder = _snapshot(source)
    if folder is not None and any(folder.iterdir()):
        raise ModelUnavailable(
            f"Only a part of {source.told} is in the cache ({listed(_lacking(source, folder))} "
            "missing), and the hub cannot be reached. With a network the same command "
            "fetches the rest."
        )


def _unreachable(source: Source, error: Exception) -> str:
    """What to say where a model is neither here nor to be had."""
    answer = getattr(error, "response", None)
    if answer is not None:
        return (
            f"The hub answers {answer.status_code} when asked for {source.told}, which is not in "
            "the local cache. Try again later."
        )
    from catalog.model.sentences import nowhere

    return nowhere(source.told)


def _check_room(source: Source, needed: int, cache: Path) -> None:
    there = next(path for path in (cache, *cache.parents) if path.is_dir())
    free = shutil.disk_usage(there).free
    if free < needed:
        raise DiskFull(
            f"{source.told} takes {needed / _MB:,.0f} MB, and {there} has {free / _MB:,.0f} MB "
            "free. Free some, or set HF_HOME to a folder on a larger disk."
        )


def _try(source: Source, name: str, commit: str | None) -> Any:
    """Path of a file of a commit in the cache; something else where it is not there."""
    cache = constants.HF_HUB_CACHE
    return try_to_load_from_cache(source.place, name, cache_dir=cache, revision=commit)


def _literal(name: str) -> str:
    """A pattern that is a name, whatever characters it has."""
    return re.sub(r"([*?\[])", r"[\1]", name)
