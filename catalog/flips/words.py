"""Two continuations side by side: their words, which of them differ, which belong to a concept."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Word:
    """A word as it was generated, with the space before it."""

    text: str
    member: bool
    """Whether a token of it belongs to the concept."""
    differs: bool = False
    """Whether the other text does not have it at this place."""


def words(pieces: Sequence[str], ids: Sequence[int], members: Collection[int]) -> list[Word]:
    """Tokens joined to words: a word begins where white space does."""
    made: list[Word] = []
    for piece, one in zip(pieces, ids, strict=True):
        member = one in members
        if made and piece[:1] and not piece[:1].isspace() and made[-1].text.strip():
            made[-1] = Word(made[-1].text + piece, made[-1].member or member)
        else:
            made.append(Word(piece, member))
    return made


def compared(left: Sequence[Word], right: Sequence[Word]) -> tuple[list[Word], list[Word]]:
    """Both with the words marked that the longest common parts (difflib) leave over."""
    matcher = difflib.SequenceMatcher(
        None, [one.text for one in left], [one.text for one in right], autojunk=False
    )
    marked = (
        [replace(one, differs=True) for one in left],
        [replace(one, differs=True) for one in right],
    )
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            marked[0][block.a + step] = left[block.a + step]
            marked[1][block.b + step] = right[block.b + step]
    return marked
