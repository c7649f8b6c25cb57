"""What people type: tidied the same way wherever it enters, refused where no reader could use it.

Text stays as hostile as it came (markup, right-to-left, emoji): pages show it literally. Only
what a database or a CSV file cannot hold is refused, and white space is made plain.
"""

import unicodedata

from catalog.errors import LabelRefused

LONGEST_LABEL = 1000
"""Characters of a label; explanations written by language models stay below it."""
LONGEST_COMMENT = 10_000
LONGEST_NAME = 80
"""Characters of a person's name, a category or an event id."""

EMPTY = "∅ "
"""Before a text whose label test says that it predicts nothing, wherever it is shown."""

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tidy(text: str, what: str, longest: int = LONGEST_LABEL) -> str:
    """Unicode NFC with runs of white space as one space; LabelRefused where empty or too long.

    Also refused: control characters and lone surrogates, which PostgreSQL cannot store.
    """
    plain = " ".join(_storable(text, what).split())
    return _fitting(plain, what, longest)


def paragraph(text: str, what: str, longest: int = LONGEST_COMMENT) -> str:
    """Like `tidy`, but line breaks and spaces within stay (comments, reasons)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    for line in lines.split("\n"):
        _storable(line, what)
    return _fitting(unicodedata.normalize("NFC", lines), what, longest)


def name(text: str) -> str:
    """A person's name, tidied; marks that turn the reading direction are refused in it."""
    plain = tidy(text, "name", LONGEST_NAME)
    if _BIDI & set(plain):
        raise LabelRefused("A name may not hold marks that turn the reading direction: type it.")
    return plain


def _storable(text: str, what: str) -> str:
    if text.isprintable():  # neither control characters nor surrogates
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    for character in text:
        kind = unicodedata.category(character)
        if kind == "Cs" or (kind == "Cc" and not character.isspace()):
            raise LabelRefused(
                f"The {what} holds the control character U+{ord(character):04X}: remove it."
            )
    return unicodedata.normalize("NFC", text)


def _fitting(text: str, what: str, longest: int) -> str:
    if not text:
        raise LabelRefused(f"The {what} is empty: write at least one character.")
    if len(text) > longest:
        raise LabelRefused(
            f"The {what} has {len(text):,} characters: shorten it to {longest:,} or fewer."
        )
    return text
