"""Continuations counted: words of the concept as it is, with the flip, with random dimensions."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.figures import strips
from catalog.flips import controls, fixed
from catalog.flips import flip as flipping
from catalog.flips import words as flip_words
from catalog.flips.controls import Signed, Where
from dashboard.common import drawn, parts, running
from dashboard.common.answers import Here
from dashboard.flips.generation import Wish, beginning, edit

if TYPE_CHECKING:
    from catalog.flips.run import Setup
    from catalog.model.generating import Continued
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel
    from catalog.model.token_machine import Machine

JOB = "flip_lab.counting"
DRAWS, TOKENS, POLL_SECONDS = 8, 30, 0.5
OFTEN = 3
"""Tokens between two looks at the counts."""
WARMTH = 0.8
"""Least temperature: continuations that are all the same are no eight."""


class Counts(NamedTuple):
    """Words of the concept in each continuation, as far as all of them have come."""

    plain: tuple[int, ...] = ()
    edited: tuple[int, ...] = ()
    random: tuple[int, ...] = ()
    """With as many random dimensions changed as much; empty where none matches the flip."""
    matched: bool = True
    tokens: int = 0
    """Of each continuation so far."""
    ended: bool = False


def work(wish: Wish) -> "Callable[[LoadedModel, Job[Counts]], Counts]":
    """Work for `running.start`: all continuations are rows of one batch, counted as they come."""

    def run(model: "LoadedModel", job: "Job[Counts]") -> Counts:
        from catalog.model import generating
        from catalog.model.token_machine import Machine

        machine, asked = Machine(model), wish.flip.asked
        setup = flipping.setup(machine, wish.flip.catalog, asked)
        members = frozenset(setup.readout.members.tolist())
        settled = wish._replace(prompt=beginning(machine, setup, wish))
        others = _random(machine, setup, settled)
        job.partial = Counts(matched=bool(others))
        away: tuple[Edit, ...] = (edit(setup, wish.way), *setup.extra)
        kinds: list[list[tuple[Edit, ...]]] = [[()] * DRAWS, [away] * DRAWS]
        kinds += [[(one, *setup.extra) for one in others]] if others else []
        seeds = range(asked.seed + 1, asked.seed + 1 + DRAWS)
        rows = [generating.Row(one, seed)
                for kind in kinds for one, seed in zip(kind, seeds, strict=True)]  # fmt: skip
        places = asked.positions if asked.positions in ("all", "last") else "all"
        warmth = max(wish.temperature, WARMTH)

        def count(found: "list[Continued]") -> Counts:
            said = [_words(one, members) for one in found]
            parts = [tuple(said[DRAWS * n : DRAWS * (n + 1)]) for n in range(3)]
            longest = max(len(one.ids) for one in found)
            return Counts(parts[0], parts[1], parts[2], bool(others), longest)

        def emit(found: "list[Continued]") -> None:
            tokens = max(len(one.ids) for one in found)
            if tokens % OFTEN == 0:
                job.partial = count(found)
            job.report("counting", tokens, TOKENS)

        wanted = generating.Wanted(settled.prompt, (), places, TOKENS, warmth)
        done = count(generating.several(machine, wanted, rows, emit))._replace(ended=True)
        job.partial = done  # the page shows what was there last
        return done

    return run


def _words(one: "Continued", members: frozenset[int]) -> int:
    return sum(word.member for word in flip_words.words(one.pieces, one.ids, members))


def _random(machine: "Machine", setup: "Setup", wish: Wish) -> list[Edit]:
    """Random features that change as much of this prompt; none where the search finds none."""
    where = Where(setup.site, setup.site, setup.cut, setup.scale)
    ids, sink = machine.encode(wish.prompt)
    feature = setup.feature
    if wish.way == "toward":
        feature = Signed(feature.dimensions, -feature.signs)
    cost = fixed.costs(where, machine.states(ids, setup.site)[sink:])
    generator = np.random.default_rng([wish.flip.asked.seed, DRAWS])
    try:
        found = fixed.matched(where, feature, cost, DRAWS, generator)
    except SettingRefused:
        return []
    edits = []
    for targets in found.targets:
        dimensions = np.flatnonzero(targets)
        one = Signed(dimensions, targets[dimensions].astype(np.int64))
        edits.append(controls.flip(where, one, None, toward=True))
    return edits


def start(here: Here, wish: Wish) -> None:
    """Count; after everything that was asked for before."""
    running.start(JOB, here.catalog, wish, work(wish))


def draw(wish: Wish) -> None:
    """The counts as they come; nothing before they were asked for."""
    if not running.started(JOB, wish):
        return
    found, going = running.partial(JOB, wish)
    if going:
        _growing(wish)
    elif found is not None:
        running.outcome(JOB, wish)  # says what went wrong, where anything did
        _show(found)


@st.fragment(run_every=POLL_SECONDS)
@parts.guard()
def _growing(wish: Wish) -> None:
    found, going = running.partial(JOB, wish)
    if not going:
        st.rerun()
    _show(Counts() if found is None else found)


def _show(found: Counts) -> None:
    rows = {"as it is": found.plain, "with the flip": found.edited}
    if found.matched:
        rows["random dimensions"] = found.random
    drawn.figure(
        strips.counts({name: (sum(one), len(one)) for name, one in rows.items()}), "flip.counts"
    )
    st.caption(
        f"Words of the concept in {DRAWS} continuations of "
        + (f"{TOKENS} tokens each." if found.ended else f"{found.tokens} of {TOKENS} tokens.")
        + ("" if found.matched else " No random dimensions change as much, so none are shown.")
    )
