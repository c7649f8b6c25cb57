"""Evidence rows of flips, from runs made up with known effects: planted, absent, unspecific."""

import numpy as np
import pytest

from catalog.evidence import from_flips
from catalog.flips import report, table
from catalog.flips import run as flips
from catalog.flips.controls import Signed
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
NONE = {"away": 0.0, "toward": 0.0, "disjoint": 0.0, "random": 0.0, "noise": 0.0, "direct": 0.0}


def run(name, site, levels, scale=1.0, tokens=24, seed=0):
    """A run whose effects have these means and a spread of 0.2."""
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
    flat = {n: np.zeros(len(PROMPTS)) for n in levels}
    return flips.Flips(
        setup,
        tuple(levels),
        effects,
        {n: np.zeros((len(PROMPTS), 1)) for n in levels},
        {"log_odds": flat, "kl": flat},
        {n: np.ones((len(PROMPTS), 3)) for n in levels},
    )


def measured(levels_by_site, single=None, tokens=24):
    made = Measured("resid.1")
    for number in range(10):
        for site, levels in zip(SITES, levels_by_site, strict=True):
            found = run(f"c{number}", site, {**NONE, **levels}, tokens=tokens, seed=number)
            summary = report.summarize(found, draws=300)
            judged = summary.judged
            made.entries.append(
                Entry(
                    f"c{number}", site, 1.0, found, summary, judged.verdict, judged.reason, judged.p
                )
            )
        levels = {"away": 0.0, "noise": 0.0} | (single or {})
        made.single.append(run(f"c{number}", "resid.1", levels, seed=number))
    table._family(made)
    return made


def verdicts(made):
    return {row.claim.key: row for row in from_flips.from_measured("cell", made)}


def test_planted_flips_get_their_verdicts():
    strong = {"away": -6.0, "toward": 3.0}
    rows = verdicts(measured([{}, strong, strong]))
    assert rows["flips_away"].verdict == "holds"
    assert rows["flips_away"].figure.value == pytest.approx(6, abs=0.1)
    assert rows["flips_toward"].verdict == "does not hold"  # the claim is that nothing rises
    assert rows["flips_late"].verdict == "holds"
    assert rows["flips_late"].figure.value == pytest.approx(6, abs=0.1)
    assert rows["flips_single"].verdict == "holds"
    assert rows["flips_share"].figure.value == pytest.approx(2 / 3)
    assert rows["flips_share"].controls["share at resid.0"] == 0
    assert rows["flips_share"].controls["random signs by the same rule"] < 0.2
    assert rows["flips_away"].curves["away"] == pytest.approx([0, -6, -6], abs=0.1)


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


def test_a_late_fall_that_the_direct_path_makes_is_only_partly():
    late = {"away": -2.0, "direct": -2.0}
    rows = verdicts(measured([{}, {}, late]))
    assert rows["flips_late"].verdict == "partly"


def test_a_single_dimension_that_acts_contradicts_the_paper():
    rows = verdicts(measured([{}] * 3, single={"away": -1.0}))
    assert rows["flips_single"].verdict != "holds"


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
    made.entries.append(Entry("c0", "resid.1", 2.0, None, None, "cannot be tested", "No.", np.nan))
    store.write(path, table.tables(made))
    runs = reading.fetch(path, flip_queries.runs())
    effects = reading.fetch(path, flip_queries.effects())
    assert len(runs) == 31 and runs["q"].notna().sum() == 30
    assert set(effects["condition"]) == set(NONE)
    own = effects[(effects["category"] == "c3") & (effects["condition"] == "away")]
    entry = next(one for one in made.entries if (one.category, one.site) == ("c3", "resid.2"))
    stored = own[own["site"] == "resid.2"]["effect"].item()
    assert stored == pytest.approx(entry.summary.effects["away"].value)
