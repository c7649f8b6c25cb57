"""Evidence rows of flips, from runs made up with known effects: planted, absent, unspecific."""

import numpy as np
import pytest

from catalog.evidence import from_flips
from catalog.flips import chance, report, table
from catalog.flips import run as flips
from catalog.flips.controls import Signed
from catalog.flips.measuring import One
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Vocabulary
from catalog.flips.table import Entry, Measured
from catalog.sites import Site
from catalog.store import flip_queries, reading
from catalog.store import replacing as store
from tests.given import synthetic

SITES = ("resid.0", "resid.1", "resid.2")
PROMPTS = tuple(
    Prompt(f"p{n}", f"s{n // 2}", "neutral" if n < 16 else "eliciting") for n in range(32)
)
NONE = dict.fromkeys(("away", "toward", "disjoint", "largest", "random", "noise", "direct"), 0.0)


def run(name, site, levels, scale=1.0, tokens=24, seed=0, spread=0.05):
    """A run whose effects have these means and a spread of 0.2.

    Random features differ by `spread` among themselves, about the mean of `random`.
    """
    generator = np.random.default_rng([seed, int(site[-1])])
    setup = flips.Setup(
        name=name,
        site=Site.parse(site),
        threshold="zero",
        feature=Signed(np.arange(8), np.ones(8, int)),
        cut=np.zeros(16),
        readout=Vocabulary(
            np.arange(tokens), np.zeros((tokens, 2), int), np.arange(tokens), ("o",)
        ),
        prompts=PROMPTS,
        scale=scale,
    )
    shape = (len(PROMPTS), tokens)
    effects = {n: level + generator.normal(0, 0.2, shape) for n, level in levels.items()}
    features = np.zeros((0, *shape))
    if "random" in levels:
        own = levels["random"] + spread * generator.normal(size=(100, 1, 1))
        features = own + generator.normal(0, 0.2, (100, *shape))
        effects["random"] = features.mean(axis=0)
    flat = {n: np.full(len(PROMPTS), levels[n] - 0.5) for n in levels}
    return flips.Flips(
        setup,
        tuple(levels),
        effects,
        {n: np.zeros((len(PROMPTS), 1)) for n in levels},
        {"log_odds": flat, "kl": flat, "raw_logits": flat, "centred_logits": flat},
        {n: np.ones((len(PROMPTS), 3)) for n in levels},
        {n: np.ones(3) for n in levels},
        features,
    )


def entry(name, site, found):
    return Entry.of(name, One(site, found.setup.scale, found, report.summarize(found, draws=300)))


def measured(levels_by_site, single=None, tokens=24, **more):
    made = Measured("resid.1")
    for number in range(10):
        for site, levels in zip(SITES, levels_by_site, strict=True):
            name = f"c{number}"
            found = run(name, site, {**NONE, **levels}, tokens=tokens, seed=number, **more)
            made.entries.append(entry(name, site, found))
        levels = {"away": 0.0, "noise": 0.0} | (single or {})
        made.single.append(run(f"c{number}", "resid.1", levels, seed=number))
    table.settle(None, made)
    return made


def verdicts(made):
    return {row.claim.key: row for row in from_flips.from_measured("cell", made)}


def test_planted_flips_get_their_verdicts():
    strong = {"away": -6.0, "toward": 3.0, "largest": -7.0}
    rows = verdicts(measured([{}, strong, strong]))
    assert rows["flips_away"].verdict == "holds"
    assert rows["flips_away"].figure.value == pytest.approx(6, abs=0.1)
    assert rows["flips_away"].strongest in from_flips.CONTROLS  # largest is shown, not judged
    controls = rows["flips_away"].controls
    assert controls["dimensions of largest |x|"] == pytest.approx(7, abs=0.1)
    assert controls["raw logits (paper's procedure)"] == pytest.approx(6.5)
    assert controls["raw logits of random"] == pytest.approx(0.5)
    assert rows["flips_toward"].verdict == "does not hold"  # the claim is that nothing rises
    assert rows["flips_late"].verdict == "holds"
    assert rows["flips_late"].figure.value == pytest.approx(6, abs=0.1)
    assert rows["flips_single"].verdict == "holds"
    assert rows["flips_share"].figure.value == pytest.approx(2 / 3)
    assert rows["flips_share"].controls["share at resid.0"] == 0
    assert rows["flips_share"].controls[from_flips.BY_CHANCE] <= 0.05
    assert rows["flips_away"].curves["away"] == pytest.approx([0, -6, -6], abs=0.1)


def test_reasons_say_what_was_compared_with_what():
    rows = verdicts(measured([{"away": -1.0, "toward": 1.0}] * 3))
    assert "compared with that by random features of the same size" in rows["flips_away"].reason
    assert "The rise by toward minus that by" in rows["flips_toward"].reason
    assert "minus that by noise of the same size" in rows["flips_single"].reason
    assert "random features in away's place" in rows["flips_share"].reason


@pytest.mark.parametrize(
    "rise, verdict",
    [(0.0, "holds"), (-0.8, "holds"), (0.1, "undecided"), (0.5, "does not hold")],
)
def test_that_toward_is_absent_is_tested_one_sided_within_a_margin(rise, verdict):
    row = verdicts(measured([{"away": -1.0, "toward": rise}] * 3))["flips_toward"]
    assert row.verdict == verdict and "margin of 0.1" in row.reason


def test_that_only_away_acts_needs_that_away_acts():
    row = verdicts(measured([{}] * 3))["flips_toward"]
    assert row.verdict == "partly" and "no further than random features" in row.reason


@pytest.mark.parametrize(
    "level, verdict",
    [(0.0, "holds"), (-0.1, "undecided"), (-0.5, "does not hold"), (0.5, "does not hold")],
)
def test_that_one_dimension_is_inert_is_tested_both_ways_within_a_margin(level, verdict):
    row = verdicts(measured([{}] * 3, single={"away": level}))["flips_single"]
    assert row.verdict == verdict and "margin of 0.1" in row.reason


def test_few_prompts_that_differ_much_leave_absence_undecided():
    made = measured([{}] * 3)
    generator = np.random.default_rng(1)
    for one in made.single:
        one.effects["away"] = one.effects["away"] + generator.normal(0, 2, (len(PROMPTS), 1))
    assert verdicts(made)["flips_single"].verdict == "undecided"


def test_a_smaller_fall_than_the_papers_is_partly():
    rows = verdicts(measured([{"away": -1.0, "toward": 1.0}] * 3))
    assert rows["flips_away"].verdict == "partly" and "falls short" in rows["flips_away"].reason
    assert rows["flips_late"].verdict == "does not hold"


def test_nothing_and_damage_alike_do_not_hold():
    rows = verdicts(measured([{}] * 3))
    assert rows["flips_away"].verdict == "does not hold"
    assert rows["flips_share"].verdict == "does not hold"
    damage = {"away": -1.0, "random": -1.0, "noise": -1.0, "disjoint": -1.0}
    rows = verdicts(measured([damage] * 3))
    assert rows["flips_away"].verdict == "does not hold"
    assert rows["flips_share"].figure.value == 0


def test_signs_set_either_way_that_damage_alike_suppress_nothing():
    rows = verdicts(measured([{"away": -6.0, "toward": -6.0}] * 3))
    assert rows["flips_away"].verdict == "partly"
    assert rows["flips_away"].strongest == "toward"
    assert rows["flips_share"].figure.value == 0


def test_a_late_fall_that_the_direct_path_makes_is_only_partly():
    late = {"away": -2.0, "direct": -2.0}
    rows = verdicts(measured([{}, {}, late]))
    assert rows["flips_late"].verdict == "partly"


def test_no_verdict_below_the_minimum_counts():
    made = measured([{"away": -5.0}] * 3, tokens=19)
    assert {one.verdict for one in made.entries} == {"cannot be tested"}
    assert "19 held-out tokens" in made.entries[0].reason


def test_a_verdict_survives_only_with_q_below_5_percent():
    made = measured([{}, {"away": -1.0}, {}])
    for one in made.entries:
        assert (one.verdict == "suppresses") <= (one.q < 0.05)
    assert {one.verdict for one in made.at("resid.1")} == {"suppresses"}


def test_the_tables_are_stored_and_read(tmp_path):
    path = synthetic.write(
        tmp_path / "a.duckdb", synthetic.Recipe(items=64, dims=8, sites=SITES, slug="a")
    )
    made = measured([{"away": -1.0}] * 3)
    made.entries.append(Entry("c0", "resid.1", 2.0, None, None, "cannot be tested", "No."))
    store.write(path, table.tables(made))
    runs = reading.fetch(path, flip_queries.runs())
    effects = reading.fetch(path, flip_queries.effects())
    assert len(runs) == 31 and runs["q"].notna().sum() == 30
    tried = runs[runs["random_features"].notna()]
    assert (tried["p"] == (1 + tried["reached"]) / (1 + tried["random_features"])).all()
    assert runs["random_features"].isna().sum() == 1 and (effects["raw_logits"] < 0).all()
    assert set(effects["condition"]) == set(NONE)
    own = effects[(effects["category"] == "c3") & (effects["condition"] == "away")]
    entry = next(one for one in made.entries if (one.category, one.site) == ("c3", "resid.2"))
    stored = own[own["site"] == "resid.2"]["effect"].item()
    assert stored == pytest.approx(entry.summary.effects["away"].value)


# The share of random features that pass


def test_random_features_take_aways_place_by_the_same_rule():
    """Of a family in which all else is strong: at most the share of ranks below the level."""
    made = measured([{"away": -1.0}] * 3, spread=0.3)
    found = made.entries[4].found
    passing = chance.suppressing(found)
    means = found.features.mean(axis=(1, 2))
    assert 0 < len(passing) <= 4 and set(passing) <= set(np.argsort(means)[:4].tolist())
    shares = chance.shares(made)
    assert len(shares) == 30 and 0.01 < shares.mean() <= 0.05
    alone = measured([{}] * 3, spread=0.3)  # nothing else passes: one in a hundred is not enough
    assert chance.shares(alone).max() == 0


def test_runs_that_ended_early_have_the_share_of_the_others():
    made = measured([{"away": -1.0}, {"away": -1.0}, {}], spread=0.3)
    whole = chance.shares(made)
    for one in made.entries:
        if one.site == "resid.2":
            one.found.features = one.found.features[:20]
    cut = chance.shares(made)
    ended = np.array([one.site == "resid.2" for one in made.entries])
    np.testing.assert_array_equal(cut[~ended], whole[~ended])
    np.testing.assert_allclose(cut[ended], whole[~ended].mean())


def test_a_lone_effect_gets_more_random_features_until_it_passes(monkeypatch):
    """One strong cell among thirty: 1/101 x 30 is no discovery, whatever its size."""
    asked = []

    def extended(_machine, found, number):
        asked.append((found.setup.name, str(found.setup.site)))
        more = np.random.default_rng(len(asked)).normal(0, 0.05, (number, len(PROMPTS), 24))
        features = np.concatenate([found.features, more])
        return flips.Flips(**{**vars(found), "features": features})

    monkeypatch.setattr(flips, "extended", extended)
    made = Measured("resid.1")
    for number in range(10):
        for site in SITES:
            strong = (number, site) == (3, "resid.1")
            levels = NONE | ({"away": -1.0} if strong else {})
            made.entries.append(
                entry(f"c{number}", site, run(f"c{number}", site, levels, seed=number))
            )
    table.settle(None, made)
    assert set(asked) == {("c3", "resid.1")}
    lone = next(one for one in made.entries if one.verdict == "suppresses")
    assert lone.category == "c3" and lone.q < 0.05
    assert lone.q == pytest.approx(30 / (1 + lone.found.rank.drawn))
