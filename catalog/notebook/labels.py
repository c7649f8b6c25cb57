"""What people said of a catalog's dimensions and features, and whether they agree.

As on the pages, what waits in an open queue of the `person` who looks is left out of every list of
what others said; None sees everything. Figures of agreement count everybody's first blind answers
(docs/method.md#what-enters).
"""

import contextlib
import dataclasses
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from catalog import places
from catalog.errors import SettingRefused
from catalog.notebook.shown import Shown
from catalog.store.catalog import Catalog
from catalog.workspace import agreement as measuring
from catalog.workspace import label_tests, league, reading
from catalog.workspace.agreement import FIELDS, Field
from catalog.workspace.file import Workspace, open_workspace
from catalog.workspace.subjects import of_build


@dataclass(frozen=True)
class Labels(Shown):
    """The labels that hold for a catalog's model: everybody's newest word on each subject."""

    catalog: Catalog
    site: str | None
    """None: every site."""
    person: str | None
    """Who looks."""
    rows: pd.DataFrame = dataclasses.field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many there are, of how many people and machines, and where."""
        people, every = reading.by_people(self.rows)["author"].nunique(), self.rows.author.nunique()
        by = f"{people} people" + (f", {every - people} machines" if every > people else "")
        return f"{_place(self.catalog, self.site)}: {len(self.rows):,} labels of {by}"

    def frame(self) -> pd.DataFrame:
        """A row for each author and subject, oldest first.

        Columns: model, revision, reading, site, kind, name, pole; key and target (of the subject,
        and of the subject without its pole); then those of the workspace's table `label`.
        """
        return self.rows.copy()

    def tests(self) -> pd.DataFrame:
        """Every finished test of a label, with its verdict: see `workspace.label_tests.results`."""
        with opened() as workspace:
            return label_tests.results(workspace, self.person, **_where(self.catalog, self.site))

    def league(self) -> pd.DataFrame:
        """A row for each author whose labels were tested: see `workspace.league.table`."""
        return league.table(self.tests())


@dataclass(frozen=True)
class Agreement(Shown):
    """Do people agree on one closed field? Krippendorff's nominal alpha, and what it stands beside.

    alpha: 1 is perfect, 0 is what chance gives, None where it cannot be computed; low and high: its
    95 % interval over subjects drawn with replacement; raw: the share of pairs of people who gave
    the same answer.
    """

    catalog: Catalog
    field: Field
    site: str | None
    """None: every site."""
    person: str | None
    """Who looks."""
    entered: int
    """First blind answers, also those of subjects that nobody else has answered."""
    subjects: int
    """The subjects they are about."""
    of: measuring.Agreement
    """Every figure: alpha, low, high, raw, units, answers, people, undefined, prevalence."""
    consensus: Mapping[str, float | int | None]
    """How many subjects people are at one about: units, unanimous, triples, near."""
    _sites: pd.DataFrame = dataclasses.field(repr=False, compare=False)
    _labelers: pd.DataFrame = dataclasses.field(repr=False, compare=False)
    _divided: pd.DataFrame = dataclasses.field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Alpha with its interval, and of how much."""
        place = f"{_place(self.catalog, self.site)}, {self.field.replace('_', ' ')}"
        if self.alpha is None or self.low is None or self.high is None:
            return f"{place}: alpha cannot be computed ({self.of.units:,} subjects of two people)"
        return (
            f"{place}: alpha {self.alpha:.3f} [{self.low:.3f}, {self.high:.3f}], "
            f"{self.of.units:,} subjects, {self.of.people} people"
        )

    @property
    def alpha(self) -> float | None:
        """Nominal alpha; None where fewer than two values occur."""
        return self.of.alpha

    @property
    def low(self) -> float | None:
        """Lower end of its 95 % interval."""
        return self.of.low

    @property
    def high(self) -> float | None:
        """Upper end of its 95 % interval."""
        return self.of.high

    @property
    def raw(self) -> float | None:
        """Share of pairs of people who gave the same answer; None without a pair."""
        return self.of.raw

    def frame(self) -> pd.DataFrame:
        """A row for each site: site, units, answers, alpha, low, high, raw."""
        return self._sites.copy()

    def labelers(self) -> pd.DataFrame:
        """A row for each person: author, answers, missing, pairs, raw, without.

        missing: share skipped or flagged; raw: share of their pairs that agree; without: alpha of
        everybody else.
        """
        return self._labelers.copy()

    def disagreements(self) -> pd.DataFrame:
        """Subjects on which people's current closed answers differ, the most divided first.

        Columns: model, revision, reading, site, kind, name, key, people, agreeing (share of pairs
        of people that agree on clear pole and category both). Not of first answers only, and
        without what is hidden from `person`.
        """
        return self._divided.copy()


def labels(catalog: Catalog, site: str | None, person: str | None) -> Labels:
    """See `notebook.catalog.Catalog.labels`."""
    where = _where(catalog, site)
    with opened() as workspace:
        return Labels(catalog, site, person, reading.current(workspace, person, **where))


def agreement(catalog: Catalog, field: str, site: str | None, person: str | None) -> Agreement:
    """See `notebook.catalog.Catalog.agreement`."""
    asked = tuple(one for one in FIELDS if one == field)
    if not asked:
        raise SettingRefused(f"Agreement on {field!r} is not measured: on {' or '.join(FIELDS)}.")
    with opened() as workspace:
        (found,) = agreements(workspace, catalog, asked, site, person)
    return found


def agreements(
    workspace: Workspace,
    catalog: Catalog,
    fields: Sequence[Field],
    site: str | None,
    person: str | None,
) -> list[Agreement]:
    """The same of a workspace that is open, for each field; the log is read once for all."""
    where = _where(catalog, site)
    answers = measuring.entering(workspace, **where)
    divided = measuring.disagreements(workspace, person, **where)
    subjects = answers["key"].nunique()
    return [
        Agreement(
            catalog,
            field,
            site,
            person,
            len(answers),
            subjects,
            measuring.measure(answers, field),
            measuring.consensus(answers, field),
            measuring.by_site(answers, field),
            measuring.per_labeler(answers, field),
            divided,
        )
        for field in fields
    ]


@contextlib.contextmanager
def opened() -> Iterator[Workspace]:
    """The workspace in force; where nobody has saved anything, an empty one that leaves no file."""
    if places.workspace_exists():
        with open_workspace() as workspace:
            yield workspace
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        open_workspace(Path(folder) / "empty.sqlite") as workspace,
    ):
        yield workspace


def _where(catalog: Catalog, site: str | None) -> dict[str, str | None]:
    if site is not None:
        catalog.checked(site, None)
    return {**of_build(catalog.build), "site": site}


def _place(catalog: Catalog, site: str | None) -> str:
    return f"{catalog.slug} › {site or 'every site'}"
