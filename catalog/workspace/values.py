"""Values of the log: what a person says of a subject, checked when it is made.

To add a field to labels: a column in schema.py with its migration, the field here in `Label` and in
`Answer`, and where people fill it in (dashboard/labels/form.py, the component of dashboard/desk).
Every table, file format and frame takes its fields from CONTENT.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from catalog.errors import LabelRefused
from catalog.workspace import schema
from catalog.workspace.subjects import Subject
from catalog.workspace.words import LONGEST_NAME, name, tidy

CLOSED = ("clear_pole", "category")
"""Closed answers: they are about the whole."""
_POLE_OF = {"positive": "+", "negative": "-"}


@dataclass(frozen=True)
class Label:
    """One person's word on one subject; text is tidied (see words.py), nonsense is refused.

    action `label` needs a clear pole, a category or text; `no_clear_pole` is the answer "none" and
    stands alone; `skip` and `flag` are missing values and may carry a note; `delete` takes back.
    """

    subject: Subject
    author: str
    action: str = "label"
    clear_pole: str | None = None
    category: str | None = None
    text: str | None = None
    confidence: int | None = None
    note: str | None = None
    clarity_plus: int | None = None
    clarity_minus: int | None = None
    specificity: int | None = None

    def __post_init__(self) -> None:
        """Tidy the words and refuse what contradicts itself."""
        if self.action not in schema.ACTIONS:
            raise LabelRefused(
                f"{self.action!r} is not an action; it is one of {', '.join(schema.ACTIONS)}."
            )
        self._set("author", name(self.author))
        for field, longest in (("category", LONGEST_NAME), ("text", None), ("note", None)):
            value = getattr(self, field)
            if value is not None:
                self._set(field, tidy(value, field, longest) if longest else tidy(value, field))
        if self.action == "no_clear_pole":
            self._set("clear_pole", "none")
        self._check()

    def _set(self, field: str, value: str) -> None:
        object.__setattr__(self, field, value)  # frozen: only while it is being made

    def _check(self) -> None:
        for field, (least, most) in schema.RANGES.items():
            value = getattr(self, field)
            if value is not None and value not in range(least, most + 1):
                told = field.capitalize().replace("_", " ")
                raise LabelRefused(f"{told} is {value!r}; it goes from {least} to {most}.")
        if self.clear_pole is not None and self.clear_pole not in schema.CLEAR_POLES:
            raise LabelRefused(f"{self.clear_pole!r} is not a clear pole: use +, -, both or none.")
        closed = [getattr(self, field) for field in CLOSED]
        if self.subject.pole and any(closed):
            raise LabelRefused("Clear pole and category are about the whole, not about one pole.")
        scaled = any(getattr(self, field) is not None for field in schema.SCALES)
        if scaled and (self.subject.pole or self.action not in schema.ANSWERS):
            raise LabelRefused("Scales go with an answer about the whole: leave them empty here.")
        said = any((*closed, self.text))
        if self.action == "label" and not said:
            raise LabelRefused("The label is empty: choose a clear pole or category, or write one.")
        if (self.action == "no_clear_pole") != (self.clear_pole == "none"):
            raise LabelRefused("The clear pole none and the action no_clear_pole go together.")
        if self.action == "no_clear_pole" and (self.category or self.text):
            raise LabelRefused("Without a clear pole there is no category and no text: leave both.")
        if self.action in ("skip", "flag", "delete") and said:
            raise LabelRefused(f"To {self.action} takes no label: leave it empty or use a note.")

    @property
    def content(self) -> dict[str, Any]:
        """What is said, by column."""
        return {field: getattr(self, field) for field in CONTENT}


CONTENT = tuple(field.name for field in fields(Label) if field.name not in ("subject", "author"))
"""Columns of a label that say something of its subject, in the order of `Label`."""


def parsed(texts: Mapping[str, str]) -> dict[str, Any]:
    """What a file says in CONTENT's columns, for `Label`: None where empty, numbers as numbers."""
    said: dict[str, Any] = {field: texts.get(field) or None for field in CONTENT}
    for field in schema.RANGES:
        text = said[field]
        if text and text.isascii() and text.isdigit():
            said[field] = int(text)  # anything else is refused by the label's own rule
    return said


@dataclass(frozen=True)
class Answer:
    """What a person says of one whole subject in the queue: closed answers, and text per pole."""

    subject: Subject
    author: str
    action: str = "label"
    clear_pole: str | None = None
    category: str | None = None
    text: str | None = None
    """Free text for the whole, as features take it."""
    positive: str | None = None
    """Free text for the + pole."""
    negative: str | None = None
    """Free text for the - pole."""
    confidence: int | None = None
    note: str | None = None
    clarity_plus: int | None = None
    """1 to 5, as are the next two: how clear the + pole is, the - pole, and how narrow all is."""
    clarity_minus: int | None = None
    specificity: int | None = None

    def labels(self) -> list[Label]:
        """Its rows: one about the whole (a closed answer is always there), one a pole with text."""
        if self.subject.pole:
            raise LabelRefused("An answer is about a whole subject: leave its pole empty.")
        whole = {k: v for k, v in asdict(self).items() if k not in ("subject", *_POLE_OF)}
        texts = {pole: getattr(self, field) for field, pole in _POLE_OF.items()}
        sure = self.confidence
        rows = [
            Label(replace(self.subject, pole=pole), self.author, text=text, confidence=sure)
            for pole, text in texts.items()
            if text and text.strip()
        ]
        if rows and self.action != "label":
            raise LabelRefused(f"Text does not go with {self.action}: empty it, or save a label.")
        return [Label(self.subject, **whole), *rows]


ANSWERED = tuple(
    field.name for field in fields(Answer) if field.name not in ("subject", "author", "action")
)
"""What a person fills in for an answer."""


@dataclass(frozen=True)
class Circumstances:
    """How a label came about; decides whether it enters agreement."""

    source: str = "page"
    """queue, page, import, carried or machine."""
    queue: str | None = None
    """Key of the queue it was given in."""
    suggested: bool = False
    """Suggestions were on the screen."""
    seconds: float | None = None
    """From showing to saving."""
