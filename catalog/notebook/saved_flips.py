"""Runs that people saved in the flip lab, as a notebook gets them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from catalog import places
from catalog.errors import NotInCatalog
from catalog.flips import saved
from catalog.notebook.shown import Shown
from catalog.store.catalog import Catalog
from catalog.workspace import runs
from catalog.workspace.file import Workspace, open_workspace

COLUMNS = (
    "key",
    "name",
    "feature",
    "site",
    "scale",
    "verdict",
    "away",
    "prompts",
    "by",
    "saved (UTC)",
)


@dataclass(frozen=True)
class SavedFlip:
    """One saved run."""

    key: str
    title: str
    person: str
    body: Mapping[str, Any] = field(repr=False)
    """What `Catalog.repeat` takes; see `catalog.flips.saved`."""
    made: str
    """When it was saved, UTC."""


@dataclass(frozen=True)
class SavedFlips(Shown):
    """Saved runs of a catalog's model, newest first."""

    catalog: Catalog
    kept: tuple[SavedFlip, ...]

    @property
    def title(self) -> str:
        """How many there are."""
        return f"{self.catalog.slug}: {len(self.kept)} saved flips"

    def frame(self) -> pd.DataFrame:
        """A row a run.

        Columns: key, name, feature, site, scale, verdict, away (its effect, in nats or agreement),
        prompts (their number), by, saved (UTC).
        """
        rows = [
            (
                one.key,
                one.title,
                one.body["asked"]["name"],
                one.body["asked"]["site"],
                one.body["asked"]["scale"],
                one.body["result"]["verdict"],
                one.body["result"]["conditions"]["away"]["mean"],
                len(one.body["asked"]["prompts"]),
                one.person,
                one.made,
            )
            for one in self.kept
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def body(self, key: str) -> Mapping[str, Any]:
        """A run for `Catalog.repeat`; NotInCatalog where there is none of this key."""
        for one in self.kept:
            if one.key == key:
                return one.body
        raise NotInCatalog(f"No flip of this model is saved as {key!r}.")


def saved_flips(catalog: Catalog) -> SavedFlips:
    """See `notebook.catalog.Catalog.saved_flips`."""
    if not places.workspace_exists():
        return SavedFlips(catalog, ())
    with open_workspace() as workspace:
        return held(workspace, catalog)


def held(workspace: Workspace, catalog: Catalog, viewer: str | None = None) -> SavedFlips:
    """The same of a workspace that is open."""
    rows = runs.held(workspace, "run", viewer, model=str(catalog.build["model"]))
    return SavedFlips(
        catalog,
        tuple(
            SavedFlip(
                row.key,
                str(row.body.get("title", "")),
                row.person,
                row.body,
                f"{row.made_at:%Y-%m-%d %H:%M}",
            )
            for row in rows
            if row.body.get("format") == saved.FORMAT
        ),
    )
