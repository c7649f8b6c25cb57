"""A prompt continued with and without the flip, growing side by side."""

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import streamlit as st

from catalog.edits import Edit
from catalog.flips import controls, together
from catalog.flips import flip as flipping
from catalog.flips import words as flip_words
from catalog.flips.controls import Where
from catalog.flips.words import Word
from catalog.sites import Site
from dashboard.common import parts, running
from dashboard.common.answers import Here
from dashboard.flips.frames import Wanted
from dashboard.frame import address

if TYPE_CHECKING:
    from catalog.flips.run import Setup
    from catalog.model.generating import Pair
    from catalog.model.live import Job
    from catalog.model.loading import LoadedModel
    from catalog.model.token_machine import Machine

JOB = "flip_lab.generation"
WAYS = ("away", "toward")
USUAL = "the shipped prompt after which the concept is likeliest"
POLL_SECONDS = 0.3


class Wish(NamedTuple):
    """Everything that a generation depends on."""

    flip: Wanted
    prompt: str
    way: str
    tokens: int
    temperature: float


class Shown(NamedTuple):
    """Both texts as they stand, and the concept's tokens."""

    pair: "Pair"
    members: frozenset[int]
    ended: bool
    prompt: str


def work(wish: Wish) -> "Callable[[LoadedModel, Job[Shown]], Shown]":
    """Work for `running.start`: every new token is shown at once."""

    def run(model: "LoadedModel", job: "Job[Shown]") -> Shown:
        from catalog.model import generating
        from catalog.model.token_machine import Machine

        machine, asked = Machine(model), wish.flip.asked
        job.report("setting up", 0, 0)
        setup = flipping.setup(machine, wish.flip.catalog, asked)
        members = frozenset(setup.readout.members.tolist())
        prompt = beginning(machine, setup, wish)

        def emit(pair: "Pair") -> None:
            job.partial = Shown(pair, members, False, prompt)
            job.report("writing", len(pair.edited.ids), wish.tokens)

        positions = asked.positions
        wanted = generating.Wanted(
            prompt,
            (edit(setup, wish.way), *setup.extra),
            positions if positions in ("all", "last") else "all",
            wish.tokens,
            wish.temperature,
            asked.seed,
        )
        done = Shown(generating.generate(machine, wanted, emit), members, True, prompt)
        job.partial = done
        return done

    return run


def edit(setup: "Setup", way: str) -> Edit:
    """The edit that turns a run's feature away, or toward."""
    where = Where(setup.site, setup.site, setup.cut, setup.scale)
    return controls.flip(where, setup.feature, None, toward=way == "toward")


def beginning(machine: "Machine", setup: "Setup", wish: Wish) -> str:
    """The prompt that was typed; else the one of the run after which the concept is likeliest."""
    if wish.prompt:
        return wish.prompt
    eliciting = [one.text for one in setup.prompts if one.kind != "neutral"]
    texts = eliciting or [one.text for one in setup.prompts]
    last = Site("resid", machine.layers)
    encoded = [machine.encode(text)[0] for text in texts]
    mass = np.zeros(len(texts))
    for group in together.grouped(machine, [(ids, (len(ids) - 1,)) for ids in encoded], [last]):
        ends = machine.ends(group.ids, last, group.states[last][None])
        logits = machine.scores(ends)[0].astype(np.float64)
        chance = np.exp(logits - logits.max(axis=1, keepdims=True))
        mass[group.prompts] = chance[:, setup.readout.members].sum(axis=1) / chance.sum(axis=1)
    return texts[int(mass.argmax())]


def draw(here: Here, flip: Wanted, begin: bool) -> Wish:
    """The choices, and both texts; `begin` writes them at once. What was wished for."""
    st.markdown("**A text, as it is and with the flip**", help=_HELP)
    address.seed("flip.generate", "generate", "", lambda text: text[:500])
    address.seed("flip.way", "way", WAYS[0], address.among(WAYS))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        prompt = str(
            st.text_input("Beginning", key="flip.generate", max_chars=500, placeholder=USUAL)
        ).strip()
        way = str(st.segmented_control("Flip", WAYS, key="flip.way", required=True))
        tokens = int(st.number_input("Tokens", 5, 200, 50, 5, key="flip.tokens", width=110))
        warmth = float(
            st.number_input(
                "Temperature", 0.0, 2.0, 0.8, 0.1, key="flip.temperature", width=130,
                help="0 takes the likeliest token.",
            )
        )  # fmt: skip
        pressed = st.button("Write", key="flip.write", icon=":material/edit_note:")
    address.write(generate=prompt, way=way)
    wish = Wish(flip, prompt, way, tokens, warmth)
    if pressed or (begin and not running.started(JOB, wish)):
        running.start(JOB, here.catalog, wish, work(wish))
    if running.started(JOB, wish):
        _, going = running.partial(JOB, wish)
        if going:
            _growing(wish)
        elif (final := running.outcome(JOB, wish)) is not None:
            _both(final)
    return wish


@st.fragment(run_every=POLL_SECONDS)
@parts.guard()
def _growing(wish: Wish) -> None:
    """Both texts while they grow, with a Stop button; the page runs again at the end."""
    shown, going = running.partial(JOB, wish)
    if not going:
        st.rerun()
    st.button("Stop", key="flip.write.stop", on_click=running.stop, args=(JOB,))
    if shown is None:
        st.caption("Waiting for the model ...")
        return
    _both(shown)


def _both(shown: Shown) -> None:
    """The two texts side by side."""
    plain, edited = flip_words.compared(
        *(
            flip_words.words(one.pieces, one.ids, shown.members)
            for one in (shown.pair.plain, shown.pair.edited)
        )
    )
    st.text(f"{parts.visible(shown.prompt)} …")
    columns = st.columns(2, gap="medium")
    for place, title, words, one in zip(
        columns,
        ("As it is", "With the flip"),
        (plain, edited),
        (shown.pair.plain, shown.pair.edited),
        strict=True,
    ):
        with place, st.container(border=True, height=190):
            st.caption(title if one.perplexity is None else _told(title, one.perplexity))
            st.html(markup(words))
    count = [sum(word.member for word in words) for words in (plain, edited)]
    if shown.ended:
        st.caption(f"Words of the concept: {count[0]} as it is, {count[1]} with the flip.")


def _told(title: str, perplexity: float) -> str:
    return f"{title}: perplexity {parts.number(perplexity)} under the unedited model"


def markup(words: Sequence[Word]) -> str:
    """Words as HTML, escaped: the concept's on gold, differing ones underlined."""
    made = []
    for word in words:
        style = "background:rgba(224,176,0,.38);border-radius:3px;" if word.member else ""
        if word.differs:
            style += "text-decoration:underline;text-decoration-style:dotted;"
        text = html.escape(parts.visible(word.text.replace("\n", " ↵ ")))
        made.append(f'<span style="{style}">{text}</span>' if style else text)
    return f'<div style="white-space:pre-wrap;line-height:1.55">{"".join(made)}</div>'


_HELP = (
    "One batch of two rows with the same random numbers: they part where the flip makes another "
    "word likelier. Gold: words of the concept. Dotted: words the other text does not have there."
)
