"""What a build says of items that it left out: files that are no items, texts too short, tokens."""

from typing import Any

LEFT_OUT = 20
"""Skipped files that are named one by one."""
FEW_WORDS = 0.5
"""Share of whole words among the items below which a tokenizer does not suit the texts.

The shipped model reads English as 72 % whole words and German as about 30 %.
"""


def lines(known: dict[str, Any]) -> list[str]:
    """Sentences about what `dims info` knows; none for a catalog of single tokens."""
    return [*_of_media(known), *_of_texts(known)]


def _of_media(known: dict[str, Any]) -> list[str]:
    """What became of the files of images or sounds: those skipped are named, with the reason."""
    media = known.get("media")
    if media is None:
        return []
    lines = []
    if media["skipped"]:
        lines.append(f"Skipped {media['skipped']:,} of {media['files']:,} files:")
        for one in media["left_out"][:LEFT_OUT]:
            lines.append(f"  {one['path']}: {one['reason']}")
        if len(media["left_out"]) > LEFT_OUT:
            lines.append("  The others are in the table media_skipped.")
    if media["duplicates"]:
        lines.append(f"{media['duplicates']:,} files are copies of others: one family with them.")
    if media["ignored"]:
        lines.append(f"{media['ignored']:,} files of other kinds were not looked at.")
    return lines


def _of_texts(known: dict[str, Any]) -> list[str]:
    """What was read of the texts, and what became of the rest."""
    corpus = known.get("corpus")
    if corpus is None:
        return []
    lines = [
        f"{corpus['drawn']:,} of {corpus['documents']:,} texts were read, {corpus['tokens']:,} "
        f"positions; no items are {corpus['sinks']:,} first positions, {corpus['special']:,} "
        f"special tokens and {corpus['filling']:,} filled up."
    ]
    if corpus["short"] or corpus["duplicates"]:
        lines.append(
            f"{corpus['short']:,} texts were too short, {corpus['duplicates']:,} were copies."
        )
    for one in corpus["left_out"][:LEFT_OUT]:
        lines.append(f"  {one['name']}: {one['reason']}")
    if corpus["words"] < FEW_WORDS:
        lines.append(
            f"Only {corpus['words']:.0%} of the items are whole words: the tokenizer was made for "
            "another language or script, is small, or the texts are no prose. Give texts that suit "
            "it, or read poles and categories as those of parts of words."
        )
    return lines
