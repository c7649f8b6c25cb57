"""The league table: whose labels tell the signs of items that no labeler saw.

Every finished label test counts once for the author of its label (docs/method.md#league), apart by
who tested. Authors are people, machines and the baseline alike; the verdicts, and the family that q
corrects for, are those of `label_tests.results`.
"""

import numpy as np
import pandas as pd

from catalog.signs.proportions import clustered, wilson
from catalog.workspace.file import Workspace
from catalog.workspace.label_tests import NOTHING, PREDICTS, TOO_LOW, UNDECIDED, finished
from catalog.workspace.marks import is_machine
from catalog.workspace.words import EMPTY

COLUMNS = (
    "author", "kind", "tested_by", "labels", "tests", "predicts", "predicts_low", "predicts_high",
    "nothing", "nothing_low", "nothing_high", "undecided", "pairs", "share", "low", "high",
)  # fmt: skip
PEOPLE = "people"
"""Who tested, where people did: no machine has this name."""
Empty = dict[tuple[str, str, str, str], str]
_SHARES = {"predicts": PREDICTS, "nothing": NOTHING}


def table(results: pd.DataFrame) -> pd.DataFrame:
    """A row for each author of `label_tests.results` and who tested: people, or one machine.

    Testers stand apart: what one makes of a label says nothing of what another does, and two tests
    of one label are not two labels. People's first, then the larger share that predicts.

    author, kind (person or machine); tested_by (PEOPLE, or the machine's name); labels and tests;
    predicts, nothing, undecided: how many of the tests; *_low, *_high: Wilson interval (95 %) of
    their share; share, low, high: right choices of all `pairs` that showed the author's labels,
    with an interval that knows that the pairs of one test share a label (`proportions.clustered`).
    """
    by = results.tester.where(results.tester.map(is_machine).astype(bool), PEOPLE)
    groups = results.groupby(["author", by.rename("by")], sort=True)
    rows = [_row(str(author), str(tester), found) for (author, tester), found in groups]
    made = pd.DataFrame(rows, columns=list(COLUMNS))
    shares = made.predicts / made.tests.clip(lower=1)
    order = np.lexsort(
        (made.author, -made.share, -shares, made.tested_by, made.tested_by != PEOPLE)
    )
    return made.iloc[order].reset_index(drop=True)


def _row(author: str, tester: str, found: pd.DataFrame) -> dict[str, object]:
    tests, right, scored = len(found), int(found.right.sum()), int(found.scored.sum())
    row: dict[str, object] = {
        "author": author,
        "kind": "machine" if is_machine(author) else "person",
        "tested_by": tester,
        "labels": len(found[["target", "pole", "text"]].drop_duplicates()),
        "tests": tests,
        "undecided": int((found.verdict == UNDECIDED).sum()),
        "pairs": scored,
        "share": right / scored if scored else float("nan"),
    }
    row["low"], row["high"] = clustered(found.right.to_numpy(), found.scored.to_numpy())
    for name, verdict in _SHARES.items():
        count = int((found.verdict == verdict).sum())
        row[name], (row[f"{name}_low"], row[f"{name}_high"]) = count, wilson(count, tests)
    return row


def empties(workspace: Workspace, viewer: str | None, **where: str | None) -> Empty:
    """Texts that predict nothing among the tests that `viewer` may see: see `empty_texts`."""
    return empty_texts(finished(workspace, viewer, **where))


def empty_texts(tests: pd.DataFrame) -> Empty:
    """Texts that predict nothing, and why: (author, key of the target, pole, text) -> a sentence.

    `tests` are rows of `label_tests.finished` or `results`. All tests of one text are counted
    together: it predicts nothing where the upper bound of the Wilson interval of its right choices
    is below 0.65.
    """
    names = ["author", "target", "pole", "text"]
    sums = tests.groupby(names, sort=False)[["right", "scored"]].sum()
    low = sums[sums.scored.gt(0) & (sums.right < TOO_LOW * sums.scored)]  # no others can be below
    said: Empty = {}
    for name, right, scored in zip(low.index, low.right, low.scored, strict=True):
        _, high = wilson(int(right), int(scored))
        if high < TOO_LOW:
            author, target, pole, text = name
            said[str(author), str(target), str(pole), str(text)] = _why(right, scored, high)
    return said


def _why(right: int, scored: int, high: float) -> str:
    return (
        f"predicts nothing: whoever held this label alone chose {right} of {scored} items rightly "
        f"(at most {high:.2f} with 95 % confidence; a coin reaches 0.50)"
    )


def marked(empty: Empty, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of a log (author, target, pole, text) with EMPTY before texts that predict nothing.

    Pages grey what begins so; nothing that was saved has it.
    """
    pairs = zip(rows.text, reasons(empty, rows), strict=True)
    texts = [text if why is None else f"{EMPTY}{text}" for text, why in pairs]
    return rows.assign(text=pd.Series(texts, index=rows.index, dtype=object))


def reasons(empty: Empty, rows: pd.DataFrame) -> list[str | None]:
    """Why the text of each row (author, target, pole, text) predicts nothing; None where not."""
    names = zip(rows.author, rows.target, rows.pole, rows.text, strict=True)
    return [empty.get(name) for name in names]
