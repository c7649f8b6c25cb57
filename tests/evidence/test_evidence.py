"""Evidence rows on planted features and on noise, and the whole table of a tiny model."""

import dataclasses

import duckdb
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from catalog.building.build import Settings, build
from catalog.errors import SettingRefused
from catalog.evidence import from_axes, from_categories, from_probes, from_search, from_signs, table
from catalog.evidence.cell import Sample, held_out_ranks, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_senses import CLAIMS as SENSES
from catalog.evidence.from_states import keys_values_row
from catalog.features import measure, strongest
from catalog.features.scoring import Contest
from catalog.model import loading
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.resampling import Interval
from catalog.store.catalog import Catalog
from tests.given import models, synthetic
from tests.given.evidence_worlds import DIMS, GROUPS, ITEMS, SIZE, given, planted


def silent(*_):
    pass


@pytest.fixture(scope="module")
def catalog_file(tmp_path_factory):
    return synthetic.write(tmp_path_factory.mktemp("evidence") / "c.duckdb")


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
        "null_mean": 0.51, "null_p95": 0.6, "null_draws": 200, "p": 0.25, "q": 0.3,
        "dimensions": 9, "fallback": False, "fallback_share": 0.0, "firing_level": 0.5,
        "best_dimension": 1, "best_in_sample": 0.8, "best_held_out": 0.7, "best_q": 0.1,
        "small": False,
    }  # fmt: skip
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    with duckdb.connect(str(path)) as connection:
        for place in range(GROUPS):
            name = f"c{place}"
            found = {} if name == "c3" else {"p": 0.001, "q": 0.002}
            connection.execute(
                "INSERT INTO category VALUES "
                "(?, '', NULL, 'word', false, 44, 44, 44, 'measured', NULL)",
                [name],
            )
            row = {**columns, "category": name, **found}
            connection.execute(
                f"INSERT INTO feature ({names}) VALUES ({marks})", list(row.values())
            )
    _, _, exceeds = from_categories.category_rows(cell, silent)
    assert exceeds.controls["largest p"] == 0.25 and exceeds.figure.value == 0.9
    stored = from_categories._nulls(cell, np.full(GROUPS, 0.9), silent)
    assert (stored.p[3], stored.q[3], stored.mean[3], stored.p95[3]) == (0.25, 0.3, 0.51, 0.6)
    assert (stored.q[np.arange(GROUPS) != 3] == 0.002).all()


def test_held_out_ranks_average_to_the_prototype_auc(catalog_file):
    cell, _, _ = given(catalog_file, planted(1))
    found = outcomes(cell.signs, cell.categories)
    for one, ranks in zip(found, held_out_ranks(found), strict=True):
        assert ranks.mean() == pytest.approx(one.aucs.mean(), abs=0.01)
        member, held = 3, ~one.anchors[:, 3]
        assert ranks[member] == pytest.approx(one.member_ranks[held, member].mean())


def test_independence_is_counted_on_families(catalog_file):
    states = np.random.default_rng(0).normal(size=(ITEMS, DIMS)).astype(np.float32)
    cell, _, _ = given(catalog_file, states)
    row = from_signs.independence_row(cell, silent)
    assert row.figure.low < row.controls["permuted signs"] < row.figure.high
    assert (row.n, row.unit) == (ITEMS, "families")
    states[:, ::2] = states[:, 1::2]
    cell, _, _ = given(catalog_file, states)
    assert from_signs.independence_row(cell, silent).controls["effective dimensions"] < 40


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


def test_the_basis_is_judged_by_three_figures(catalog_file):
    own, other = Interval(0.2, 0.1, 0.3), Interval(-0.2, -0.3, -0.1)
    neither = Interval(0, -0.1, 0.1)
    names = from_axes.FIGURES
    cases = [
        ((own, neither, neither), "holds"),
        ((neither, neither, own), "holds"),
        ((own, neither, other), "partly"),
        ((neither, neither, other), "does not hold"),
        ((neither, neither, neither), "does not hold"),
    ]
    for figures, expected in cases:
        assert from_axes.judge(dict(zip(names, figures, strict=True)))[0] == expected


def test_a_curve_of_the_basis_is_that_of_a_plain_computation(catalog_file):
    cell, sample, _ = given(catalog_file, planted(1.5))
    one = sample.categories[3]
    contest = Contest.of(cell.signs, one.pool)
    bits = cell.signs.bits(np.arange(ITEMS)).astype(int)
    members, anchors = one.pool.members, one.anchors
    for size in (1, 4, 16):
        aucs = []
        for split in anchors:
            contrast = bits[members[split]].mean(axis=0) - bits.mean(axis=0)
            level = np.sort(np.abs(contrast))[-size] - 1e-9
            chosen = np.flatnonzero(np.abs(contrast) >= level)
            agree = (bits[:, chosen] == (contrast[chosen] > 0)).sum(axis=1)
            tested = np.concatenate([members[~split], one.pool.negatives])
            label = np.arange(len(tested)) < (~split).sum()
            aucs.append(roc_auc_score(label, agree[tested]))
        found = strongest.curve(contest, anchors, [size])
        assert found[0] == pytest.approx(np.mean(aucs))


def test_without_fill_up_there_is_no_feature_where_no_dimension_reaches(catalog_file):
    cell, sample, _ = given(catalog_file, planted(0))
    contest = Contest.of(cell.signs, sample.categories[0].pool)
    assert np.isnan(strongest.registered(contest, sample.categories[0].anchors, 0.9)).all()
    cell, sample, _ = given(catalog_file, planted(3))
    contest = Contest.of(cell.signs, sample.categories[0].pool)
    assert (strongest.registered(contest, sample.categories[0].anchors, 0.75) > 0.9).all()


def test_what_stands_beside_the_probe(catalog_file, request):
    """The same where each category is probed in a process of its own."""
    cell, sample, passes = given(catalog_file, planted(1.5))
    few = dataclasses.replace(sample, categories=sample.categories[:3])
    found = from_probes._measure(few, passes, silent)
    request.getfixturevalue("several")
    for here, there in zip(found, from_probes._measure(few, passes, silent), strict=True):
        np.testing.assert_array_equal(here, there)
    row = from_probes._probe_row(cell, *found)
    assert row.controls["prototype AUC"] > 0.9
    assert row.controls["sign agreement of weights"] > 0.9


def test_neighbours_without_the_model_are_at_most_partly(catalog_file):
    cell, sample, _ = given(catalog_file, planted(3))
    assert from_search.nearest_row(cell, sample, None, silent).verdict == "partly"


def test_a_site_without_keys_and_values_says_so(catalog_file):
    row = keys_values_row(*given(catalog_file, planted(1)))
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
    assert [row.claim.key for row in rows] == [*CLAIMS, *SENSES]
    tested = {row.claim.key for row in rows if row.verdict != "cannot be tested"}
    assert {"sign_only_top5", "hamming_32", "independence", "context", "cost"} <= tested
    assert "prototype_auc" not in tested and "hamming_4096" not in tested
    after = model.module.state_dict()
    assert all(torch.equal(value, after[key]) for key, value in before.items())
    alone = table.rows(Catalog(path), None, silent, **folders)
    assert [row.claim.key for row in alone] == [*CLAIMS, *SENSES]
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
        if stage.startswith("initialised weights"):
            raise Cancelled

    with pytest.raises(Cancelled):
        table.rows(Catalog(path), model, cancel, **folders)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())
