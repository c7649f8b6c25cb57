"""Do people agree? What its page asks of the workspace, and the Python that asks the same.

Figures count everybody; what says on which subjects people differ passes the person who looks.
"""

from catalog.notebook import labels
from catalog.notebook.labels import Agreement
from catalog.workspace import free_text
from catalog.workspace.agreement import Field
from catalog.workspace.free_text import Pair, TextAgreement
from dashboard.common import answers, workspace
from dashboard.common.answers import Answer, Here

FIELDS: dict[Field, str] = {"clear_pole": "Clear pole", "category": "Category"}


def agreements(here: Here, site: str | None) -> list[Agreement]:
    """Agreement on each of FIELDS, at a site or everywhere, for the person who looks."""
    opened, person = workspace.workspace(), workspace.person()
    return labels.agreements(opened, here.catalog, tuple(FIELDS), site, person)


def labelers(here: Here, found: Agreement) -> Answer:
    """A row for each person."""
    call = f"c.agreement({found.field!r}{_asked(found)}).labelers()"
    return Answer(found.labelers(), answers.python(here.catalog, call), "python")


def disagreements(here: Here, found: Agreement) -> Answer:
    """Subjects on which people differ, the most divided first: site, kind, name, people, agreeing.

    What waits in an open queue of who looks is left out.
    """
    call = f"c.agreement({found.field!r}{_asked(found)}).disagreements()"
    return Answer(found.disagreements(), answers.python(here.catalog, call), "python")


def _asked(found: Agreement) -> str:
    """Arguments that ask for the same place as the same person."""
    asked = {"site": found.site, "person": found.person}
    return "".join(f", {name}={value!r}" for name, value in asked.items() if value is not None)


def next_pair(here: Here, judge: str) -> tuple[Pair | None, int]:
    """A pair of texts the judge may compare, and how many there are; None where none is left."""
    found = free_text.pairs(workspace.workspace(), judge, **workspace.model(here))
    return (found[0] if found else None), len(found)


def judge(event: str, person: str, pair: Pair, same: bool) -> None:
    """Save a judgement."""
    free_text.judge_pair(workspace.acting("label"), event, person, pair, same)


def judged(here: Here) -> TextAgreement:
    """Shares called the same among real and shuffled pairs."""
    return free_text.measure(workspace.workspace(), **workspace.model(here))
