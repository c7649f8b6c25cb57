"""Evidence rows on planted features and on noise, and the whole table of a tiny model."""

import dataclasses

import duckdb
import numpy as np
import pytest
import torch

from catalog.building.build import Settings, build
from catalog.errors import SettingRefused
from catalog.evidence import (
    from_categories,
    from_probes,
    from_search,
    from_signs,
    from_states,
    table,
)
from catalog.evidence.cell import Cell, Sample, held_out_ranks, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.passes import Passes
from catalog.features import measure
from catalog.features.pools import Pools
from catalog.features.scoring import Contest
from catalog.features.splits import Splits
from catalog.model import loading
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.rotation import random_rotation, signs_above, signs_at_median
from catalog.sites import Site
from catalog.store.catalog import Catalog
from tests.given import models, synthetic

ITEMS, DIMS, GROUPS, SIZE = 1200, 64, 10, 44


def silent(*_):
    pass


def planted(strength, axes=8, seed=0):
    """States of ITEMS items; each of GROUPS categories is shifted on `axes` dimensions."""
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(ITEMS, DIMS)).astype(np.float32)
    for group in range(GROUPS):
        shift = np.zeros(DIMS)
        shift[generator.choice(DIMS, axes, replace=False)] = strength
        states[group * SIZE : (group + 1) * SIZE] += shift * generator.choice([-1, 1], DIMS)
    return states


@pytest.fixture(scope="module")
def catalog_file(tmp_path_factory):
    return synthetic.write(tmp_path_factory.mktemp("evidence") / "c.duckdb")


def given(path, states):
    """Cell, sample and passes of some states; all random weights give noise."""
    ground = Pools(["word"] * ITEMS, np.arange(ITEMS))
    members = []
    for place in range(GROUPS):
        mine = np.arange(place * SIZE, (place + 1) * SIZE)
        generator = np.random.default_rng(place)
        pool = ground.pool("all", mine, generator)
        before = np.random.default_rng(place)
        members.append(Splits(f"c{place}", place, pool, halves(SIZE, SPLITS, generator), before))
    site = signs_above(states, 0.0)
    build_row = {"reading": "bare", "seconds": 1.0}
    cell = Cell(
        Catalog(path),
        build_row,
        Site("resid", 1),
        "zero",
        np.zeros(DIMS, np.float32),
        site,
        signs_at_median(states),
        {f"c{place}": "word" for place in range(GROUPS)},
        ground,
        members,
        "matched",
    )
    noise = np.random.default_rng(9).normal(size=states.shape)
    drawn = {"zero": signs_above(noise, 0.0), "median": signs_at_median(noise)}
    variants = {kind: drawn for kind in ("initialised", "blocks", "permuted")}
    return cell, Sample.of(cell), Passes(states, site, None, "No softmax attention.", variants)


def test_planted_categories_hold_and_noise_does_not(catalog_file):
    cell, _, _ = given(catalog_file, planted(2.5))
    single, prototype, exceeds = from_categories.category_rows(cell, silent)
    assert prototype.verdict == "holds" and prototype.figure.value > 0.93
    assert prototype.figure.low < prototype.figure.value < prototype.figure.high
    assert exceeds.verdict == "holds" and exceeds.figure.value == 1
    assert single.verdict == "holds"
    assert single.controls["random sets"] == 0
    cell, _, _ = given(catalog_file, planted(0))
    rows = from_categories.category_rows(cell, silent)
    assert [row.verdict for row in rows] == ["does not hold"] * 3
    assert rows[1].figure.value == pytest.approx(0.5, abs=0.05)


def test_the_figures_are_those_of_the_feature_page(catalog_file):
    cell, _, _ = given(catalog_file, planted(1.2))
    _, prototype, _ = from_categories.category_rows(cell, silent)
    measured = []
    for place, one in enumerate(cell.categories):
        contest = Contest.of(cell.signs, one.pool)
        anchors = halves(SIZE, SPLITS, np.random.default_rng(place))
        measured.append(measure.measure(contest, anchors))
        best = from_categories.best_dimension(contest, one.anchors)
        assert best.dimension == measured[-1].best
        assert best.in_sample == measured[-1].best_in_sample
        assert best.held_out == measured[-1].best_held_out
        np.testing.assert_array_equal(best.p, measured[-1].p)
    assert prototype.figure.value == pytest.approx(np.mean([one.auc for one in measured]))


def test_nulls_of_the_findings_are_used_where_they_are(catalog_file, tmp_path):
    path = tmp_path / "with.duckdb"
    path.write_bytes(catalog_file.read_bytes())
    cell, _, _ = given(path, planted(1))
    columns = {
        "category": "c3", "site": "resid.1", "threshold": "zero", "background": "matched",
        "anchors": 22, "held_out": 22, "pool": 99, "widened": 0, "auc": 0.9, "sd": 0.01,
        "null_mean": 0.51, "null_p95": 0.6, "null_draws": 200, "p": 0.25, "dimensions": 9,
        "fallback": False, "fallback_share": 0.0, "firing_level": 0.5, "best_dimension": 1,
        "best_in_sample": 0.8, "best_held_out": 0.7, "best_q": 0.1, "small": False,
    }  # fmt: skip
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "INSERT INTO category VALUES "
            "('c3', '', NULL, 'word', false, 44, 44, 44, 'measured', NULL)"
        )
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        connection.execute(
            f"INSERT INTO feature ({names}) VALUES ({marks})", list(columns.values())
        )
    _, _, exceeds = from_categories.category_rows(cell, silent)
    assert exceeds.controls["largest p"] == 0.25 and exceeds.figure.value == 0.9
    assert from_categories._stored(cell) == {"c3": (0.25, 0.51, 0.6)}


def test_held_out_ranks_average_to_the_prototype_auc(catalog_file):
    cell, _, _ = given(catalog_file, planted(1))
    found = outcomes(cell.signs, cell.categories)
    for one, ranks in zip(found, held_out_ranks(found), strict=True):
        assert ranks.mean() == pytest.approx(one.aucs.mean(), abs=0.01)
        member, held = 3, ~one.anchors[:, 3]
        assert ranks[member] == pytest.approx(one.member_ranks[held, member].mean())


def test_independent_signs_are_independent_and_copies_are_not(catalog_file):
    states = np.random.default_rng(0).normal(size=(ITEMS, DIMS)).astype(np.float32)
    cell, _, _ = given(catalog_file, states)
    row = from_signs.independence_row(cell, silent)
    assert row.verdict == "holds"
    assert row.figure.low < row.controls["permuted signs"] < row.figure.high
    states[:, ::2] = states[:, 1::2]
    cell, _, _ = given(catalog_file, states)
    row = from_signs.independence_row(cell, silent)
    assert row.verdict == "does not hold"
    assert row.controls["effective dimensions"] < 40


def test_the_jackknife_is_that_of_repeated_samples(catalog_file):
    generator = np.random.default_rng(5)
    mix = generator.normal(size=(DIMS, DIMS))
    means, spreads = [], []
    for _ in range(30):
        states = (generator.normal(size=(ITEMS, DIMS)) @ mix).astype(np.float32)
        row = from_signs.independence_row(given(catalog_file, states)[0], silent)
        means.append(row.figure.value)
        spreads.append((row.figure.high - row.figure.value) / 1.96)
    assert np.mean(spreads) == pytest.approx(np.std(means), rel=0.5)


def on_axes(seed=0):
    """States whose sign alone tells a category apart, each on 12 axes; magnitudes vary wildly."""
    generator = np.random.default_rng(seed)
    sign = generator.choice([-1.0, 1.0], (ITEMS, DIMS))
    for group in range(GROUPS):
        mine = slice(group * SIZE, (group + 1) * SIZE)
        chosen = generator.choice(DIMS, 12, replace=False)
        forced = generator.random((SIZE, 12)) < 0.6
        sign[mine, chosen] = np.where(forced, 1, sign[mine, chosen])
    return (sign * np.exp(2 * generator.normal(size=sign.shape))).astype(np.float32)


def test_a_basis_is_special_only_where_features_lie_on_axes(catalog_file):
    row = from_states.basis_row(*given(catalog_file, on_axes()), silent)
    assert row.verdict == "holds" and row.figure.low > 0.05
    turned = planted(2) @ random_rotation(DIMS, np.random.default_rng(4))
    row = from_states.basis_row(*given(catalog_file, turned), silent)
    assert row.verdict == "does not hold"
    assert row.figure.value == pytest.approx(0, abs=0.01)


def training_row(catalog_file, monkeypatch, own, embeddings, blocks=None):
    cell, sample, passes = given(catalog_file, own)
    monkeypatch.setattr(
        from_states, "_embeddings", lambda _cell, _sample: signs_above(embeddings, 0.0)
    )
    if blocks is not None:
        passes = dataclasses.replace(
            passes, variants={**passes.variants, "blocks": {"zero": signs_above(blocks, 0.0)}}
        )
    return from_states.training_row(cell, sample, passes)


def test_training_counts_only_above_random_blocks(catalog_file, monkeypatch):
    weak, strong = planted(0.5), planted(1.5)
    row = training_row(catalog_file, monkeypatch, strong, weak)
    assert row.verdict == "holds" and row.figure.low > 0
    row = training_row(catalog_file, monkeypatch, strong, weak, blocks=strong)
    assert row.verdict == "partly" and row.strongest.startswith("(b)")
    row = training_row(catalog_file, monkeypatch, strong, strong)
    assert row.verdict == "partly" and row.strongest.startswith("no gain")
    row = training_row(catalog_file, monkeypatch, planted(0), weak)
    assert row.verdict == "does not hold"


def test_a_probe_gains_where_the_feature_is_in_no_sign(catalog_file):
    cell, sample, passes = given(catalog_file, planted(1.5))
    row = from_probes.probe_row(cell, sample, passes, silent)
    assert row.controls["prototype AUC"] > 0.9
    assert row.controls["sign agreement of weights"] > 0.9
    # Each category lies in the difference of two dimensions that vary together.
    generator = np.random.default_rng(0)
    states = generator.normal(size=(ITEMS, DIMS)).astype(np.float32)
    for group in range(GROUPS):
        states[:, 2 * group] = states[:, 2 * group + 1] + 0.1 * generator.normal(size=ITEMS)
        states[group * SIZE : (group + 1) * SIZE, 2 * group] += 0.5
    cell, sample, passes = given(catalog_file, states)
    row = from_probes.probe_row(cell, sample, passes, silent)
    assert row.verdict == "does not hold" and row.figure.value > 0.1


def test_a_gaussian_has_no_discrete_features(catalog_file):
    generator = np.random.default_rng(1)
    mix = generator.normal(size=(DIMS, DIMS)) * np.exp(-np.arange(DIMS) / 8)
    states = (generator.normal(size=(ITEMS, DIMS)) @ mix.T).astype(np.float32)
    cell, sample, _ = given(catalog_file, states)
    found, sparse = from_search.discovery_rows(cell, sample, silent)
    assert found.verdict == "partly" and found.figure.value > 0.5
    assert found.strongest == "Gaussian of the same covariance"
    assert found.controls["paper's procedure on permuted signs"] > 0.9
    assert sparse.verdict == "does not hold"
    noise = generator.normal(size=(ITEMS, DIMS)).astype(np.float32)
    cell, sample, _ = given(catalog_file, noise)
    found, _ = from_search.discovery_rows(cell, sample, silent)
    assert found.verdict == "does not hold"


def test_neighbours_share_planted_categories_and_not_noise(catalog_file):
    row = from_search.nearest_row(*given(catalog_file, planted(3)), silent)
    assert row.verdict == "holds" and row.figure.value > 0.25
    row = from_search.nearest_row(*given(catalog_file, planted(0)), silent)
    assert row.verdict == "does not hold"
    cell, sample, _ = given(catalog_file, planted(3))
    assert from_search.nearest_row(cell, sample, None, silent).verdict == "partly"


def test_a_site_without_keys_and_values_says_so(catalog_file):
    row = from_states.keys_values_row(*given(catalog_file, planted(1)))
    assert (row.verdict, row.reason) == ("cannot be tested", "No softmax attention.")


def test_the_sample_keeps_whole_pools(catalog_file):
    cell, _, _ = given(catalog_file, planted(1))
    small = [dataclasses.replace(one, pool=_cut(one.pool, 100)) for one in cell.categories]
    cell = dataclasses.replace(cell, categories=small)
    sample = Sample.of(cell, most=520)
    assert len(sample.items) == 520 and 0 < len(sample.categories) < GROUPS
    for place, one in enumerate(sample.categories):
        original = cell.categories[one.place].pool
        np.testing.assert_array_equal(sample.items[one.pool.members], original.members)
        np.testing.assert_array_equal(sample.items[one.pool.negatives], original.negatives)
        assert np.flatnonzero(sample.labels[:, place]).tolist() == sorted(one.pool.members)


def _cut(pool, negatives):
    return dataclasses.replace(pool, negatives=pool.negatives[-negatives:])


@pytest.fixture(scope="module")
def tiny(llama, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    path = build(Settings(str(llama), out=folder, batch_size=64))
    texts = folder / "texts"
    texts.mkdir()
    for number in range(6):
        (texts / f"{number}.txt").write_text(f"# {number}\n" + models.SENTENCES[number % 5] * 3)
    return path, loading.load(str(llama)), {"texts": texts}


def test_the_table_is_complete_with_and_without_the_model(tiny):
    path, model, folders = tiny
    before = {key: value.clone() for key, value in model.module.state_dict().items()}
    rows = table.rows(Catalog(path), model, silent, **folders)
    assert [row.claim.key for row in rows] == list(CLAIMS)
    tested = {row.claim.key for row in rows if row.verdict != "cannot be tested"}
    assert {"sign_only_top5", "hamming_32", "independence", "context", "cost"} <= tested
    assert "prototype_auc" not in tested and "hamming_4096" not in tested
    after = model.module.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    alone = table.rows(Catalog(path), None, silent, **folders)
    assert [row.claim.key for row in alone] == list(CLAIMS)
    assert {r.reason for r in alone if r.claim.needs_model} == {table.NO_MODEL}
    searched = [
        {r.claim.key: (r.verdict, r.controls) for r in made}["unsupervised"]
        for made in (rows, alone)
    ]
    assert searched[0] == searched[1]  # its Gaussian is made of signs: it needs no model
    again = table.rows(Catalog(path), model, silent, **folders)
    assert [(r.figure, r.controls) for r in again] == [(r.figure, r.controls) for r in rows]


def test_another_model_is_refused_and_cancelling_stops(tiny):
    path, model, folders = tiny
    other = dataclasses.replace(model, weights_hash="0" * 64)
    with pytest.raises(SettingRefused, match="other weights"):
        table.rows(Catalog(path), other, silent, **folders)

    class Cancelled(Exception):
        pass

    def cancel(stage, _done, _of):
        if stage == "initialised weights":
            raise Cancelled

    with pytest.raises(Cancelled):
        table.rows(Catalog(path), model, cancel, **folders)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())
