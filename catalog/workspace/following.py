"""Posteriors of a build's subjects that follow the log: kept in memory, brought up to date by what
came since. For whoever asks again with every answer; the figures on pages are `reliability`'s.
"""

import threading
from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, func, select

from catalog.workspace import agreement, dawid_skene, reliability, schema
from catalog.workspace.agreement import FIELDS, Field
from catalog.workspace.dawid_skene import RIGHT, WRONG, Estimate, Floats, Panel
from catalog.workspace.reading import frame, places

_NEEDED = (
    "author", "action", "clear_pole", "category", "source", "blind", "suggested", "made_at",
)  # fmt: skip
_KEPT = ["key", "author", "action", "clear_pole", "category"]
_LATE = 200
"""Rows read again behind the newest one: PostgreSQL numbers rows before they are there."""
_AT_ONCE = 500
GROWTH = 1.05
"""Matrices are estimated anew once there are so many times the answers they were made from."""


class FieldState:
    """One field: an estimate, and the posterior of every subject that has answers."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.coded: reliability.Coded | None = None
        self.estimate: Estimate | None = None
        self.odds: dict[str, Floats] = {}
        """By key: probability of each value, "another" last."""
        self.people: dict[str, int] = {}
        self._made_of = 0

    def update(self, answers: pd.DataFrame, changed: set[str]) -> bool:
        """Take the answers that enter now; whether matrices, and so everything, was made anew."""
        given = answers[answers.action.isin(schema.ANSWERS) & answers[self.field].notna()]
        some = given[given.key.isin(changed)]
        if self._outgrown(len(given), some):
            self._fit(given)
            return True
        for key in changed:
            self.odds.pop(key, None)
            self.people.pop(key, None)
        if len(some) and self.coded is not None and self.estimate is not None:
            keys, panel = _coded(some, self.field, self.coded)
            self._take(keys, panel, dawid_skene.posterior(panel, self.estimate))
        return False

    def _outgrown(self, size: int, some: pd.DataFrame) -> bool:
        if self.coded is None or not size:
            return size > 0 or self.coded is not None
        new = not set(some.author) <= set(self.coded.authors)
        new |= not set(some[self.field]) <= set(self.coded.values)
        return bool(new or size > GROWTH * self._made_of or size < self._made_of / GROWTH)

    def _fit(self, given: pd.DataFrame) -> None:
        self.odds, self.people, self._made_of = {}, {}, len(given)
        self.coded = reliability.coded(given, self.field)
        if self.coded is None:
            self.estimate = None
            return
        self.estimate, odds = dawid_skene.fit(self.coded.panel)
        self._take(self.coded.keys, self.coded.panel, odds)

    def _take(self, keys: Iterable[str], panel: Panel, odds: Floats) -> None:
        people = np.bincount(panel.subject, minlength=panel.subjects)
        for key, row, count in zip(keys, odds, people, strict=True):
            self.odds[key], self.people[key] = row, int(count)

    def matrix(self, author: str) -> Floats:
        """A labeler's theta with "another" as a last row and column; of a stranger the prior's."""
        assert self.coded is not None and self.estimate is not None
        k = len(self.coded.values)
        theta = np.zeros((k + 1, k + 1))
        if author in self.coded.authors:
            at = self.coded.authors.index(author)
            theta[:k, :k], right = self.estimate.confusion[at], self.estimate.accuracy[at]
        else:
            right = RIGHT / (RIGHT + WRONG)
            theta[:k, :k] = (1 - right) / max(1, k - 1)
            theta[np.arange(k), np.arange(k)] = right if k > 1 else 1.0
        theta[k, :k], theta[k, k] = (1 - right) / k, right
        return theta


def _coded(some: pd.DataFrame, field: Field, old: reliability.Coded) -> tuple[list[str], Panel]:
    """Answers as numbers of an earlier panel's people and values."""
    some = some.sort_values(["key", "author"])
    subject, keys = pd.factorize(some.key, sort=True)
    labeler = pd.Categorical(some.author, categories=list(old.authors)).codes.astype(np.int64)
    value = pd.Categorical(some[field], categories=list(old.values)).codes.astype(np.int64)
    sizes = (len(keys), len(old.authors), len(old.values))
    return list(keys), Panel(subject, labeler, value, *sizes, open=old.panel.open)


class Followed:
    """The first blind answers of one build, and what follows from them for each field."""

    def __init__(self, build: Mapping[str, str]) -> None:
        self.build = dict(build)
        self.fields = {field: FieldState(field) for field in FIELDS}
        self.answers = pd.DataFrame(columns=_KEPT)
        self.lock = threading.RLock()
        self.version = 0
        """Grows with every new estimate."""
        self._newest = 0
        self._changed: dict[str, int] = {}

    def follow(self, connection: Connection) -> int:
        """Take in what was saved since; the number of the newest row of the log."""
        newest = int(connection.scalar(select(func.max(schema.label.c.id))) or 0)
        if newest == self._newest:
            return newest
        changed = self._since(connection) if self._newest else None
        rows = self._rows(connection, changed)
        entering = agreement.first_blind(rows)[_KEPT]
        if changed is None:
            self.answers, keys = entering, set(entering.key)
        else:
            kept = self.answers[~self.answers.key.isin(changed)]
            parts = [one for one in (kept, entering) if len(one)]
            self.answers = pd.concat(parts, ignore_index=True) if parts else entering
            keys = changed
        anew = [state.update(self.answers, keys) for state in self.fields.values()]
        self.version += any(anew)
        self._newest = newest
        self._changed |= dict.fromkeys(keys, newest)
        return newest

    def changed_since(self, newest: int) -> set[str]:
        """Keys of subjects about which something was saved after the row of this number."""
        return {key for key, at in self._changed.items() if at > newest}

    def _since(self, connection: Connection) -> set[str]:
        label = schema.label
        late = _LATE if connection.dialect.name == "postgresql" else 0
        query = select(label.c.subject).where(label.c.id > self._newest - late).distinct()
        return set(connection.scalars(query))

    def _rows(self, connection: Connection, keys: set[str] | None) -> pd.DataFrame:
        """Rows of the log of whole subjects of the build, oldest first."""
        label, subject = schema.label, schema.subject
        columns = [subject.c.key.label("key"), *(label.c[name] for name in _NEEDED)]
        query = (
            select(*columns)
            .join(subject, subject.c.key == label.c.subject)
            .where(*places(**self.build), subject.c.pole == "")
            .order_by(label.c.made_at, label.c.id)
        )
        if keys is None:
            return frame(connection, query)
        listed = sorted(keys)
        batches = [listed[i : i + _AT_ONCE] for i in range(0, len(listed), _AT_ONCE)] or [[]]
        found = [frame(connection, query.where(label.c.subject.in_(some))) for some in batches]
        return pd.concat(found, ignore_index=True)


_FOLLOWED: "WeakKeyDictionary[Engine, dict[tuple[str, ...], Followed]]" = WeakKeyDictionary()
_GUARD = threading.Lock()


def followed(engine: Engine, build: Mapping[str, str]) -> Followed:
    """What this process holds of a build; empty at first."""
    with _GUARD:
        of_engine = _FOLLOWED.setdefault(engine, {})
        return of_engine.setdefault(tuple(build.values()), Followed(build))
