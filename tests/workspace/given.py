"""What the tests of the workspace say again and again."""

import os
import signal
import uuid

from catalog.workspace import labels, queue
from catalog.workspace.file import open_workspace
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


def killed(address, times, work, prepare=lambda parent: None):
    """What a child said was saved, killed `times` times right after its first word.

    `work` is called in the child as work(workspace, turn, pipe) and writes a line for each act that
    is on disk; `prepare` gets the workspace before.
    """
    said, parent = [], open_workspace(address)
    prepare(parent)
    for turn in range(times):
        parent.engine.dispose()
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            work(parent, turn, send)
            os._exit(1)
        os.close(send)
        with os.fdopen(receive) as pipe:
            said.append(pipe.readline().strip())
            os.kill(child, signal.SIGKILL)
            said += pipe.read().split("\n")[:-1]
        os.waitpid(child, 0)
    parent.close()
    return said
