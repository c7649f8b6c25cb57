"""Save labels in a child, kill it right after an acknowledgement, again and again.

python -m tests.given.saving ADDRESS TIMES    prints every acknowledged event

A process of its own, for a fork of one that holds torch takes ten times as long. A child inherits
the parent's compiled statements, but no connection: that makes it start fast.
"""

import os
import signal
import sys

from catalog.workspace import labels
from catalog.workspace.file import Workspace, open_workspace
from catalog.workspace.values import Label
from tests.workspace.given import event, subjects

S = subjects()


def _save(workspace: Workspace, turn: int, pipe: int) -> None:
    for number in range(1000):
        name = f"{turn} {number}"
        labels.save(workspace, name, [Label(S[number % 6], "ada", text=name)])
        os.write(pipe, f"{name}\n".encode())


def main(address: str, times: int) -> None:
    """Let `times` children save into the workspace at `address`, and kill each."""
    parent = open_workspace(address)
    labels.save(parent, event(), [Label(S[0], "ada", text="colons")])
    for turn in range(times):
        parent.engine.dispose()
        receive, send = os.pipe()
        child = os.fork()
        if child == 0:
            _save(parent, turn, send)
            os._exit(1)
        os.close(send)
        with os.fdopen(receive) as pipe:
            print(pipe.readline().strip())
            os.kill(child, signal.SIGKILL)
            print(pipe.read(), end="", flush=True)
        os.waitpid(child, 0)
    parent.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
