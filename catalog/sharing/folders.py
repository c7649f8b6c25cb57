"""Folders and files that something is written to: whole or not at all, and never over one's own."""

import contextlib
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.errors import CatalogError, DiskFull, SettingRefused

ABOUT = "about.json"
"""The file by which a folder that was written here is known again."""


def check(out: Path, force: bool = False) -> None:
    """SettingRefused where `out` cannot be filled: it is a file, or holds what is not ours.

    `force` lets an earlier export or site be replaced, and nothing else.
    """
    if out.exists() and not out.is_dir():
        raise SettingRefused(f"{out} is a file: name a folder that is empty or not there yet.")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not (out / ABOUT).is_file():
        raise SettingRefused(f"The folder {out} is not empty: name another, or empty it.")
    if not force:
        raise SettingRefused(
            f"The folder {out} holds an earlier export or site: name another, or replace it with "
            "--force."
        )


@contextlib.contextmanager
def filled(out: Path, force: bool = False) -> Iterator[Path]:
    """Yield an empty folder; it becomes `out` when the block ends without error.

    SettingRefused as `check` says; DiskFull, or CatalogError where the place cannot be written.
    """
    check(out, force)
    out = out.absolute()
    partial, old = (out.with_name(f".{out.name}.{os.getpid()}.{end}") for end in ("new", "old"))
    with translated(out):
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            yield partial
            if out.is_dir():
                os.replace(out, old)
            os.replace(partial, out)
        finally:
            if old.is_dir() and not out.exists():
                os.replace(old, out)
            shutil.rmtree(partial, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def replaced(out: Path) -> Iterator[Path]:
    """Yield a path to write one file to; it becomes `out` when the block ends without error."""
    if out.is_dir():
        raise SettingRefused(f"{out} is a folder: name a file.")
    partial = out.absolute().with_name(f".{out.name}.{os.getpid()}.new")
    with translated(out):
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            os.replace(partial, out)
        finally:
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def translated(out: Path) -> Iterator[None]:
    """Turn what the file system says into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"The disk is full: {out} was not written. Free some space, or name a folder on "
                "another disk."
            ) from error
        raise CatalogError(
            f"{out} cannot be written ({error.strerror or error}): name another place."
        ) from error


def about(folder: Path, told: Mapping[str, Any]) -> None:
    """Say in the folder what it is, last of all."""
    text = json.dumps(dict(told), ensure_ascii=False, indent=1, default=str)
    (folder / ABOUT).write_text(text + "\n", "utf-8")


def size(folder: Path) -> tuple[int, int]:
    """Files in a folder, and their bytes together."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return len(files), sum(path.stat().st_size for path in files)
