"""How the raw string of a token reads: spaces, bytes and marks of a word's beginning made plain."""

import re
import unicodedata
from collections.abc import Sequence

SPACE = "␣"
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def marker(tokens: Sequence[str]) -> str:
    """How the vocabulary marks word borders: Ġ (bytes), ▁ (sentencepiece), ## (continuation)."""
    counts = {m: sum(token.startswith(m) for token in tokens) for m in ("Ġ", "▁", "##")}
    best = max(counts, key=lambda m: counts[m])
    return best if counts[best] > 0.01 * len(tokens) else ""


def plain(token: str, marker: str) -> str:
    """The text a token stands for; a word's leading space is kept, lone bytes become \\xNN."""
    if marker == "Ġ" and all(c in _BYTE_OF for c in token):
        return bytes(_BYTE_OF[c] for c in token).decode("utf-8", errors="backslashreplace")
    if marker == "▁":
        byte = _BYTE.fullmatch(token)
        return f"\\x{byte.group(1).lower()}" if byte else token.replace("▁", " ")
    return token


def is_word(text: str, marker: str, token: str) -> bool:
    """Whether a token is a whole word: letters (and inner ' or -), begun by its border mark."""
    if marker in ("Ġ", "▁"):
        if not text.startswith(" "):
            return False
        text = text[1:]
    elif marker == "##" and token.startswith("##"):
        return False
    letters = text.replace("'", "").replace("-", "").replace("’", "")
    if not letters or not all(unicodedata.category(c)[0] in "LM" for c in letters):
        return False
    alone = len(text) == 1 and text.isascii() and text.lower() not in "ai"
    return text[0].isalpha() and text[-1].isalpha() and not alone


def escape(text: str, keep_space: bool = False) -> str:
    """Text fit to show: spaces at its ends visible, unprintable and bidi characters escaped."""
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode("ascii")
        for c in text
    )
    if keep_space:
        return shown
    inner = shown.strip(" ")
    if not inner:
        return SPACE * len(shown)
    left, right = len(shown) - len(shown.lstrip(" ")), len(shown) - len(shown.rstrip(" "))
    return SPACE * left + inner + SPACE * right


def _byte_map() -> dict[str, int]:
    """GPT-2's table: a printable character for each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in keep]
    return {chr(b): b for b in keep} | {chr(256 + n): b for n, b in enumerate(others)}


_BYTE_OF = _byte_map()
