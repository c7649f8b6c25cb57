"""The consensus protocol: a panel labels the same subjects, a second panel labels them again.

Every figure is of the rows of `agreement.entering`, so that a file of labels (dims labels export)
gives them all again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.signs.proportions import wilson
from catalog.workspace import agreement, resampling, schema
from catalog.workspace.agreement import Agreement, Field
from catalog.workspace.resampling import Floats


@dataclass(frozen=True)
class Interval:
    """A figure with its 95 % percentile interval over subjects; None: cannot be computed."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Second:
    """The majority answers of two panels that share nobody, compared."""

    people: tuple[str, ...]
    subjects: int
    """With a majority in both panels: what is compared."""
    tied: int
    """Answered by both, without a majority in one of them: left out."""
    same: float | None
    """Share of the compared subjects on which the majorities agree."""
    kappa: Interval
    """Cohen's kappa."""


@dataclass(frozen=True)
class Protocol:
    """How far a panel is at one on a closed field."""

    field: Field
    people: tuple[str, ...]
    """Who answered, of the (first) panel."""
    subjects: int
    """Answered by anybody of it."""
    answered_by: dict[int, int]
    """How many subjects so many people have answered, by the number of people."""
    unanimous: float | None
    """Share of the subjects of two or more people on which all agree."""
    near: float | None
    """Share of those of three or more on which at least all but one agree."""
    fleiss: Interval
    """Fleiss' kappa."""
    agreement: Agreement
    """Alpha and raw agreement beside it."""
    same: Interval
    """The raw agreement (share of pairs of people with one answer), with its interval."""
    second: Second | None

    def by(self, least: int) -> int:
        """How many subjects at least so many people have answered."""
        return sum(count for people, count in self.answered_by.items() if people >= least)

    @property
    def at_one(self) -> tuple[Interval, Interval]:
        """unanimous and near with their Wilson intervals; subjects are drawn independently."""
        return wilson_of(self.unanimous, self.by(2)), wilson_of(self.near, self.by(3))


def wilson_of(share: float | None, units: int) -> Interval:
    """A share of subjects with its Wilson interval."""
    return Interval(None) if share is None else Interval(share, *wilson(share * units, units))


def fleiss(tally: NDArray[np.int64]) -> float | None:
    """Fleiss' kappa of int64[units, values]: how often each unit got each value, twice at least.

    Fleiss 1971: P_u = sum_c n_uc (n_uc - 1) / (m_u (m_u - 1)), p_c the share of c among all
    answers, kappa = (mean P_u - sum p_c^2) / (1 - sum p_c^2). With unequal m_u as in Fleiss, Levin
    & Paik 2003, each unit weighs the same. None where one value alone was given (0/0).
    """
    if not len(tally):
        return None
    (value,) = _kappas(tally, np.ones((1, len(tally))))
    return None if np.isnan(value) else float(value)


def _kappas(tally: NDArray[np.int64], weights: Floats) -> Floats:
    """Fleiss' kappa for each row of weights of the units: float[samples]; NaN where 0/0."""
    answered = tally.sum(axis=1)
    pairs = (tally * (tally - 1)).sum(axis=1) / (answered * (answered - 1))
    observed = weights @ pairs / weights.sum(axis=1)
    shares = weights @ tally  # [samples, values]
    shares = shares / shares.sum(axis=1, keepdims=True)
    by_chance = (shares**2).sum(axis=1)
    one = (shares > 0).sum(axis=1) < 2
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa: Floats = (observed - by_chance) / (1 - by_chance)
    kappa[one] = np.nan
    return kappa


def _sames(tally: NDArray[np.int64], weights: Floats) -> Floats:
    """Share of pairs of people who agree, for each row of weights of the units: float[samples]."""
    answered = tally.sum(axis=1)
    same: Floats = (weights @ (tally * (tally - 1)).sum(axis=1)) / (
        weights @ (answered * (answered - 1))
    )
    return same


def _spanned(value: float | None, units: int, figure: Callable[[Floats], Floats]) -> Interval:
    if value is None:
        return Interval(None)
    return Interval(value, *(resampling.interval(resampling.drawn(units, figure)) or ()))


def cohen(one: NDArray[np.int64], other: NDArray[np.int64], values: int) -> Interval:
    """Cohen's kappa (Cohen 1960) of two answers to each subject, int64[subjects] below `values`.

    kappa = (po - pe) / (1 - pe), pe = sum_c of the two shares of c multiplied. None where both gave
    one and the same value alone (0/0).
    """
    if not len(one):
        return Interval(None)
    table = np.zeros((len(one), values * values))
    table[np.arange(len(one)), one * values + other] = 1

    def kappas(weights: Floats) -> Floats:
        crossed = (weights @ table / weights.sum(axis=1, keepdims=True)).reshape(-1, values, values)
        observed = np.trace(crossed, axis1=1, axis2=2)
        by_chance = (crossed.sum(axis=1) * crossed.sum(axis=2)).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            found: Floats = (observed - by_chance) / (1 - by_chance)
        found[by_chance > 1 - 1e-12] = np.nan
        return found

    (value,) = kappas(np.ones((1, len(one))))
    if np.isnan(value):
        return Interval(None)
    return _spanned(float(value), len(one), kappas)


def majority(answers: pd.DataFrame, field: Field) -> "pd.Series[Any]":
    """The one most frequent answer to each subject, by key; missing where several are."""
    given = answers[answers.action.isin(schema.ANSWERS) & answers[field].notna()]
    counts = given.groupby(["key", field], observed=True).size().rename("n").reset_index()
    top = counts[counts.n == counts.groupby("key").n.transform("max")]
    single = top.groupby("key")[field].agg(["first", "size"])
    return single["first"].where(single["size"] == 1)


def measure(answers: pd.DataFrame, field: Field, second: Sequence[str] = ()) -> Protocol:
    """The protocol of rows of `agreement.entering`; who is in `second` is the second panel.

    SettingRefused where a name of the second panel has no answer here, or nobody is left for the
    first.
    """
    people = set(answers.author)
    strange = sorted(set(second) - people)
    if strange:
        raise SettingRefused(
            f"{', '.join(strange)} gave no blind answer here: the second panel is of people who "
            f"did ({', '.join(sorted(people)) or 'nobody yet'})."
        )
    if second and not people - set(second):
        raise SettingRefused("Everybody is in the second panel: leave somebody for the first.")
    first = answers[~answers.author.isin(second)]
    table = agreement.matrix(first, field)
    tally, _ = agreement.counts(table)
    at_one = agreement.at_one(tally)
    spread = _spanned(fleiss(tally), len(tally), lambda weights: _kappas(tally, weights))
    measured = agreement.measure(first, field)
    same = _spanned(measured.raw, len(tally), lambda weights: _sames(tally, weights))
    answered = table.notna().to_numpy().sum(axis=0)
    people_each, subjects_each = np.unique(answered[answered > 0], return_counts=True)
    return Protocol(
        field=field,
        people=tuple(sorted(set(first.author))),
        subjects=int((answered > 0).sum()),
        answered_by=dict(zip(people_each.tolist(), subjects_each.tolist(), strict=True)),
        unanimous=at_one["unanimous"],
        near=at_one["near"],
        fleiss=spread,
        agreement=measured,
        same=same,
        second=_second(answers, first, field, second) if second else None,
    )


def _second(
    answers: pd.DataFrame, first: pd.DataFrame, field: Field, second: Sequence[str]
) -> Second:
    other = answers[answers.author.isin(second)]
    both = pd.concat([majority(first, field), majority(other, field)], axis=1, join="inner")
    settled = both.dropna()
    codes, values = pd.factorize(settled.to_numpy().ravel(), sort=True)
    one, two = codes.reshape(-1, 2).T if len(codes) else (codes, codes)
    return Second(
        people=tuple(sorted(set(second))),
        subjects=len(settled),
        tied=len(both) - len(settled),
        same=float((one == two).mean()) if len(settled) else None,
        kappa=cohen(one, two, len(values)),
    )
