"""In which order a queue shows its subjects."""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, select

from catalog.workspace import blind, marks, schema
from catalog.workspace.subjects import Subject

FIXED = ("random", "strongest", "disagreed", "fewest")
"""Orders that are fixed when a queue is opened."""
INFORMATIVE = "informative"
"""Decided anew with every answer: see informative.py."""
ORDERS = (*FIXED, INFORMATIVE)


def generator(seed: str, person: str) -> np.random.Generator:
    """Random numbers of one person: two people with one seed get two orders."""
    digest = hashlib.sha256(f"{seed}\n{person}".encode()).digest()
    return np.random.default_rng(list(digest))


def ordered(
    connection: Connection,
    subjects: Sequence[Subject],
    order: str,
    strength: NDArray[np.float64],
    generator: np.random.Generator,
) -> list[int]:
    """Places of `subjects` in the queue's order: the smallest weight first, ties at random."""
    ties = generator.permutation(len(subjects))
    if order in ("random", INFORMATIVE):
        return [int(i) for i in ties]
    if order == "strongest":
        weight = np.where(np.isnan(strength), np.inf, -strength)
    else:
        people, differ = standing(connection)
        if order == "fewest":
            weight = np.array([people.get(subject.key, 0) for subject in subjects], float)
        else:
            weight = np.array([-differ.get(subject.key, 0.0) for subject in subjects])
    return [int(i) for i in np.lexsort((ties, weight))]


def standing(connection: Connection) -> tuple[dict[str, int], dict[str, float]]:
    """By whole subject: people who answered, and the share of their pairs that differ."""
    label = schema.label
    query = (
        select(label.c.subject, label.c.clear_pole, label.c.category, func.count().label("people"))
        .where(label.c.action.in_(schema.ANSWERS), blind.is_newest())
        .where(marks.persons(label.c.author))
        .group_by(label.c.subject, label.c.clear_pole, label.c.category)
    )
    counts: dict[str, list[int]] = {}
    for row in connection.execute(query):
        counts.setdefault(row.subject, []).append(row.people)
    people = {key: sum(same) for key, same in counts.items()}
    differ = {
        key: 1 - sum(n * (n - 1) for n in same) / (people[key] * (people[key] - 1))
        for key, same in counts.items()
        if people[key] > 1
    }
    return people, differ
