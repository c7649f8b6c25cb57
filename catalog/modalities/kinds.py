"""The modalities there are: the one table that everything else looks them up in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from catalog.modalities import (
    Asked,
    Loaded,
    Modality,
    Stored,
    audio,
    context,
    context_items,
    image,
    text,
)
from catalog.modalities.media import Medium
from catalog.progress import Report


@dataclass(frozen=True)
class Kind:
    """What one modality brings."""

    trial: Callable[[Any], dict[str, NDArray[Any]]]
    """Processor -> inputs of two made-up items, to find a model's parts with."""
    prepare: Callable[[Loaded, Asked, Report], Modality]
    """The items a person asked for. Raises SettingRefused for options that do not belong."""
    reopen: Callable[[Loaded, Stored], Modality]
    """The items of a finished catalog."""
    candidates: Callable[[Loaded, Asked, Any], Sequence[Modality]] = lambda *_: ()
    """The prepared items in each reading that a trial is to choose among; often none."""
    medium: Callable[[Any], Medium] | None = None
    """Processor -> what decodes files; None where items are no files."""


def _text(model: Loaded, asked: Asked, report: Report) -> Modality:
    """The vocabulary, or positions of texts where some are given."""
    if asked.texts is None:
        context_items.refuse_settings(asked)
        return text.prepare(model, asked, report)
    return context_items.prepare(model, asked, report)


def _text_again(model: Loaded, stored: Stored) -> Modality:
    again = context_items.reopen if stored.reading == context.READING else text.reopen
    return again(model, stored)


def _text_readings(model: Loaded, asked: Asked, made: Any) -> Sequence[Modality]:
    return () if asked.texts is not None else text.candidates(model, asked, made)


KINDS: dict[str, Kind] = {
    "text": Kind(text.trial, _text, _text_again, _text_readings),
    "image": Kind(image.trial, image.prepare, image.reopen, medium=image.Images),
    "audio": Kind(audio.trial, audio.prepare, audio.reopen, medium=audio.Sounds),
}
