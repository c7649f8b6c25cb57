"""Foreign errors of loading a model, turned into sentences once, at the border."""

import pickle
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import transformers
from huggingface_hub import constants
from huggingface_hub import errors as hub
from safetensors import SafetensorError

from catalog import places
from catalog.errors import ModelUnavailable, ModelUnsupported
from catalog.model import foreign
from catalog.model.sources import Source


class Sentences:
    """A block that loads `model`: an error whose cause is known leaves it as a CatalogError."""

    def __init__(self, source: Source) -> None:
        self.model, self.revision = source.told, source.revision

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Raise a CatalogError where the cause is known; let anything else through."""
        causes = list(_causes(error))
        for kind, sentence in self._known():
            if any(isinstance(cause, kind) for cause in causes):
                raise ModelUnavailable(sentence) from error
        if isinstance(error, ValueError | KeyError | ImportError | AttributeError):
            raise ModelUnsupported(
                f"transformers {transformers.__version__} cannot load {self.model}: "
                f"{first_line(error)}"
            ) from error
        damaged = pickle.UnpicklingError | EOFError | IndexError | RuntimeError | struct.error
        if isinstance(error, damaged):
            raise ModelUnavailable(
                f"The weights of {self.model} are damaged, or do not fit its config.json. Fetch "
                "or convert them again."
            ) from error
        if isinstance(error, OSError) and Path(self.model).is_dir():
            raise ModelUnavailable(
                f"The folder {self.model} cannot be read as a model: {first_line(error)} "
                "Fetch or convert it again."
            ) from error
        if isinstance(error, OSError):
            raise ModelUnavailable(nowhere(self.model)) from error

    def _known(self) -> list[tuple[Any, str]]:
        model = self.model
        return [
            (
                hub.GatedRepoError,
                f"{model} is gated. Accept its terms on its hub page, then log in with: "
                "hf auth login",
            ),
            (
                hub.RevisionNotFoundError,
                f"{model} has no revision {self.revision!r}. Look up its branches and commits.",
            ),
            (
                hub.RepositoryNotFoundError,
                f"The hub has no model {model}, or it is private. Check the spelling, or log in "
                "with: hf auth login",
            ),
            (
                SafetensorError,
                f"The weights of {model} are damaged or truncated. Fetch them again.",
            ),
        ]


def nowhere(model: str) -> str:
    """What to say of a name that leads to nothing while the hub is out of reach."""
    why = " (HF_HUB_OFFLINE is set)" if constants.HF_HUB_OFFLINE else ""
    return (
        f"{model} is neither a folder, nor a shipped model "
        f"({', '.join(places.shipped_models())}), nor in the local cache, and the hub "
        f"cannot be reached{why}. Check the spelling or the network."
    )


def first_line(error: BaseException) -> str:
    """What an error says: its first line, at most 200 characters, cut between words."""
    told = foreign.shortened(error, 200)
    return told if told.endswith("...") else f"{told}."


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
