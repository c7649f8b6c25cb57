"""Label tests taken by machines: 30 pairs in one question, or by the reader of word lists.

The tester never is the author of the label and has not labelled its subject, and the pairs are of
items that no labeler saw: the test is the one that people take (docs/method.md#label-test).
"""

import json
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from catalog.errors import LabelRefused
from catalog.labelers import answers, asking, pairs, planned, prompts, reader, rules
from catalog.labelers.asking import Question
from catalog.labelers.endpoint import Endpoint, Settings
from catalog.labelers.planned import Plan, Tally
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog
from catalog.workspace import consent, label_tests, machine_tests, machines, marks, reading
from catalog.workspace.file import Workspace
from catalog.workspace.label_pairs import Trial
from catalog.workspace.label_tests import Tested
from catalog.workspace.machine_schema import ANSWERED
from catalog.workspace.machines import Call
from catalog.workspace.subjects import of_build, of_row

PRIVATE = "their authors have not made them public, and the endpoint is elsewhere"
UNREAD = "they are no word lists"
_SAMPLE_TOKENS = 1_300
"""Tokens of a test whose pairs are not drawn yet, about."""


@dataclass(frozen=True)
class Which:
    """The labels to test: of one site or author, or of all."""

    site: str | None = None
    author: str | None = None


@dataclass(frozen=True)
class _Waiting:
    """A label that waits for its test."""

    tested: Tested
    key: str


def plan(workspace: Workspace, catalog: Catalog, which: Which, chosen: Settings) -> Plan:
    """What testing these labels by the endpoint's model will cost."""
    author = machines.author(chosen.model)
    found, left_out = _labels(workspace, catalog, which, author, _speakers(workspace, chosen))
    done = machines.done(workspace, author)
    todo = sum(one.key not in done for one in found)
    pace = machines.pace(workspace, author, "test")
    return Plan(
        requests=todo,
        done=len(found) - todo,
        tokens_in=todo * _SAMPLE_TOKENS,
        tokens_out=todo * prompts.TEST_TOKENS,
        seconds=planned.seconds(todo, pace, chosen.per_minute),
        measured=pace is not None,
        left_out=left_out,
    )


def by_endpoint(
    workspace: Workspace,
    catalog: Catalog,
    which: Which,
    endpoint: Endpoint,
    report: Report = silent,
) -> Tally:
    """Have the endpoint's model take the test of each label; labels that cannot be tested stay."""
    author = machines.author(endpoint.settings.model)
    speakers = _speakers(workspace, endpoint.settings)
    found, _ = _labels(workspace, catalog, which, author, speakers)
    done, cut = machines.done(workspace, author), catalog.primary.threshold
    todo = [one for one in found if one.key not in done]
    texts = catalog.texts

    def taking(one: _Waiting, trials: list[Trial]) -> Callable[[str, Call], None]:
        def take(text: str, call: Call) -> None:
            chosen = answers.choices(text, len(trials))
            machine_tests.take(workspace, one.tested, trials, chosen, one.key, call)

        return take

    def questions() -> Iterator[Question]:
        for one in todo:
            try:
                trials, _ = pairs.drawn(
                    workspace, catalog, one.tested, author, one.key, cut, speakers
                )
            except LabelRefused:
                continue  # too few items of one sign: nobody can test it
            shown = [
                (trial.shown, str(texts[trial.left_item]), str(texts[trial.right_item]))
                for trial in trials
            ]
            messages, most = prompts.test(shown), prompts.TEST_TOKENS
            yield Question(one.tested.subject, "test", one.key, messages, most, taking(one, trials))

    return asking.ask(workspace, questions(), len(todo), endpoint, report)


def by_word_lists(
    workspace: Workspace, catalog: Catalog, which: Which, report: Report = silent
) -> tuple[Tally, dict[str, int]]:
    """Have the reader of word lists take the test of each label that it can read.

    What came of it, and how many labels were left out, by reason.
    """
    author, known = machines.author(reader.NAME), rules.of(catalog)
    found, left_out = _labels(workspace, catalog, which, author, None)
    done, cut = machines.done(workspace, author), catalog.primary.threshold
    readable = [one for one in found if reader.fits(one.tested.text, known) is not None]
    counted, tally = Counter(left_out) + Counter({UNREAD: len(found) - len(readable)}), Tally()
    todo = [one for one in readable if one.key not in done]
    for count, one in enumerate(todo):
        report("tests by word lists", count, len(todo))
        begun = time.monotonic()
        try:
            trials, _ = pairs.drawn(workspace, catalog, one.tested, author, one.key, cut)
        except LabelRefused as error:
            counted[str(error)] += 1
            continue
        chosen = reader.choices(trials, known, one.key)
        call = Call(
            event=uuid.uuid4().hex,
            author=author,
            purpose="test",
            asked=one.key,
            model=f"{reader.NAME} {reader.VERSION}",
            endpoint="",
            prompt=json.dumps([[t.shown, t.left_item, t.right_item] for t in trials]),
            outcome=ANSWERED,
            answer=json.dumps({"choices": chosen}),
            seconds=round(time.monotonic() - begun, 3),
        )
        machine_tests.take(workspace, one.tested, trials, chosen, one.key, call)
        tally.answered += 1
    return tally, dict(counted)


def _labels(
    workspace: Workspace,
    catalog: Catalog,
    which: Which,
    tester: str,
    speakers: frozenset[str] | None,
) -> tuple[list[_Waiting], dict[str, int]]:
    """Labels that this machine may test, oldest first, and how many are private."""
    names = {**of_build(catalog.build), "site": which.site}
    found = label_tests.testable(workspace, tester, **names).iloc[::-1]
    if which.author is not None:
        found = found[found.author == which.author]
    private = 0
    if speakers is not None:
        allowed = found.author.isin(speakers)
        found, private = found[allowed], int((~allowed).sum())
    waiting = [_waiting(row, tester) for row in found.itertuples()]
    return waiting, {PRIVATE: private} if private else {}


def _waiting(row: Any, tester: str) -> _Waiting:
    subject, author, text = of_row(row), str(row.author), str(row.text)
    key = f"test-{asking.name(author, subject.key, text, tester)}"
    return _Waiting(Tested(subject, author, text), key)


def _speakers(workspace: Workspace, chosen: Settings) -> frozenset[str] | None:
    """Whose labels may be sent to the endpoint; None for everybody's, where it is on this machine.

    Elsewhere those of machines, and of people who have made theirs public.
    """
    if chosen.here:
        return None
    every = reading.authors(workspace)
    return frozenset(one for one in every if marks.is_machine(one)) | consent.people(workspace)
