"""For every claim a planted world in which it is true and at least one in which it is false."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace

import numpy as np

from catalog.evidence import (
    from_axes,
    from_catalogs,
    from_categories,
    from_context,
    from_hamming,
    from_probes,
    from_readings,
    from_search,
    from_signs,
    from_states,
    from_texts,
    from_writers,
)
from catalog.evidence.passes import Part
from catalog.progress import silent
from catalog.signs.rotation import random_rotation, signs_above
from catalog.sites import Site
from tests.given import circuit_worlds
from tests.given import evidence_worlds as worlds
from tests.given.evidence_worlds import DIMS, ITEMS

PROBED = 5
"""Categories that are probed here: a gain is 0, or far from it, in every one."""


@dataclass(frozen=True)
class World:
    """A world in which the truth of one claim is known."""

    claim: str
    name: str
    true: bool
    row: Callable
    """Maps a catalog file (any) to the row of the claim."""


def _cell_row(states, row, **parts):
    return lambda path: row(*worlds.given(path, states(), **parts))


def _categories(number, states):
    def make(path):
        cell, _, _ = worlds.given(path, states())
        return from_categories.category_rows(cell, silent)[number]

    return make


def _reading(own, other):
    def make(path):
        cell, sample, _ = worlds.given(path, own())
        read = {
            name: from_readings._read(cell, {cell.site: states()}, sample.categories)
            for name, states in (("bare", own), ("the {}", other))
        }
        return from_readings.row(cell, "bare", read)

    return make


def _signs(row, states):
    return lambda path: row(worlds.given(path, states())[0])


def _independence(cell):
    return from_signs.independence_row(cell, silent)


def _superposition(cell):
    return from_signs.superposition_row(cell, _independence(cell))


def _search(number, states):
    def make(path):
        cell, sample, _ = worlds.given(path, states())
        return from_search.discovery_rows(cell, sample, silent)[number]

    return make


def _nearest(cell, sample, passes):
    return from_search.nearest_row(cell, sample, passes, silent)


def _basis(cell, sample, passes):
    return from_axes.basis_row(cell, sample, passes, silent)


def _probe(row):
    def make(cell, sample, passes):
        few = dataclasses.replace(sample, categories=sample.categories[:PROBED])
        return row(cell, from_probes._measure(few, passes, silent))

    return make


def _gain(cell, found):
    return from_probes._probe_row(cell, *found)


def _pairs(cell, found):
    return from_probes._mlp_row(cell, found[0])


def _training(own, embeddings, blocks=None):
    """The embeddings are those of a catalog of these items, which stands in for the file's."""

    def make(path):
        parts = {}
        cell, sample, passes = worlds.given(path, own())
        if blocks is not None:
            parts = {"variants": {**passes.variants, "blocks": [worlds.drawn(blocks())] * 5}}
        cell = dataclasses.replace(cell, catalog=_signs_of(embeddings()))
        return from_states.training_row(cell, sample, dataclasses.replace(passes, **parts))

    return make


def _signs_of(states):
    return SimpleNamespace(signs=lambda _site, _threshold: signs_above(states, 0.0))


def _by_head(number, state):
    def make(_path):
        made = worlds.texts(state)
        states = made.read.states[Site("final")]
        rows = from_texts._by_head("planted", made.weight, None, states, made.read, silent)
        return rows[number]

    return make


def _cached(state):
    def make(_path):
        made = worlds.texts(state)
        cell = SimpleNamespace(catalog=_signs_of(made.cached))
        states = made.read.states[Site("final")]
        return from_texts._cached_row(cell, made.read, Site("final"), states, worlds.TOKENS)

    return make


def _best(state):
    def make(_path):
        made = worlds.texts(state)
        states = made.read.states[Site("final")]
        return from_hamming.best_row("planted", states, made.weight, made.read)

    return make


def _dot(state):
    def make(_path):
        made = worlds.texts(state)
        states = made.read.states[Site("final")]
        tokens = from_hamming.Cached(np.arange(worlds.TOKENS), made.cached)
        return from_hamming.dot_row("planted", states, made.read, tokens)

    return make


def _context(number, state, single=worlds.normal):
    """`state` maps (cached states of the tokens read, generator) to their states in context."""

    def make(path):
        alone = single()
        cell, _, _ = worlds.given(path, alone)
        made = worlds.texts(worlds.told_by_nothing, site=cell.site).read
        token = made.token % ITEMS
        states = state(alone[token], np.random.default_rng(5)).astype(np.float32)
        read = dataclasses.replace(made, token=token, states={cell.site: states})
        return from_context.rows(cell, read)[number]

    return make


def _nudged(alone, generator):
    return alone + 0.6 * generator.normal(size=alone.shape)


def _forgotten(alone, generator):
    return generator.normal(size=alone.shape)


def _turned_by_lot(alone, generator):
    """A third of the signs turned whatever their magnitude."""
    return alone * np.where(generator.random(alone.shape) < 0.3, -1, 1)


def _common(rows, generator):
    """A factor that all dimensions share."""
    return rows + 1.2 * generator.normal(size=(len(rows), 1))


def _shared(seed=0):
    return _common(worlds.normal(seed), np.random.default_rng(7)).astype(np.float32)


def _halves():
    states = worlds.normal()
    states[:, ::2] = states[:, 1::2]
    return states


def _models(related):
    ratio = np.linspace(0.01, 0.1, 12)
    noise = np.random.default_rng(0).normal(0, 0.004, 12)
    read = 0.8 + ratio + noise if related else np.random.default_rng(1).permutation(ratio)
    return lambda _path: from_catalogs.row(ratio, read)


def _cost(seconds):
    """A build of ITEMS items; the file is large beside its signs, so bits are never reached."""

    def make(path):
        cell, _, _ = worlds.given(path, worlds.normal())
        build = {**worlds.BUILD, "seconds": seconds}
        return from_signs.cost_row(dataclasses.replace(cell, build=build))

    return make


def _part(states):
    return Part(signs_above(states, 0.0), "")


strong, nothing = (lambda: worlds.planted(2.5)), (lambda: worlds.planted(0))
"""Categories clear in signs, and none."""


def _turned():
    return worlds.planted(2) @ random_rotation(DIMS, np.random.default_rng(4))


def _basis_worlds():
    for axes in (1, 2, 4, 8):
        name = f"categories are {axes} axis dimension{'s' * (axes > 1)} each"
        yield World("basis", name, True, _cell_row(lambda a=axes: worlds.on_axes(a), _basis))
    few = "three unequal dimensions each, among heavy tails and a huge dimension"
    yield World("basis", few, True, _cell_row(worlds.unequal, _basis))
    poles = "categories are a pattern or its opposite"
    yield World("basis", poles, False, _cell_row(worlds.antipodal, _basis))
    yield World("nearest", poles, True, _cell_row(worlds.antipodal, _nearest))
    yield World("mlp", poles, False, _cell_row(worlds.antipodal, _probe(_pairs)))
    yield World("prototype_auc", poles, False, _categories(1, worlds.antipodal))
    yield World("basis", "categories lie in random directions", False, _cell_row(_turned, _basis))
    yield World("basis", "no categories", False, _cell_row(nothing, _basis))


def _text_worlds():
    for number, key in enumerate(("sign_only_top5", "sign_only_top1")):
        few = worlds.told_by_few_large
        yield World(key, "signs decide", True, _by_head(number, worlds.told_by_signs))
        yield World(key, "two large dimensions decide", False, _by_head(number, few))
    for number, key in enumerate(("hamming_4096", "hamming_32", "hamming_256"), 2):
        found = _by_head(number, worlds.told_by_signs)
        yield World(key, "signs are the next token's", True, found)
        lost = _by_head(number, worlds.told_by_nothing)
        yield World(key, "states say nothing of the next token", False, lost)
    yield World("hamming_cached", "signs are the next token's", True, _cached(worlds.told_by_signs))
    lost = _cached(worlds.told_by_nothing)
    yield World("hamming_cached", "states say nothing of the next token", False, lost)
    sure, even = worlds.surer_where_larger, worlds.told_by_signs
    yield World("hamming_best", "large states have the right sign", True, _best(sure))
    yield World("hamming_best", "magnitude means nothing", False, _best(even))
    outliers, whole = worlds.told_by_signs_under_outliers, worlds.told_by_the_whole
    yield World("hamming_dot", "a few large dimensions mislead", True, _dot(outliers))
    yield World("hamming_dot", "every magnitude counts", False, _dot(whole))


def _context_worlds():
    yield World("context", "context nudges states", True, _context(0, _nudged))
    yield World("context", "context leaves nothing", False, _context(0, _forgotten))
    yield World("flipped_small", "context nudges states", True, _context(1, _nudged))
    yield World("flipped_small", "signs turn by lot", False, _context(1, _turned_by_lot))
    lowered = _context(2, _forgotten, single=_shared)
    yield World("context_mi", "a shared factor that context removes", True, lowered)
    raised = _context(2, lambda alone, rng: _common(_forgotten(alone, rng), rng))
    yield World("context_mi", "a shared factor that context adds", False, raised)


def _sign_worlds():
    independent, halves = worlds.normal, _halves
    for key, row in (("independence", _independence), ("superposition", _superposition)):
        yield World(key, "independent signs", True, _signs(row, independent))
        yield World(key, "half of the dimensions are copies", False, _signs(row, halves))
    wide = lambda: np.repeat(worlds.normal(dims=128), 2, axis=1)  # noqa: E731
    copies = "128 dimensions and their copies, 1 of 255 pairs each"
    yield World("independence", copies, False, _signs(_independence, wide))
    yield World(
        "unsupervised", "tight clusters of 60", True, _search(0, lambda: worlds.clusters(60))
    )
    yield World("unsupervised", "a correlated Gaussian", False, _search(0, worlds.smooth))
    yield World("unsupervised", "independent signs", False, _search(0, worlds.normal))
    yield World("sparsity", "tight clusters of 51", True, _search(1, lambda: worlds.clusters(51)))
    yield World("sparsity", "clusters of 300", False, _search(1, lambda: worlds.clusters(300)))
    yield World("sparsity", "a correlated Gaussian", False, _search(1, worlds.smooth))
    yield World("cost", "1,200 items a second", False, _cost(1.0))
    yield World("cost", "1 item a second", False, _cost(1200.0))
    yield World("dimensions_per_token", "AUC follows D / V", True, _models(True))
    yield World("dimensions_per_token", "AUC has no relation to D / V", False, _models(False))


def _category_worlds():
    for number, key in enumerate(("discoverable", "prototype_auc", "exceeds_null")):
        yield World(key, "categories are clear", True, _categories(number, strong))
        yield World(key, "no categories", False, _categories(number, nothing))
    jitter = lambda: strong() + worlds.normal(9) / 20  # noqa: E731
    same, lost = "every neutral prefix reads alike", "another prefix reads worse"
    yield World("reading", same, True, _reading(strong, jitter))
    yield World("reading", lost, False, _reading(strong, lambda: worlds.planted(1.0)))
    noise = lambda: nothing() + worlds.normal(9) / 20  # noqa: E731
    yield World("reading", "no categories in either", False, _reading(nothing, noise))
    clear, none = _part(strong()), _part(nothing())
    for key, row, part, lost in (
        ("keys_values", from_states.keys_values_row, "keys_values", "no categories there"),
        ("ffn", from_states.ffn_row, "ffn", "categories in the residual alone"),
    ):
        yield World(key, "categories as clear there", True, _cell_row(strong, row, **{part: clear}))
        yield World(key, lost, False, _cell_row(strong, row, **{part: none}))
    weak = _cell_row(strong, from_states.ffn_row, ffn=_part(worlds.planted(1.0)))
    yield World("ffn", "less clear than in the residual", False, weak)
    neither = _cell_row(nothing, from_states.ffn_row, ffn=none)
    yield World("ffn", "no categories in either", False, neither)
    on_dims = lambda: worlds.on_axes(12, 0.8)  # noqa: E731
    yield World("nearest", "signs alone are alike", True, _cell_row(on_dims, _nearest))
    yield World("nearest", "whole states are alike", False, _cell_row(strong, _nearest))
    yield World("nearest", "no categories", False, _cell_row(nothing, _nearest))


def _state_worlds():
    in_signs = _cell_row(lambda: worlds.on_axes(12, 0.8), _probe(_gain))
    yield World("probe_gain", "signs alone tell categories apart", True, in_signs)
    yield World(
        "probe_gain",
        "categories lie in differences",
        False,
        _cell_row(worlds.in_differences, _probe(_gain)),
    )
    loud = _cell_row(lambda: worlds.on_axes(2), _probe(_gain))
    yield World("probe_gain", "two signs of wild magnitude say all", False, loud)
    none = _cell_row(nothing, _probe(_gain))
    yield World("probe_gain", "no categories", False, none)
    yield World("mlp", "single dimensions say all", True, _cell_row(strong, _probe(_pairs)))
    ball = _cell_row(worlds.in_a_ball, _probe(_pairs))
    yield World("mlp", "categories lie in a ball", False, ball)
    weak = lambda: worlds.planted(0.5)  # noqa: E731
    clear = lambda: worlds.planted(1.5)  # noqa: E731
    yield World("training", "blocks make categories clear", True, _training(clear, weak))
    yield World("training", "random blocks do as well", False, _training(clear, weak, clear))
    yield World("training", "embeddings do as well", False, _training(clear, clear))
    yield World("training", "blocks lose categories", False, _training(nothing, weak))


def _written(row, **planted):
    def make(path):
        cell, _, _ = worlds.given(path, worlds.normal())
        return row(cell, circuit_worlds.features(**planted))

    return make


def _ablation(number, writes, size=1.0):
    def make(_path):
        return from_writers.ablation_rows("planted", circuit_worlds.ablated(writes, size), 0)[
            number
        ]

    return make


def _circuit_worlds():
    many, one = {"many": 0.8}, {"single": 0.95}
    coalition, single = from_writers.coalition_row, from_writers.writer_row
    yield World("coalitions", "250 neurons write each feature", True, _written(coalition, **many))
    yield World("coalitions", "Gaussian weights", False, _written(coalition))
    yield World("writers", "one neuron writes each feature", True, _written(single, **one))
    yield World("writers", "Gaussian weights", False, _written(single))
    yield World("ablation", "six neurons write the feature", True, _ablation(0, True))
    yield World("ablation", "six neurons write noise", False, _ablation(0, False))
    quiet = _ablation(1, False, 0.05)
    yield World("ablation_spares", "six neurons write next to nothing", True, quiet)
    everywhere = "six neurons write the feature into every item"
    yield World("ablation_spares", everywhere, False, _ablation(1, True))


@cache
def every() -> tuple[World, ...]:
    """All worlds, in the order of the table of claims."""
    return (
        *_text_worlds(),
        *_context_worlds(),
        *_sign_worlds(),
        *_category_worlds(),
        *_state_worlds(),
        *_basis_worlds(),
        *_circuit_worlds(),
    )
