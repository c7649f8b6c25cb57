"""Text items: every vocabulary id, shown alone or in a template, fed as ids and never decoded."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import Asked, Loaded, Stored, facts, families, spelling
from catalog.modalities.passes import OneEach

_UNUSED = re.compile(r"[\[<]\|?(unused|reserved|extra_id|pad|dummy)\w*\|?[\]>]", re.IGNORECASE)


class Tokenizer(Protocol):
    """What is used of a transformers tokenizer."""

    all_special_ids: list[int]

    def get_vocab(self) -> dict[str, int]:
        """Id of every token, added ones included; ids may have holes."""
        ...

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> Any:
        """Encoding of a text, with `input_ids`."""
        ...

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str | None]:
        """Raw token strings."""
        ...


@dataclass(frozen=True)
class Text(OneEach):
    """Vocabulary ids between fixed ids before and after; read at the item's last position."""

    reading: str
    items: pd.DataFrame
    before: tuple[int, ...]
    after: tuple[int, ...]
    name: str = "text"

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """input_ids int64[items, positions]: all of one length, so nothing is padded or masked."""
        ids = np.empty((len(items), len(self.before) + 1 + len(self.after)), np.int64)
        ids[:, : len(self.before)] = self.before
        ids[:, len(self.before)] = items
        ids[:, len(self.before) + 1 :] = self.after
        return {"input_ids": ids}

    def read(self, hidden: Any, _items: NDArray[np.integer] | None = None) -> Any:
        """States at the item's position: float[items, dims]."""
        return hidden[:, len(self.before)]

    @property
    def usual_batch(self) -> int:
        """One or a few positions each: many go at once."""
        return facts.OF["text"].batch

    @property
    def identity(self) -> Mapping[str, Any]:
        """Nothing: the items are the model's own vocabulary."""
        return {}

    @property
    def grid(self) -> None:
        """A token has no patches."""
        return None

    def patches(self, hidden: Any) -> Any:
        """Never asked for: there is no grid."""
        raise SettingRefused("Tokens have no patches. Leave --per-patch out.")

    def baseline(self, items: NDArray[np.integer]) -> None:
        """None: its control is trained embeddings under random blocks."""
        return None

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Nothing beside the table `item`."""
        return iter(())

    def done(self) -> None:
        """Nothing was kept."""


def trial(_processor: Any) -> dict[str, NDArray[Any]]:
    """Two ids that every vocabulary has."""
    return {"input_ids": np.array([[0, 1]], np.int64)}


AUTO = "auto"
"""The template that a trial of several chooses; see `candidates` and `catalog.model.readings`."""


def prepare(model: Loaded, asked: Asked, _report: Callable[[str, int, int], None]) -> Text:
    """The whole vocabulary in the template asked for; `bare` where a trial is to choose it."""
    for option, value in (("--items", asked.items), ("--pooling", asked.pooling)):
        if value is not None:
            raise SettingRefused(
                f"{model.name} reads text: its items are its vocabulary. Leave {option} out."
            )
    template = _template(model, asked)
    return make(model.tokenizer, model.vocabulary, "bare" if template == AUTO else template)


def _template(model: Loaded, asked: Asked) -> str:
    return asked.template or (AUTO if model.causal else "special")


def candidates(model: Loaded, asked: Asked, made: Text) -> list[Text]:
    """Readings that a trial is to choose among; none where one was asked for."""
    return [] if _template(model, asked) != AUTO else in_question(model.tokenizer, made)


def in_question(tokenizer: Any, made: Text) -> list[Text]:
    """The same items in the readings of a trial, the simplest first.

    The id alone; after the tokenizer's special tokens (after its beginning-of-text token, where it
    adds none by itself); after a newline; after a common short word. Those whose ids are the same
    as those of a simpler one are left out.
    """
    adds = any(_special_tokens(tokenizer))
    first = getattr(tokenizer, "bos_token", None)
    named = ["bare", "special" if adds or not first else f"{first}{{}}", "\\n{}"]
    named.append(f"{_common_word(tokenizer, made.items)} {{}}")
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], Text] = {}
    for template in named:
        one = read_as(tokenizer, made, template)
        found.setdefault((one.before, one.after), one)
    return list(found.values())


def read_as(tokenizer: Tokenizer, made: Text, template: str) -> Text:
    """The same items in another template."""
    before, after = _around(tokenizer, template)
    return replace(made, reading=template, before=before, after=after)


def _common_word(tokenizer: Tokenizer, items: pd.DataFrame) -> str:
    """`the` where it is one token, else the first word of two to four letters."""
    if len(tokenizer("the", add_special_tokens=False)["input_ids"]) == 1:
        return "the"
    words = items.loc[items["kind"] == "word", "text"].str.strip(spelling.SPACE)
    return str(next((word for word in words if 2 <= len(word) <= 4), "the"))


def reopen(model: Loaded, stored: Stored) -> Text:
    """The vocabulary in a catalog's template."""
    return make(model.tokenizer, model.vocabulary, stored.reading)


def make(tokenizer: Tokenizer, vocabulary: int, template: str) -> Text:
    """The tokenizer's ids and the template `bare`, `special` or a string with {}.

    Rows of the embedding beyond the highest id (padding to a round number) are no items: nothing
    was ever shown there, and their states would stand in backgrounds, nulls and poles.
    """
    before, after = _around(tokenizer, template)
    beyond = [number for number in (*before, *after) if number >= vocabulary]
    if beyond:
        raise SettingRefused(
            f"The tokenizer puts the id {beyond[0]} around every token, but the model's embedding "
            f"has {vocabulary} rows. Use --template bare, or the tokenizer that belongs to it."
        )
    return Text(template, item_frame(tokenizer, min(vocabulary, ids_of(tokenizer))), before, after)


def ids_of(tokenizer: Tokenizer) -> int:
    """The highest id and one: with holes in its ids a tokenizer has fewer tokens than that."""
    return max(tokenizer.get_vocab().values(), default=-1) + 1


def _around(tokenizer: Tokenizer, template: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Ids before and after the item.

    A string's two halves are tokenized apart, without the spaces that touch the {} (a token
    brings its own), between the tokenizer's own special tokens; `\\n` in it is a newline.
    """
    if template == "bare":
        return (), ()
    first, last = _special_tokens(tokenizer)
    if template == "special":
        return first, last
    if template.count("{}") != 1:
        raise SettingRefused(
            f"The template {template!r} needs exactly one {{}} where the token goes, "
            'such as "the word {}"; or use auto, bare or special.'
        )
    halves = [half.strip(" ") for half in template.replace("\\n", "\n").split("{}")]
    inner = [
        tuple(tokenizer(half, add_special_tokens=False)["input_ids"]) if half else ()
        for half in halves
    ]
    return first + inner[0], inner[1] + last


def _special_tokens(tokenizer: Tokenizer) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Special ids that the tokenizer itself puts before and after a text."""
    bare = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    whole = list(tokenizer("a")["input_ids"])
    for start in range(len(whole) - len(bare) + 1):
        if whole[start : start + len(bare)] == bare:
            return tuple(whole[:start]), tuple(whole[start + len(bare) :])
    return (), ()


def item_frame(tokenizer: Tokenizer, vocabulary: int) -> pd.DataFrame:
    """The table `item` of ids 0 to `vocabulary` - 1: token, text, kind, word and family."""
    raw = tokenizer.convert_ids_to_tokens(list(range(vocabulary)))
    tokens = [token if token is not None else f"<id {i}>" for i, token in enumerate(raw)]
    special = set(tokenizer.all_special_ids)
    marker = spelling.marker(tokens)
    plain = [spelling.plain(token, marker) for token in tokens]
    kinds = [
        "special"
        if i in special
        else "unused"
        if raw[i] is None or _UNUSED.fullmatch(tokens[i])
        else "word"
        if spelling.is_word(plain[i], marker, tokens[i])
        else "piece"
        for i in range(vocabulary)
    ]
    words = [
        families.bare_word(text.removeprefix("##") if marker == "##" else text)
        if kind in ("word", "piece")
        else None
        for text, kind in zip(plain, kinds, strict=True)
    ]
    frame = pd.DataFrame(
        {
            "item": np.arange(vocabulary, dtype=np.int32),
            "token": [spelling.escape(token, keep_space=True) for token in tokens],
            "text": [spelling.escape(text) for text in plain],
            "kind": kinds,
            "word": pd.Series(words, dtype="object"),
        }
    )
    frame["family"] = families.representatives(frame, np.array([t[:1] == " " for t in plain]))
    return frame


def shown(tokenizer: Tokenizer, ids: Sequence[int]) -> list[str]:
    """Text to show of some ids, as `item_frame` shows them: ␣cat."""
    every = tokenizer.convert_ids_to_tokens(list(range(ids_of(tokenizer))))
    marker = spelling.marker([token or "" for token in every])
    names = [every[i] if i < len(every) else None for i in ids]
    pairs = zip(ids, names, strict=True)
    return [
        spelling.escape(spelling.plain(f"<id {i}>" if name is None else name, marker))
        for i, name in pairs
    ]
