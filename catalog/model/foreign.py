"""What a model's own code raises in a forward pass, told as one sentence at the border of ours."""

import contextlib
import functools
import os
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import ParamSpec, TypeVar

from catalog.errors import CatalogError, ModelFailed, SettingRefused

_CALL = ("_call_impl", "_wrapped_call_impl")
"""Functions of torch that every call of a module goes through."""
_OURS = str(Path(__file__).parents[1])
_MOST = 160
"""Characters of a foreign message that are repeated."""

Given = ParamSpec("Given")
Made = TypeVar("Made")


@contextlib.contextmanager
def border(doing: str) -> Iterator[None]:
    """A block in which a model runs: what its code raises leaves it as a CatalogError.

    `doing` says what the model ran for: "while the catalog was built". Errors of our own code,
    hooks among it, go through as they are.
    """
    try:
        yield
    except CatalogError:
        raise
    except Exception as error:
        sentence = told(error, doing)
        if sentence is None:
            raise
        raise sentence from error


def guarded(doing: str) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """`border` around a whole function."""

    def decorate(function: Callable[Given, Made]) -> Callable[Given, Made]:
        @functools.wraps(function)
        def inside(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            with border(doing):
                return function(*args, **kwargs)

        return inside

    return decorate


def told(error: BaseException, doing: str) -> CatalogError | None:
    """The sentence for an error of a model's code; None where it is not that.

    Looking at a frame's variables makes a copy that holds the model: only done where it is needed.
    """
    if isinstance(error, CatalogError):
        return None
    frames = list(traceback.walk_tb(error.__traceback__))
    calls = [n for n, (frame, _) in enumerate(frames) if _may_call(frame)]
    if not calls:
        return None
    if any(frame.f_code.co_filename.startswith(_OURS) for frame, _ in frames[calls[-1] :]):
        return None  # a hook of ours
    called = [frames[n][0].f_locals.get("self") for n in calls]
    models = [type(one).__name__ for one in called if hasattr(one, "forward")]
    if not models:
        return None
    outer, inner = models[0], models[-1]
    if _no_memory(error):
        return SettingRefused(
            f"{outer} ran out of memory {doing}. Use a smaller --batch-size or --dtype, or a "
            "machine with more memory."
        )
    frame, line = frames[-1]
    place = f"{Path(frame.f_code.co_filename).name}, line {line}"
    within = "" if inner == outer else f" in its {inner}"
    return ModelFailed(
        f"The model's own code failed {doing}: {outer}{within} ({place}) raised "
        f"{type(error).__name__}: {shortened(error)}. Try --dtype float32, other --sites or "
        "another version of transformers; to report it, name the model, this sentence and what "
        "dims doctor prints. DIMS_DEBUG=1 shows the traceback."
    )


def shortened(error: BaseException, most: int = _MOST) -> str:
    """First line of a foreign message without its last full stop, cut between words."""
    lines: Sequence[str] = str(error).strip().splitlines() or ("no message",)
    line = lines[0].rstrip(". ")
    if len(line) <= most:
        return line
    return line[:most].rsplit(" ", 1)[0] + " ..."


def _may_call(frame: FrameType) -> bool:
    """Whether a frame is a module called, or may be another method of a model of transformers."""
    code = frame.f_code
    method = code.co_varnames[:1] == ("self",)
    return method and (code.co_name in _CALL or f"{os.sep}transformers{os.sep}" in code.co_filename)


def _no_memory(error: BaseException) -> bool:
    from catalog.model import states  # torch takes seconds

    return states.no_memory(error)
