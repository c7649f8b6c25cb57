"""The order `informative`: first the subject whose next answer tells most of what is still open.

With posterior p of a subject's true value and the labeler's own matrix theta the answer l comes
with q_l = sum_k p_k theta_kl, and knowing it lessens the entropy of the true value by
H(q) - sum_k p_k H(theta_k) bits on average: the mutual information of answer and truth (Lindley
1956). Summed over the closed fields, the category's times the probability that there is a clear
pole. Subjects without answers have the prior's posterior, which is prevalence; where nobody's
answers enter, the subjects that people's current answers divide most come first
(docs/method.md#what-to-label-next).
"""

import threading
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select

from catalog.workspace import following, ordering, schema, waiting
from catalog.workspace.dawid_skene import Floats
from catalog.workspace.following import FieldState, Followed
from catalog.workspace.gold_schema import gold
from catalog.workspace.subjects import OF_BUILD
from catalog.workspace.waiting import Queue

FEWEST = 2
"""People who must have answered a subject before its posterior may stop it."""
_AT_ONCE = 500
_DIGITS = 9
"""Digits to which gains are compared: equal ones keep the places that they were drawn."""


def gains(odds: Floats, theta: Floats) -> Floats:
    """Bits that the next answer tells of the truth: float64[subjects].

    `odds` are posteriors, float64[subjects, values]; `theta` the labeler's matrix.
    """
    said = odds @ theta
    return _entropy(said) - odds @ _entropy(theta)


def _none(state: FieldState, chosen: list[str]) -> Floats:
    """Probability that each subject has no clear pole: float64[chosen]."""
    if state.coded is None or state.estimate is None:
        return np.zeros(len(chosen))
    at, prior = state.coded.values.index("none"), state.estimate.prevalence
    return np.array([state.odds.get(key, prior)[at] for key in chosen], np.float64)


def _entropy(shares: Floats) -> Floats:
    """Entropy of each row in bits."""
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: Floats = -(shares * logs).sum(axis=1)
    return entropy


class Ranking:
    """One queue: which of its items wait, and how much each one's next answer would tell."""

    def __init__(self, connection: Connection, queue: Queue) -> None:
        item, subject = schema.queue_item, schema.subject
        names = [subject.c[name] for name in OF_BUILD]
        query = select(item.c.subject, *names).join(subject, subject.c.key == item.c.subject)
        rows = connection.execute(
            query.where(item.c.queue == queue.key).order_by(item.c.place)
        ).all()
        self.queue = queue
        self.lock = threading.RLock()
        self.keys = [row.subject for row in rows]
        self.index = {key: place for place, key in enumerate(self.keys)}
        self.builds: dict[tuple[str, ...], set[str]] = {}
        for row in rows:
            self.builds.setdefault(tuple(row[1:]), set()).add(row.subject)
        held = set(connection.scalars(select(gold.c.subject).where(waiting.is_known())))
        self.checks = np.array([queue.checks is not None and key in held for key in self.keys])
        self.waits = np.zeros(len(rows), np.bool_)
        self.answered = np.zeros(len(rows), np.bool_)
        self.done = np.zeros(len(rows), np.bool_)
        """Their posterior has passed the queue's level."""
        self.gain = np.zeros(len(rows))
        self._seen = -1
        self._versions: dict[tuple[str, ...], int] = {}

    def follow(self, connection: Connection) -> None:
        """Take in what was saved since."""
        newest, first, changed = self._seen, self._seen < 0, set[str]()
        for build, keys in self.builds.items():
            one = following.followed(connection.engine, dict(zip(OF_BUILD, build, strict=True)))
            with one.lock:
                newest = one.follow(connection)
                some = one.changed_since(self._seen) & keys
                anew = self._versions.get(build) != one.version
                self._rank(one, sorted(keys if anew else some))
                self._versions[build] = one.version
                changed |= some
        if newest == self._seen:
            return
        self._look(connection, None if first else changed)
        if not any(self._versions.values()):  # nobody's answers enter
            _, differ = ordering.standing(connection)
            self.gain = np.array([differ.get(key, 0.0) for key in self.keys])
        self._seen = newest

    def _rank(self, one: Followed, chosen: list[str]) -> None:
        """Gains of some items of a build, and whether they are done."""
        states = [state for state in one.fields.values() if state.coded is not None]
        place = np.array([self.index[key] for key in chosen], np.int64)
        gain, done = np.zeros(len(place)), np.ones(len(place), np.bool_)
        any_answer = np.zeros(len(place), np.bool_)
        for state in states:
            found, sure, there = self._of_field(state, chosen)
            if state.field == "category":  # who sees no clear pole is not asked for one
                found *= 1 - _none(one.fields["clear_pole"], chosen)
            gain += found
            done &= sure | ~there
            any_answer |= there
        self.gain[place] = np.round(gain, _DIGITS)
        self.done[place] = done & any_answer

    def _of_field(
        self, state: FieldState, chosen: list[str]
    ) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_]]:
        """Gain of each chosen item, whether its posterior passes the level, whether it has one."""
        assert state.estimate is not None
        theta, prior = state.matrix(self.queue.person), state.estimate.prevalence
        at = [place for place, key in enumerate(chosen) if key in state.odds]
        gain = np.full(len(chosen), gains(prior[None, :], theta)[0])
        sure = np.zeros(len(chosen), np.bool_)
        there = np.zeros(len(chosen), np.bool_)
        if at:
            odds = np.stack([state.odds[chosen[place]] for place in at])
            people = np.array([state.people[chosen[place]] for place in at])
            gain[at], there[at] = gains(odds, theta), True
            if self.queue.stop is not None:
                sure[at] = (odds[:, :-1].max(axis=1) >= self.queue.stop) & (people >= FEWEST)
        return gain, sure, there

    def _look(self, connection: Connection, keys: set[str] | None) -> None:
        """Which items wait, and which are answered: of all, or of some."""
        item = schema.queue_item
        done, enough = waiting.answered(self.queue), waiting.covered(self.queue)
        query = select(item.c.subject, done.label("done"), enough.label("enough"))
        query = query.where(item.c.queue == self.queue.key)
        batches: list[list[str]] | list[None] = [None]
        if keys is not None:
            listed = sorted(keys)
            batches = [listed[i : i + _AT_ONCE] for i in range(0, len(listed), _AT_ONCE)]
        for some in batches:
            asked = query if some is None else query.where(item.c.subject.in_(some))
            for row in connection.execute(asked):
                place = self.index[row.subject]
                self.answered[place] = bool(row.done)
                self.waits[place] = not row.done and not row.enough

    def first(self, count: int) -> list[str]:
        """Keys of the next `count` subjects, the most telling first."""
        free = self._free()
        gain = np.zeros(len(free))  # places alone decide in other orders
        if self.queue.ordering == ordering.INFORMATIVE:
            gain = np.where(self.checks, -np.inf, self.gain)
            if self.queue.checks is not None:
                due = int(self.answered.sum()) // self.queue.checks
                owed = max(0, due - int((self.answered & self.checks).sum()))
                gain[np.flatnonzero(free & self.checks)[:owed]] = np.inf
        places = np.flatnonzero(free)
        order = np.lexsort((places, -gain[places]))
        return [self.keys[places[at]] for at in order[:count]]

    def _free(self) -> NDArray[np.bool_]:
        free: NDArray[np.bool_] = self.waits & ~(self.done & ~self.checks)
        return free

    @property
    def left(self) -> tuple[int, int, int]:
        """Items answered, waiting, and passed over."""
        done = int(self.answered.sum())
        free = int(self._free().sum())
        return done, free, len(self.keys) - done - free


_RANKINGS: "WeakKeyDictionary[Engine, dict[str, Ranking]]" = WeakKeyDictionary()
_GUARD = threading.Lock()
_MOST = 64


def ranking(connection: Connection, queue: Queue) -> Ranking:
    """The ranking of a queue as of now; the first time reads all its build's answers."""
    with _GUARD:
        held = _RANKINGS.setdefault(connection.engine, {})
        found = held.get(queue.key)
        if found is None:
            found = held[queue.key] = Ranking(connection, queue)
            for old in list(held)[:-_MOST]:
                del held[old]
    with found.lock:
        found.follow(connection)
    return found
