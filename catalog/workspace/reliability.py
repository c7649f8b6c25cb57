"""How sure a label is, and how often each labeler is right: Dawid & Skene over first blind answers.

Only what enters agreement enters (agreement.entering), each build of a model for itself. Seeded and
sorted by subject and person, so that the same answers give the same figures wherever they lie.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from catalog.workspace import copying, gibbs, schema
from catalog.workspace.agreement import Field
from catalog.workspace.dawid_skene import Panel
from catalog.workspace.subjects import OF_BUILD

SUBJECT_COLUMNS = (
    "site", "kind", "name", "key", "field", "answer", "probability", "low", "high", "people",
)  # fmt: skip
LABELER_COLUMNS = ("author", "field", "answers", "accuracy", "low", "high", "only")
ALWAYS = 10
"""Answers from which on somebody who gave a single value is said to answer always the same."""


@dataclass(frozen=True)
class Coded:
    """A panel with the names of its numbers."""

    panel: Panel
    keys: tuple[str, ...]
    """Of the subjects."""
    authors: tuple[str, ...]
    values: tuple[str, ...]


@dataclass(frozen=True)
class Reliability:
    """Posteriors of one field in one build of a model."""

    field: Field
    subjects: pd.DataFrame
    """SUBJECT_COLUMNS: the likeliest answer, the probability that it is true, its 95 % credible
    interval, and how many people answered."""
    labelers: pd.DataFrame
    """LABELER_COLUMNS: probability of a right answer with its 95 % credible interval; `only` is the
    single value of somebody who always answers the same, else missing."""
    pairs: pd.DataFrame
    """copying.COLUMNS: people who agree beyond what their accuracies explain."""

    @property
    def notes(self) -> list[str]:
        """What must be said beside the figures, a sentence each."""
        if self.labelers.empty:
            return ["Nobody has answered this field blind from the queue: nothing can be said yet."]
        found = []
        if len(self.labelers) == 1:
            found.append(
                "One person has answered: how often they are right is the prior's guess (3 of 4), "
                "not measured. A second person on the same subjects measures it."
            )
        elif not (self.subjects.people > 1).any():
            found.append(
                "No subject has two people's answers: accuracies are the prior's guess (3 of 4)."
            )
        for row in self.labelers.dropna(subset="only").itertuples():
            found.append(
                f"{row.author} answered {row.only} every time ({row.answers:,} answers), where "
                f"others did not: these answers say little, and count for little."
            )
        if len(self.labelers) in (2, 3):
            found.append("Whether two people copy each other takes two more people to tell.")
        for row in self.pairs.itertuples():
            found.append(
                f"{row.first} and {row.second} gave the same answer to {row.same:,} of "
                f"{row.shared:,} subjects, where their accuracies explain {row.expected:.0f}: one "
                f"copies the other, the same thing misleads both, or both are right where others "
                f"err. They count as two here; read the figures without one of them, too."
            )
        return found


def coded(answers: pd.DataFrame, field: Field) -> Coded | None:
    """The answers of a field as numbers; None where there is none."""
    given = answers[answers.action.isin(schema.ANSWERS) & answers[field].notna()]
    if given.empty:
        return None
    given = given.sort_values(["key", "author"])
    closed = field == "clear_pole"
    values = list(schema.CLEAR_POLES) if closed else sorted(given[field].unique())
    subject, keys = pd.factorize(given.key, sort=True)
    labeler, authors = pd.factorize(given.author, sort=True)
    value = pd.Categorical(given[field], categories=values).codes.astype(np.int64)
    sizes = (len(keys), len(authors), len(values))
    panel = Panel(subject, labeler, value, *sizes, open=not closed)
    return Coded(panel, tuple(keys), tuple(authors), tuple(map(str, values)))


def measure(answers: pd.DataFrame, field: Field, check_pairs: bool = True) -> Reliability:
    """Posteriors of the rows of `agreement.entering` of one build; tables are empty without any."""
    found = coded(answers, field)
    if found is None:
        subjects = pd.DataFrame(columns=list(SUBJECT_COLUMNS))
        labelers = pd.DataFrame(columns=list(LABELER_COLUMNS))
        return Reliability(field, subjects, labelers, copying.none())
    panel = found.panel
    posterior = gibbs.sample(panel)
    named = answers.drop_duplicates("key").set_index("key").loc[list(found.keys)]
    subjects = pd.DataFrame(
        {
            **{column: named[column].to_numpy() for column in ("site", "kind", "name")},
            "key": found.keys,
            "field": field,
            "answer": [found.values[best] for best in posterior.best],
            "probability": posterior.probability,
            "low": posterior.low,
            "high": posterior.high,
            "people": np.bincount(panel.subject, minlength=panel.subjects),
        }
    )
    labelers = pd.DataFrame(
        {
            "author": found.authors,
            "field": field,
            "answers": np.bincount(panel.labeler, minlength=panel.labelers),
            "accuracy": posterior.accuracy,
            "low": posterior.accuracy_low,
            "high": posterior.accuracy_high,
            "only": _always(found),
        }
    )
    pairs = copying.pairs(panel, found.authors) if check_pairs else copying.none()
    return Reliability(field, subjects, labelers, pairs)


def _always(found: Coded) -> list[str | None]:
    """The single value of each labeler who gave no other, where others gave another; else None."""
    panel = found.panel
    only: list[str | None] = []
    for labeler in range(panel.labelers):
        own = panel.labeler == labeler
        values = np.unique(panel.value[own])
        beside = np.isin(panel.subject, panel.subject[own]) & ~own
        same = len(values) == 1 and own.sum() >= ALWAYS
        differs = same and bool((panel.value[beside] != values[0]).any())
        only.append(found.values[values[0]] if differs else None)
    return only


def each_build(answers: pd.DataFrame, field: Field) -> dict[tuple[str, str, str], Reliability]:
    """`measure` of each build of a model for itself: by model, revision and reading."""
    groups = answers.groupby(list(OF_BUILD), sort=True)
    return {(str(m), str(v), str(r)): measure(rows, field) for (m, v, r), rows in groups}


def words(row: Mapping[str, object]) -> str:
    """A row of `subjects` in words: "animals, 0.93 [0.84, 0.97], 3 people"."""
    answer = str(row["answer"]).replace("_", " ")
    people = "1 person" if row["people"] == 1 else f"{row['people']} people"
    likely, low, high = (chance(row[name]) for name in ("probability", "low", "high"))
    return f"{answer}, {likely} [{low}, {high}], {people}"


def chance(value: object) -> str:
    """A probability to two digits, none of which says that something is certain."""
    number = float(str(value))
    return "> 0.99" if number >= 0.995 else "< 0.01" if number < 0.005 else f"{number:.2f}"
