"""The modalities there are: the one table that everything else looks them up in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from catalog.modalities import Asked, Loaded, Modality, Stored, audio, image, text
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


KINDS: dict[str, Kind] = {
    "text": Kind(text.trial, text.prepare, text.reopen, text.candidates),
    "image": Kind(image.trial, image.prepare, image.reopen),
    "audio": Kind(audio.trial, audio.prepare, audio.reopen),
}
