"""What the flip lab asks for: the work of a run, and what can be copied of its outcome."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from catalog.flips import flip
from catalog.flips import source as flip_source
from catalog.flips.asked import Asked
from catalog.flips.prompts import EACH, Prompt, own
from catalog.flips.source import Source
from catalog.flips.verdicts import FEWEST_TOKENS
from catalog.notebook import flip_calls, flip_sweeps, flips
from catalog.notebook.flip_sweeps import Sweep
from catalog.notebook.flips import Flip
from catalog.store.catalog import Catalog
from dashboard.common import answers, frames
from dashboard.common.answers import Answer, Here
from dashboard.common.parts import visible
from dashboard.media import frames as media_frames

if TYPE_CHECKING:
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel

SOURCES = {"16 + 16": 16, "32 + 32": 32}
"""Shipped prompts: neutral + eliciting."""


class Wanted(NamedTuple):
    """Everything that the outcome of a run depends on."""

    catalog: Catalog
    content_hash: str
    asked: Asked


def wanted(here: Here, asked: Asked) -> Wanted:
    """A run on the rail's catalog as it is now."""
    return Wanted(here.catalog, str(here.catalog.build["content_hash"]), asked)


def given(prompts: str) -> tuple[tuple[Prompt, ...] | None, int]:
    """Of a key of SOURCES, or own prompts, a line each: `Asked.prompts` and `Asked.each`.

    SettingRefused where a prompt is empty.
    """
    each = SOURCES.get(prompts)
    return (tuple(own(prompts)), EACH) if each is None else (None, each)


def short(here: Here, source: Source) -> str:
    """Why a run would end without a verdict, said before it is made; empty where it would not.

    The same rule as the verdict's: so many held-out tokens, half of an own concept's words.
    """
    held = _held_out(here.catalog, source, here.site, here.threshold)
    if held >= FEWEST_TOKENS:
        return ""
    give = (
        f"give about {2 * FEWEST_TOKENS} words, of which half are held out, or read the effect on "
        "a category"
        if source.kind == "concept"
        else "choose a larger one, or read the effect on another category"
    )
    return (
        f"It can be run, but will say 'cannot be tested': {held} of its tokens are held out, and a "
        f"verdict needs {FEWEST_TOKENS}: {give}."
    )


@answers.cached()
def _held_out(catalog: Catalog, source: Source, site: str, threshold: str) -> int:
    return len(flip_source.feature(catalog, source, site, threshold).tokens)


class SoFar(NamedTuple):
    """What a run shows before it ends."""

    frame: pd.DataFrame
    """condition, effect, low, high."""
    done: int
    """Prompts or items."""
    all: int
    reads: str


def work(given: Wanted) -> "Callable[[LoadedModel, Job[Flip]], Flip]":
    """Work for `running.start`: set up, run, judge; about once a second what is there so far."""
    reads = flip.reads(str(given.catalog.build["architecture"]))

    def run(model: "LoadedModel", job: "Job[Flip]") -> Flip:
        def emit(frame: pd.DataFrame, done: int) -> None:
            job.partial = SoFar(frame, done, job.total, reads)

        machine = flip.machine(model, given.catalog)
        return flips.run(machine, given.catalog, given.asked, job.report, emit=emit)

    return run


def sweep_work(given: Wanted, kind: str) -> "Callable[[LoadedModel, Job[Sweep]], Sweep]":
    """Work for `running.start`: a sweep by layer, dimensions or scale."""

    def run(model: "LoadedModel", job: "Job[Sweep]") -> Sweep:
        machine = flip.machine(model, given.catalog)
        return flip_sweeps.swept(machine, given.catalog, given.asked, kind, job.report)

    return run


def conditions(made: Flip) -> Answer:
    """A row a condition: effect with interval, difference of away, matching."""
    return _answer(made, made.frame(), "frame()")


def by_kind(made: Flip) -> Answer:
    """Effects on neutral and on eliciting prompts (or items) apart."""
    return _answer(made, made.by_kind(), "by_kind()")


def others(made: Flip) -> Answer:
    """Away's and toward's effect on this category and every other, lowest first."""
    return _answer(made, made.others(), "others()")


def by_site(made: Flip) -> Answer:
    """Effects at every later site: at, condition, effect, low, high."""
    return _answer(made, made.by_site(), "by_site()")


def top(made: Flip, number: int) -> Answer:
    """What comes first for one prompt or item, and what away leaves of it."""
    return _answer(made, made.top(number), f"top({number})")


def by_strength(made: Flip) -> list[int]:
    """Prompts by the share that the concept has among their likeliest next tokens, most first."""
    found = [made.top(number) for number in range(len(made.found.setup.prompts))]
    share = [float(one.loc[one["member"], "p"].sum()) for one in found]
    return sorted(range(len(found)), key=lambda number: -share[number])


def sweep(made: Sweep) -> Answer:
    """A sweep, a row for each point and condition."""
    call = f"{flip_calls.call(made.asked)}.sweep({made.kind!r}).frame()"
    return Answer(made.frame(), answers.python(made.catalog, call), "python")


def _answer(made: Flip, frame: pd.DataFrame, then: str) -> Answer:
    """A frame, and the same run in Python with what is asked of it."""
    call = f"{flip_calls.call(made.asked)}.{then}"
    return Answer(frame, answers.python(made.catalog, call), "python")


def next_tokens(made: Flip, number: int, after: bool) -> pd.DataFrame:
    """`top` as it is shown: token, member (a mark), p and then in %."""
    found = made.top(number, after)
    shown = pd.DataFrame(
        {
            "token": found["text"].map(visible),
            "member": found["member"].map({True: "●", False: ""}),
            "p": found["p"] * 100,
        }
    )
    return shown if after else shown.assign(then=found["then"] * 100)


def item_texts(catalog: Catalog, items: list[int]) -> list[str]:
    """What items are called: the token, or the class (else the file) of an image or sound."""
    if media_frames.is_media(catalog):
        return [str(one) for one in media_frames.shown(catalog, items)["caption"]]
    return [str(frames.item(catalog, one)["text"]) for one in items]
