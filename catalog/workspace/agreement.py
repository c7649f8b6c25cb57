"""Do people agree? Krippendorff's alpha on closed answers, with what it must be read beside.

Only an answer that its author saved first, blind, without suggestions, from the queue enters
(docs/method.md#what-enters). skip and flag are missing values; `no_clear_pole` is the value "none"
of the field clear_pole and missing in the field category. An answer undone within a minute was a
slip (blind.py): the next one is the first.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.workspace import blind
from catalog.workspace.file import Workspace
from catalog.workspace.reading import by_people, current, history
from catalog.workspace.subjects import FIELDS as FIELDS_OF_SUBJECT

Field = Literal["clear_pole", "category"]
FIELDS: tuple[Field, ...] = ("clear_pole", "category")
BOOTSTRAPS = 2000


@dataclass(frozen=True)
class Agreement:
    """Agreement of people on one closed field. None: cannot be computed from these answers."""

    field: Field
    units: int
    """Subjects that at least two people answered."""
    answers: int
    """Their answers."""
    people: int
    alpha: float | None
    """Nominal alpha: 1 = perfect, 0 = chance; None where fewer than two values occur."""
    low: float | None
    high: float | None
    """95 % percentile interval over subjects drawn with replacement."""
    undefined: int
    """Bootstrap samples with a single value, where alpha is 0/0; left out of the interval."""
    raw: float | None
    """Share of pairs of people who gave the same answer to a subject."""
    prevalence: dict[str, float]
    """Share of each value among the answers: alpha is unsure where one value rules."""


def entering(workspace: Workspace, **where: str | None) -> pd.DataFrame:
    """The answers that enter agreement: one row for each author and whole subject.

    Columns of `reading.history`. A first answer that was not blind, or came with suggestions or
    from elsewhere, keeps its author out for that subject: what follows is not first.
    """
    log = history(workspace, None, **where)
    return first_blind(log[log.pole == ""])


def first_blind(log: pd.DataFrame) -> pd.DataFrame:
    """The rows of a log (oldest first) that a person saved first, blind, from the queue."""
    log = by_people(log)
    groups = log.groupby(["author", "key"], sort=False)
    later = groups[["action", "made_at"]].shift(-1)
    slip = (later.action == "delete") & (later.made_at - log.made_at <= blind.GRACE)
    log = log[~slip & (log.action != "delete")]
    first = log.drop_duplicates(["author", "key"], keep="first")
    counts = (first.source == "queue") & first.blind.astype(bool) & ~first.suggested.astype(bool)
    return first[counts].reset_index(drop=True)


def matrix(answers: pd.DataFrame, field: Field) -> pd.DataFrame:
    """Authors by subjects (keys), the value of `field` in each cell; missing where not answered."""
    given = answers[answers.action.isin(("label", "no_clear_pole")) & answers[field].notna()]
    return given.pivot(index="author", columns="key", values=field)


def counts(table: pd.DataFrame) -> tuple[NDArray[np.int64], list[str]]:
    """How often each subject got each value: int64[units, values], and the values in order.

    Subjects with a single answer hold no pair and are left out.
    """
    cells = table.to_numpy(object)  # column by column pandas takes seconds for thousands
    known = ~pd.isna(cells)
    values = sorted({str(value) for value in cells[known]})
    each = [((cells == value) & known).sum(axis=0) for value in values]
    tally = np.stack(each, axis=1) if each else np.zeros((table.shape[1], 0))
    return tally[tally.sum(axis=1) > 1].astype(np.int64), values


def alpha(tally: NDArray[np.int64]) -> float | None:
    """Krippendorff's nominal alpha of int64[units, values], by the package krippendorff.

    Krippendorff 2004, Content Analysis, chapter 11 (docs/method.md#alpha): 1 - observed / expected
    disagreement over pairable values. None where fewer than two values occur (0/0).
    """
    import krippendorff

    used = tally[:, tally.sum(axis=0) > 0]
    if used.shape[1] < 2:
        return None
    return float(krippendorff.alpha(value_counts=used, level_of_measurement="nominal"))


def bootstrap(
    tally: NDArray[np.int64], generator: np.random.Generator, samples: int = BOOTSTRAPS
) -> NDArray[np.float64]:
    """Alpha of `samples` draws of the units with replacement: float[samples], NaN where 0/0.

    The same quantity as `alpha` in closed form. With n_uc answers c of unit u, m_u = sum_c n_uc,
    n_c = sum_u n_uc and n = sum_c n_c: alpha = 1 - (n - 1) o / (n^2 - sum_c n_c^2), where
    o = sum_u (m_u - sum_c n_uc (n_uc - 1) / (m_u - 1)). A draw weights the units.
    """
    units = len(tally)
    answered = tally.sum(axis=1)
    differing = answered - (tally * (tally - 1)).sum(axis=1) / (answered - 1)
    alphas = []
    for _ in range(samples):
        weights = np.bincount(generator.integers(units, size=units), minlength=units)
        by_value = (weights @ tally).astype(np.float64)
        total = by_value.sum()
        expected = total**2 - (by_value**2).sum()
        observed = (total - 1) * (weights @ differing)
        alphas.append(1 - observed / expected if expected > 0 else np.nan)
    return np.array(alphas)


def measure(answers: pd.DataFrame, field: Field, seed: int = 0) -> Agreement:
    """Agreement on `field` among the rows of `entering` (all of them, one site, some people)."""
    table = matrix(answers, field)
    tally, values = counts(table)
    total = int(tally.sum())
    value = alpha(tally)
    low = high = None
    undefined = 0
    if value is not None:
        drawn = bootstrap(tally, np.random.default_rng(seed))
        undefined = int(np.isnan(drawn).sum())
        low, high = (float(q) for q in np.nanpercentile(drawn, [2.5, 97.5]))
    shares = tally.sum(axis=0) / total if total else []
    return Agreement(
        field=field,
        units=len(tally),
        answers=total,
        people=int((table.notna().any(axis=1)).sum()),
        alpha=value,
        low=low,
        high=high,
        undefined=undefined,
        raw=_raw(tally),
        prevalence={name: float(share) for name, share in zip(values, shares, strict=False)},
    )


def _raw(tally: NDArray[np.int64]) -> float | None:
    people = tally.sum(axis=1)
    pairs = (people * (people - 1)).sum()
    return float((tally * (tally - 1)).sum() / pairs) if pairs else None


def per_labeler(answers: pd.DataFrame, field: Field) -> pd.DataFrame:
    """A row for each person: author, answers, missing (share skipped or flagged), pairs, raw
    (share of pairs with others that agree), without (alpha of everybody else).

    A `without` far above alpha points at one person; `raw` says how often they differ.
    """
    table = matrix(answers, field)
    rows = []
    for author in sorted(set(answers.author)):
        own = answers[answers.author == author]
        others = table.drop(index=author, errors="ignore")
        if author in table.index:
            mine = table.loc[author]
            compared = others.notna() & mine.notna()
            same = int(((others == mine) & compared).to_numpy().sum())
            pairs = int(compared.to_numpy().sum())
        else:
            same = pairs = 0
        rows.append(
            {
                "author": author,
                "answers": len(own),
                "missing": float(own.action.isin(("skip", "flag")).mean()),
                "pairs": pairs,
                "raw": same / pairs if pairs else None,
                "without": alpha(counts(others)[0]),
            }
        )
    columns = ["author", "answers", "missing", "pairs", "raw", "without"]
    return pd.DataFrame(rows, columns=columns)


def per_site(answers: pd.DataFrame, field: Field) -> dict[str, Agreement]:
    """Agreement on `field` at each site, by its name."""
    return {str(site): measure(group, field) for site, group in answers.groupby("site", sort=True)}


def by_site(answers: pd.DataFrame, field: Field) -> pd.DataFrame:
    """The same as a table: site, units, answers, alpha, low, high, raw."""
    columns = ["units", "answers", "alpha", "low", "high", "raw"]
    rows = [
        {"site": site, **{name: getattr(found, name) for name in columns}}
        for site, found in per_site(answers, field).items()
    ]
    return pd.DataFrame(rows, columns=["site", *columns])


def consensus(answers: pd.DataFrame, field: Field) -> dict[str, float | int | None]:
    """How many subjects people are at one about: `at_one` of the rows of `entering`."""
    return at_one(counts(matrix(answers, field))[0])


def at_one(tally: NDArray[np.int64]) -> dict[str, float | int | None]:
    """How many of int64[units, values] people are at one about.

    units: answered by two or more; unanimous: share of them on which all agree; triples: answered
    by three or more; near: share of those on which at least all but one agree (for two people
    that would always hold).
    """
    people, top = tally.sum(axis=1), tally.max(axis=1, initial=0)
    many = people >= 3
    return {
        "units": len(tally),
        "unanimous": float((top == people).mean()) if len(tally) else None,
        "triples": int(many.sum()),
        "near": float((top >= people - 1)[many].mean()) if many.any() else None,
    }


def disagreements(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """`divided` of the current answers that are not hidden from `viewer`."""
    return divided(current(workspace, viewer, **where))


def divided(now: pd.DataFrame) -> pd.DataFrame:
    """Whole subjects on which current closed answers differ (rows of `reading.current`).

    model, revision, reading, site, kind, name, key, people, agreeing (share of pairs that agree on
    both fields), the most divided first. For the adjudicator, so all current answers count, not
    only those that enter alpha.
    """
    now = by_people(now[(now.pole == "") & now.action.isin(("label", "no_clear_pole"))])
    names = [*(name for name in FIELDS_OF_SUBJECT if name != "pole"), "key"]
    said = now.assign(answer=now.clear_pole.fillna("") + "\n" + now.category.fillna(""))
    tally = said.groupby([*names, "answer"]).size().rename("n").reset_index()
    tally["pairs"] = tally.n * (tally.n - 1)
    found = tally.groupby(names).agg(people=("n", "sum"), same=("pairs", "sum")).reset_index()
    found["agreeing"] = found.same / (found.people * (found.people - 1)).where(found.people > 1)
    found = found[found.agreeing < 1].drop(columns="same")
    return found.sort_values(["agreeing", "people"], ascending=[True, False], ignore_index=True)
