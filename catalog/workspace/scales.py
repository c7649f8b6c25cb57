"""Scales of a label, 1 to 5, and whether people agree on them: one ordinal alpha a scale."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.workspace import resampling, schema
from catalog.workspace.resampling import Floats

COLUMNS = ("scale", "units", "answers", "people", "alpha", "low", "high", "mean")


@dataclass(frozen=True)
class Scale:
    """Agreement of people on one scale. None: cannot be computed from these answers."""

    scale: str
    units: int
    """Subjects that at least two people put on the scale."""
    answers: int
    """Their answers."""
    people: int
    alpha: float | None
    """Ordinal alpha: 1 = perfect, 0 = chance; None where one step alone was used."""
    low: float | None
    high: float | None
    """95 % percentile interval over subjects drawn with replacement."""
    mean: float | None
    """Mean step of these answers."""


def tally(answers: pd.DataFrame, scale: str) -> NDArray[np.int64]:
    """How often each subject got each step: int64[units, steps]; subjects of one answer left out.

    `answers` are rows of `agreement.entering`.
    """
    least, most = schema.RANGES[scale]
    given = answers[answers[scale].notna()]
    subject, keys = pd.factorize(given.key, sort=True)
    counts = np.zeros((len(keys), most - least + 1), np.int64)
    np.add.at(counts, (subject, given[scale].to_numpy(np.int64) - least), 1)
    several: NDArray[np.int64] = counts[counts.sum(axis=1) > 1]
    return several


def alpha(counts: NDArray[np.int64]) -> float | None:
    """Krippendorff's ordinal alpha of int64[units, steps], by the package krippendorff.

    Krippendorff 2011 (docs/method.md#alpha): two answers differ by how many answers lie between
    their steps. None where fewer than two steps were used (0/0).
    """
    import krippendorff

    used = counts[:, counts.sum(axis=0) > 0]
    if used.shape[1] < 2:
        return None
    return float(krippendorff.alpha(value_counts=used, level_of_measurement="ordinal"))


def weighted(counts: NDArray[np.int64]) -> Callable[[Floats], Floats]:
    """Alpha by weights of the units, float64[samples, units]; NaN where one step alone is left.

    With o_ck = sum_u n_uc (n_uk - [c = k]) / (m_u - 1) the coincidences, n_c their sums, n their
    total and d_ck = (n_c / 2 + ... + n_k / 2)^2 with all steps between: alpha = 1 - (n - 1)
    sum o_ck d_ck / sum n_c n_k d_ck.
    """
    units, steps = counts.shape
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(steps)
    each = (pairs / (counts.sum(axis=1) - 1)[:, None, None]).reshape(units, -1)

    def alphas(weights: Floats) -> Floats:
        o = (weights @ each).reshape(-1, steps, steps)
        n = o.sum(axis=2)  # [samples, steps]
        middle = n.cumsum(axis=1) - n / 2
        d = (middle[:, :, None] - middle[:, None, :]) ** 2
        expected = (n[:, :, None] * n[:, None, :] * d).sum(axis=(1, 2))
        observed = (n.sum(axis=1) - 1) * (o * d).sum(axis=(1, 2))
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(expected > 0, 1 - observed / expected, np.nan)

    return alphas


def measure(answers: pd.DataFrame, scale: str, seed: int = 0) -> Scale:
    """Agreement on a scale among the rows of `agreement.entering`."""
    counts = tally(answers, scale)
    value, span = alpha(counts), None
    if value is not None:
        span = resampling.interval(resampling.drawn(len(counts), weighted(counts), seed))
    total = int(counts.sum())
    steps = np.arange(counts.shape[1]) + schema.RANGES[scale][0]
    return Scale(
        scale=scale,
        units=len(counts),
        answers=total,
        people=int(answers[answers[scale].notna()].author.nunique()),
        alpha=value,
        low=span[0] if span else None,
        high=span[1] if span else None,
        mean=float(counts.sum(axis=0) @ steps / total) if total else None,
    )


def table(answers: pd.DataFrame) -> pd.DataFrame:
    """`measure` of every scale that at least one person has used: COLUMNS."""
    found = [measure(answers, scale) for scale in schema.SCALES if answers[scale].notna().any()]
    return pd.DataFrame([vars(one) for one in found], columns=list(COLUMNS))
