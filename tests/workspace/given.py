"""What the tests of the workspace say again and again."""

import uuid

from catalog.workspace import labels, queue
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances, Label


def subjects(count=6, site="resid.1", **names):
    place = {"model": "tiny", "revision": "r1", "reading": "bare", **names}
    return [dimension(**place, site=site, number=number) for number in range(count)]


def event():
    return uuid.uuid4().hex


def say(workspace, author, subject, text="colons", **content):
    name = event()
    labels.save(workspace, name, [Label(subject, author, text=text, **content)])
    return name


def opened(workspace, person, chosen, **options):
    return queue.open_queue(workspace, event(), person, chosen, queue.Options(**options))


def reply(workspace, line, subject, clear_pole="+", how=None, **content):
    """Answer a subject of the queue `line`; the event."""
    name = event()
    action = "no_clear_pole" if clear_pole == "none" else "label"
    if clear_pole == "skip":
        action, clear_pole = "skip", None
    answer = Answer(subject, line.person, action, clear_pole, **content)
    how = how or Circumstances("queue", line.key, seconds=2.0)
    labels.answer(workspace, name, answer, how)
    return name
