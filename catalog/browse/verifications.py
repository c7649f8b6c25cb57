"""When a catalog was verified: kept in the workspace, since the catalog file never changes."""

import getpass
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from catalog import places
from catalog.workspace import runs
from catalog.workspace.file import open_workspace

if TYPE_CHECKING:
    from catalog.building.verify import Verification


def record(found: "Verification", model: str) -> None:
    """Keep the outcome of a verification under the catalog's content hash."""
    body = {
        "passed": found.passed,
        "sample": found.sample,
        "same_setting": found.same_setting,
        "mismatches": sum(row["mismatches"] for row in found.sites),
    }
    entry = runs.Entry("verification", found.content_hash, _person(), model, body)
    with open_workspace() as workspace:
        runs.save(workspace, str(uuid.uuid4()), entry)


def verified_at(content_hash: str) -> datetime | None:
    """When the catalog of this content was last verified; None if never, or without a workspace."""
    if not places.workspace_exists():
        return None
    with open_workspace() as workspace:
        return runs.verified_at(workspace, content_hash)


def _person() -> str:
    """Name of the account that ran the command; a machine may have none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "dims verify"
