"""The mark of a labeler that is no person: the beginning of its name, wherever labels go."""

from sqlalchemy import ColumnElement

from catalog.errors import LabelRefused

MARK = "machine:"
"""No person's name begins so. It is a part of the name, so no file, table or page can lose it."""
SOURCE = "machine"
"""Source of the labels that a machine gave here."""


def is_machine(author: str) -> bool:
    """Whether a label, test or choice by this name is a machine's."""
    return author.casefold().startswith(MARK)


def persons(column: ColumnElement[str]) -> ColumnElement[bool]:
    """Condition on a column of names: a person's, whom figures about people count."""
    return ~column.istartswith(MARK, autoescape=True)


def of_person(name: str) -> str:
    """The name, of somebody who works on a page; LabelRefused where it is a machine's."""
    if is_machine(name):
        raise LabelRefused(f"Names that begin with {MARK} are those of machines: take another.")
    return name
