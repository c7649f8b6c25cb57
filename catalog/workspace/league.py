"""The league table: whose labels tell the signs of items that no labeler saw.

Every finished label test counts once for the author of its label (docs/method.md#league). Authors
are people, machines and the baseline alike; the verdicts, and the family that q corrects for, are
those of `label_tests.results`.
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from catalog.signs.proportions import clustered, wilson
from catalog.workspace.label_tests import NOTHING, PREDICTS, TOO_LOW, UNDECIDED
from catalog.workspace.marks import is_machine

COLUMNS = (
    "author", "kind", "labels", "tests", "predicts", "predicts_low", "predicts_high", "nothing",
    "nothing_low", "nothing_high", "undecided", "share", "low", "high", "by_people", "by_machines",
)  # fmt: skip
_SHARES = {"predicts": PREDICTS, "nothing": NOTHING}


def table(results: pd.DataFrame) -> pd.DataFrame:
    """A row for each author of `label_tests.results`, the larger share that predicts first.

    author, kind (person or machine); labels and tests; predicts, nothing, undecided: how many of
    the tests; *_low, *_high: Wilson interval (95 %) of their share; share, low, high: right choices
    of all pairs that showed the author's labels, with an interval that knows that the pairs of one
    test share a label (`proportions.clustered`); by_people, by_machines: tests taken by either.
    """
    rows = [_row(str(author), found) for author, found in results.groupby("author", sort=True)]
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    order = np.lexsort((made.author, -made.share, -made.predicts / made.tests.clip(lower=1)))
    return made.iloc[order].reset_index(drop=True)


def _row(author: str, found: pd.DataFrame) -> dict[str, object]:
    tests, right, scored = len(found), int(found.right.sum()), int(found.scored.sum())
    row: dict[str, object] = {
        "author": author,
        "kind": "machine" if is_machine(author) else "person",
        "labels": len(found[["target", "pole", "text"]].drop_duplicates()),
        "tests": tests,
        "undecided": int((found.verdict == UNDECIDED).sum()),
        "share": right / scored if scored else float("nan"),
        "by_machines": int(found.tester.map(is_machine).sum()),
    }
    row["by_people"] = tests - int(found.tester.map(is_machine).sum())
    row["low"], row["high"] = clustered(found.right.to_numpy(), found.scored.to_numpy())
    for name, verdict in _SHARES.items():
        count = int((found.verdict == verdict).sum())
        row[name], (row[f"{name}_low"], row[f"{name}_high"]) = count, wilson(count, tests)
    return row


def empty_texts(results: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Texts that predict nothing, and why: (author, key of the subject, text) -> a sentence.

    All finished tests of one text are counted together: the upper bound of the Wilson interval of
    its right choices is below 0.65, and none of its tests says that it predicts.
    """
    said: dict[tuple[str, str, str], str] = {}
    if results.empty:
        return said
    for names, found in results.groupby(["author", "target", "pole", "text"], sort=False):
        right, scored = int(found.right.sum()), int(found.scored.sum())
        _, high = wilson(right, scored)
        if scored and high < TOO_LOW and not (found.verdict == PREDICTS).any():
            author, target, pole, text = map(str, names)
            said[author, f"{target}{pole}", text] = _why(right, scored, high)
    return said


def _why(right: int, scored: int, high: float) -> str:
    return (
        f"predicts nothing: whoever held this label alone chose {right} of {scored} items rightly "
        f"(at most {high:.2f} with 95 % confidence; a coin reaches 0.5)"
    )


def is_empty(said: dict[tuple[str, str, str], str], rows: pd.DataFrame) -> list[str]:
    """Why the text of each row (author, target, pole, text) predicts nothing; empty where not."""
    names: Iterable[tuple[object, ...]] = zip(
        rows.author, rows.target + rows.pole, rows.text, strict=True
    )
    return [said.get((str(a), str(k), str(t)), "") for a, k, t in names]
