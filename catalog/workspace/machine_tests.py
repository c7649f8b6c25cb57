"""A label test that a machine takes: every choice of it in one act, beside what was asked."""

from collections.abc import Sequence

from sqlalchemy import insert

from catalog.errors import LabelRefused
from catalog.workspace import label_tests, machines, schema
from catalog.workspace.file import Workspace, now
from catalog.workspace.label_pairs import Trial
from catalog.workspace.label_tests import Tested
from catalog.workspace.machines import Call


def take(
    workspace: Workspace,
    tested: Tested,
    trials: Sequence[Trial],
    choices: Sequence[str],
    seed: str,
    call: Call,
) -> bool:
    """Save a whole test of a label by the machine of `call`, and the call, in one transaction.

    The test has the name `call.asked`; False where it was taken before. `choices` are left or
    right, one for each trial. LabelRefused as in `label_tests.start`: the author tests nothing,
    nor does a machine that has labelled the subject.
    """
    if len(choices) != len(trials) or set(choices) - {"left", "right"}:
        raise LabelRefused(f"A test of {len(trials)} pairs takes as many choices, left or right.")
    each = (call.seconds or 0.0) / max(1, len(trials))
    with workspace.writing() as connection:
        if not label_tests.begin(connection, call.asked, tested, call.author, trials, seed):
            return False
        rows = [
            {"test": call.asked, "trial": n, "choice": side, "seconds": each, "made_at": now()}
            for n, side in enumerate(choices)
        ]
        connection.execute(insert(schema.label_choice), rows)
        machines.append(connection, tested.subject, call)
    return True
