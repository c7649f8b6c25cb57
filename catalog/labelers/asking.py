"""Ask an endpoint one question after another, and keep every answer before the next.

A run that is killed goes on where it stopped: what was answered is never asked again, and of what
was on its way nothing is on disk.
"""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from catalog.errors import LabelerFailed
from catalog.labelers import prompts
from catalog.labelers.answers import NoAnswer
from catalog.labelers.endpoint import Endpoint, Messages, Reply
from catalog.labelers.planned import Tally
from catalog.progress import Report
from catalog.workspace import machines
from catalog.workspace.file import Workspace
from catalog.workspace.machine_schema import ANSWERED, FAILED, NO_ANSWER
from catalog.workspace.machines import Call
from catalog.workspace.subjects import Subject

PATIENCE = 3
"""Questions that may fail in a row before a run ends."""
_KEPT = 20_000
"""Characters of an answer that are kept."""


@dataclass(frozen=True)
class Question:
    """One question, and what is done with its answer."""

    subject: Subject
    purpose: str
    asked: str
    """Its name: see `name`."""
    messages: Messages
    most_tokens: int
    take: Callable[[str, Call], None]
    """Save the answer with the call; NoAnswer where the text holds none."""


def name(*parts: object) -> str:
    """Name of a question: the same parts, the same name."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


def ask(
    workspace: Workspace,
    questions: Iterable[Question],
    count: int,
    endpoint: Endpoint,
    report: Report,
) -> Tally:
    """Ask each of `count` questions; end early where the endpoint fails PATIENCE times in a row."""
    tally, row = Tally(), 0
    for place, question in enumerate(questions):
        report("answers", place, count)
        try:
            reply = endpoint.ask(question.messages, question.most_tokens)
        except LabelerFailed as error:
            reason = str(error)
            call = _call(question, endpoint, FAILED, None, reason)
            machines.save(workspace, question.subject, call)
            tally.failed[_kind(reason)] += 1
            row += 1
            if row == PATIENCE:
                tally.left = count - place - 1
                break
            continue
        row = 0
        try:
            question.take(reply.text, _call(question, endpoint, ANSWERED, reply))
        except NoAnswer as error:
            call = _call(question, endpoint, NO_ANSWER, reply, str(error))
            machines.save(workspace, question.subject, call)
            tally.no_answer[_kind(str(error))] += 1
        else:
            tally.answered += 1
    return tally


def _kind(reason: str) -> str:
    return reason.partition(":")[0]


def _call(
    question: Question, endpoint: Endpoint, outcome: str, reply: Reply | None, reason: str = ""
) -> Call:
    return Call(
        event=uuid.uuid4().hex,
        author=machines.author(endpoint.settings.model),
        purpose=question.purpose,
        asked=question.asked,
        model=endpoint.settings.model,
        endpoint=endpoint.settings.place,
        prompt=prompts.kept(question.messages),
        outcome=outcome,
        answer=None if reply is None else _storable(reply.text),
        reason=_storable(reason) or None,
        tokens_in=None if reply is None else reply.tokens_in,
        tokens_out=None if reply is None else reply.tokens_out,
        seconds=None if reply is None else round(reply.seconds, 3),
    )


def _storable(text: str) -> str:
    """The text, cut where it is endless; what no database can hold is marked."""
    plain = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return plain.encode("utf-8", "replace").decode("utf-8")[:_KEPT]
