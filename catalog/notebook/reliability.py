"""How sure people's answers about a catalog are, and how often each labeler is right."""

import dataclasses
from dataclasses import dataclass

import pandas as pd

from catalog.errors import LabelRefused, SettingRefused
from catalog.notebook.labels import opened
from catalog.notebook.shown import Shown
from catalog.store.catalog import Catalog
from catalog.workspace import at_hand, reliability
from catalog.workspace.agreement import FIELDS, Field
from catalog.workspace.file import Workspace
from catalog.workspace.subjects import of_build

BLIND = (
    "How sure answers are is hidden while your queue is open: finish it, or close it, to see that."
)
"""Why who labels sees no posterior."""


@dataclass(frozen=True)
class Reliability(Shown):
    """Posteriors of the true answers to one closed field, by the model of Dawid & Skene 1979.

    Of first blind answers (docs/method.md#what-enters), of all sites together.
    """

    catalog: Catalog
    field: Field
    site: str | None
    """None: every site. Labelers' figures are of all sites."""
    person: str | None
    """Who looks."""
    of: reliability.Reliability = dataclasses.field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Of how many subjects and people."""
        subjects, people = len(self.frame()), len(self.of.labelers)
        place = f"{self.catalog.slug} › {self.site or 'every site'}, {self.field.replace('_', ' ')}"
        return f"{place}: posteriors of {subjects:,} subjects, {people} people"

    @property
    def notes(self) -> list[str]:
        """What must be said beside the figures: who always answers the same, who may copy."""
        return self.of.notes

    def frame(self) -> pd.DataFrame:
        """A row for each subject, the least sure first.

        site, kind, name, key, field; answer: the likeliest; probability that it is true, low and
        high: its 95 % credible interval; people who answered.
        """
        rows = self.of.subjects
        rows = rows if self.site is None else rows[rows["site"] == self.site]
        return rows.sort_values(["probability", "key"], ignore_index=True)

    def labelers(self) -> pd.DataFrame:
        """A row for each person: author, field, answers, accuracy, low, high, only.

        accuracy: the probability that their answer is right, with its 95 % credible interval; only:
        the single value of somebody who gave no other, else missing.
        """
        return self.of.labelers.copy()

    def pairs(self) -> pd.DataFrame:
        """Pairs of people who agree beyond what their accuracies explain.

        first, second, shared (subjects that both answered), same, expected (subjects on which they
        would agree), q (Benjamini-Hochberg).
        """
        return self.of.pairs.copy()


def of_catalog(catalog: Catalog, field: str, site: str | None, person: str | None) -> Reliability:
    """See `notebook.catalog.Catalog.reliability`."""
    asked = tuple(one for one in FIELDS if one == field)
    if not asked:
        raise SettingRefused(f"{field!r} has no posterior: ask for {' or '.join(FIELDS)}.")
    if site is not None:
        catalog.checked(site, None)
    with opened() as workspace:
        return measured(workspace, catalog, asked[0], site, person)


def measured(
    workspace: Workspace, catalog: Catalog, field: Field, site: str | None, person: str | None
) -> Reliability:
    """The same of a workspace that is open."""
    found = at_hand.of_build(workspace, person, of_build(catalog.build), pairs=True)
    if found is None:
        raise LabelRefused(BLIND)
    return Reliability(catalog, field, site, person, found[field])
