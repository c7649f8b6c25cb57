"""Values of the log: what a person says of a subject, checked when it is made."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from catalog.errors import LabelRefused
from catalog.workspace import schema
from catalog.workspace.subjects import Subject
from catalog.workspace.words import LONGEST_NAME, name, tidy

CONTENT = ("action", "clear_pole", "category", "text", "confidence", "note")
"""Columns of a label that say something of its subject."""
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
        if self.confidence is not None and self.confidence not in range(1, 6):
            raise LabelRefused(f"Confidence is {self.confidence}; it goes from 1 to 5.")
        if self.clear_pole is not None and self.clear_pole not in schema.CLEAR_POLES:
            raise LabelRefused(f"{self.clear_pole!r} is not a clear pole: use +, -, both or none.")
        closed = (self.clear_pole, self.category)
        if self.subject.pole and any(closed):
            raise LabelRefused("Clear pole and category are about the whole, not about one pole.")
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

    def labels(self) -> list[Label]:
        """Its rows: one about the whole (a closed answer is always there), one a pole with text."""
        if self.subject.pole:
            raise LabelRefused("An answer is about a whole subject: leave its pole empty.")
        fields = {k: v for k, v in asdict(self).items() if k not in ("subject", *_POLE_OF)}
        texts = {pole: getattr(self, field) for field, pole in _POLE_OF.items()}
        sure = self.confidence
        rows = [
            Label(replace(self.subject, pole=pole), self.author, text=text, confidence=sure)
            for pole, text in texts.items()
            if text and text.strip()
        ]
        if rows and self.action != "label":
            raise LabelRefused(f"Text does not go with {self.action}: empty it, or save a label.")
        return [Label(self.subject, **fields), *rows]


@dataclass(frozen=True)
class Circumstances:
    """How a label came about; decides whether it enters agreement."""

    source: str = "page"
    """queue, page, import or carried."""
    queue: str | None = None
    """Key of the queue it was given in."""
    suggested: bool = False
    """Suggestions were on the screen."""
    seconds: float | None = None
    """From showing to saving."""
