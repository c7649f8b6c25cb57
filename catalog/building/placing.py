"""Where a catalog goes: its file is called after the model, and longer where that name is taken."""

import hashlib
import json
from pathlib import Path
from typing import Any

from catalog import places
from catalog.errors import AlreadyBuilt, CatalogError, SettingRefused
from catalog.store.catalog import Catalog


def digest(identity: dict[str, Any]) -> str:
    """Hash of an identity; an equal build has an equal one."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def path(plain: str, folder: Path, identity: dict[str, Any], force: bool) -> Path:
    """The file of a build called `plain`; another identity under that name gets a longer one.

    Raises AlreadyBuilt for the very same build, but with `force`.
    """
    own = digest(identity)
    told = f"{plain}-{identity['reading']}-{identity['dtype']}-{own[:6]}"
    for slug in (plain, places.slug(told)):
        found = folder / f"{slug}{places.SUFFIX}"
        if not found.exists():
            return found
        if _identity_of(found) == own:
            if force:
                return found
            raise AlreadyBuilt(
                f"{found} holds this very build already. Look at it with: dims info {slug}; "
                "or build it anew with --force.",
                found,
            )
    raise SettingRefused(f"{found} is in the way. Choose another --name.")


def _identity_of(path: Path) -> str | None:
    """The digest that a catalog was built with; None where the file is no catalog."""
    try:
        return str(Catalog(path).build["identity"])
    except CatalogError:
        return None
