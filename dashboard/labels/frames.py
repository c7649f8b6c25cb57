"""What the pages on agreement, final labels and label tests may ask of the workspace.

Summaries count everybody; lists of who said what pass the person who looks.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from catalog.browse import trial_items
from catalog.workspace import adjudication, agreement, free_text, label_pairs, label_tests
from catalog.workspace import reading as label_reading
from catalog.workspace.adjudication import Decision
from catalog.workspace.free_text import Pair as Pair
from catalog.workspace.free_text import TextAgreement
from catalog.workspace.label_tests import Open
from catalog.workspace.subjects import FIELDS as FIELDS_OF_SUBJECT
from catalog.workspace.subjects import Subject
from dashboard.common import workspace as labeling_frames
from dashboard.common.answers import Answer, Here

FIELDS = {"clear_pole": "Clear pole", "category": "Category"}
POLES = {"+": "+ positive", "-": "− negative", "both": "both", "none": "none"}


def entering(here: Here, site: str | None) -> pd.DataFrame:
    """First blind answers: what agreement is measured on."""
    return agreement.entering(labeling_frames.workspace(), **labeling_frames.where(here, site))


def measured(answers: pd.DataFrame, field: agreement.Field) -> agreement.Agreement:
    """Alpha with its interval, and what it must be read beside."""
    return agreement.measure(answers, field)


def per_labeler(answers: pd.DataFrame, field: agreement.Field) -> Answer:
    """A row for each person."""
    return _python(agreement.per_labeler(answers, field), "per_labeler", field)


def per_site(answers: pd.DataFrame, field: agreement.Field) -> Answer:
    """A row for each site: units, answers, alpha, low, high, raw."""
    rows = [
        {
            "site": site,
            "units": found.units,
            "answers": found.answers,
            "alpha": found.alpha,
            "low": found.low,
            "high": found.high,
            "raw": found.raw,
        }
        for site, found in agreement.per_site(answers, field).items()
    ]
    return _python(pd.DataFrame(rows), "per_site", field)


def consensus(answers: pd.DataFrame, field: agreement.Field) -> dict[str, Any]:
    """How many subjects people are at one about."""
    return agreement.consensus(answers, field)


def disagreements(here: Here, site: str | None) -> Answer:
    """Subjects on which people differ, the most divided first: site, name, people, agreeing."""
    found = agreement.disagreements(
        labeling_frames.workspace(), labeling_frames.person(), **labeling_frames.where(here, site)
    )
    return _python(found, "disagreements", None)


def _python(frame: pd.DataFrame, name: str, field: str | None) -> Answer:
    call = f"agreement.{name}(agreement.entering(workspace), {field!r})"
    if field is None:
        call = f"agreement.{name}(workspace, None)"
    head = "from catalog.workspace import agreement\nfrom catalog.workspace.file import "
    return Answer(frame, f"{head}open_workspace\n\nworkspace = open_workspace()\n{call}", "python")


# Free text: the same or different?


def next_pair(here: Here, judge: str) -> tuple[Pair | None, int]:
    """A pair of texts the judge may compare, and how many there are; None where none is left."""
    seed = np.random.default_rng(abs(hash(judge)) % 2**32)
    found = free_text.pairs(labeling_frames.workspace(), judge, seed, **labeling_frames.model(here))
    return (found[0] if found else None), len(found)


def judge(event: str, person: str, pair: Pair, same: bool) -> None:
    """Save a judgement."""
    free_text.judge_pair(labeling_frames.workspace(), event, person, pair, same)


def judged(here: Here) -> TextAgreement:
    """Shares called the same among real and shuffled pairs."""
    return free_text.measure(labeling_frames.workspace(), **labeling_frames.model(here))


# Final labels.


def labels_of(subject: Subject) -> pd.DataFrame:
    """Current labels of a subject, one row for each person: answers, text of both poles."""
    found = labeling_frames.of_subject(subject)
    if found.empty:
        return pd.DataFrame()
    rows: dict[str, dict[str, Any]] = {}
    for row in found.itertuples():
        one = rows.setdefault(row.author, {"author": row.author})
        if row.pole:
            one["text " + row.pole] = row.text
        else:
            one |= {
                "answer": row.action.replace("_", " "),
                "clear_pole": row.clear_pole,
                "category": row.category,
                "text": row.text,
                "note": row.note,
            }
        one["confidence"] = row.confidence if row.confidence == row.confidence else None
        one["source"] = row.source
    order = ["author", "answer", "clear_pole", "category", "text +", "text -", "text"]
    frame = pd.DataFrame(rows.values())
    frame = frame.reindex(columns=[*order, "confidence", "note", "source"])
    return frame.dropna(axis="columns", how="all").reset_index(drop=True)


def decisions(here: Here, subject: Subject | None = None, everything: bool = False) -> pd.DataFrame:
    """Final labels of a model, or of one subject; with `everything` the whole history."""
    names = labeling_frames.model(here)
    if subject is not None:
        names |= {"site": subject.site, "kind": subject.kind, "name": subject.name}
    return adjudication.decisions(
        labeling_frames.workspace(), labeling_frames.person(), everything=everything, **names
    )


def decide(event: str, decisions: Sequence[Decision]) -> None:
    """Save final labels of one subject and its poles, all of one act."""
    for number, decision in enumerate(decisions):
        name = f"{event}-{number}"
        adjudication.decide(labeling_frames.workspace(), name, decision)


# Label tests.


def testable(here: Here, site: str | None, tester: str) -> pd.DataFrame:
    """Labels with text, of dimensions that the tester has not labelled; newest first."""
    workspace, names = labeling_frames.workspace(), labeling_frames.where(here, site)
    found = label_reading.current(workspace, tester, kind="dimension", **names)
    own = set(label_reading.history(workspace, tester, tester, **names).target)
    texts = found.text.notna() & (found.pole != "")
    found = found[texts & ~found.target.isin(own) & (found.author != tester)]
    return found.sort_values("made_at", ascending=False, ignore_index=True)


def begin(here: Here, label: Mapping[str, Any], tester: str, event: str) -> tuple[str, bool]:
    """Draw 30 pairs for a label (a row of `testable`) and begin: its key, whether values are known.

    Without the live model nobody knows an item's value: then all pairs come from the whole range.
    """
    subject = Subject(**{field: str(label[field]) for field in FIELDS_OF_SUBJECT})
    author, text = str(label["author"]), str(label["text"])
    found = trial_items.of_dimension(here.catalog, subject.site, int(subject.name), here.threshold)
    workspace = labeling_frames.workspace()
    said = label_reading.current(workspace, tester, **labeling_frames.where(here))
    alike = said.text.notna() & (said.pole == subject.pole) & (said.target != subject.whole.key)
    generator = np.random.default_rng(list(event.encode()))
    trials = label_pairs.draw(
        found.items, text, subject.pole, said[alike].text.tolist(), found.shown, generator
    )
    trials = [trial if found.values else trial_items.whole(trial) for trial in trials]
    key = label_tests.start(workspace, event, subject, author, text, tester, trials, event)
    return key, found.values


def next_trial(key: str) -> Open | None:
    """The next pair without its answer; None at the end."""
    return label_tests.next_trial(labeling_frames.workspace(), key)


def choose(key: str, trial: int, side: str, seconds: float) -> None:
    """Save a choice."""
    label_tests.choose(labeling_frames.workspace(), key, trial, side, seconds)


def results(here: Here, subject: Subject | None = None) -> pd.DataFrame:
    """Finished tests of the model, or of one subject, with their verdicts."""
    found = label_tests.results(
        labeling_frames.workspace(), labeling_frames.person(), **labeling_frames.model(here)
    )
    return found if subject is None else found[found.target == subject.whole.key]


def chance_level(found: pd.DataFrame) -> tuple[int, int, float, float]:
    """Right choices under another dimension's label: right, trials, Wilson low and high."""
    return label_tests.chance_level(found)
