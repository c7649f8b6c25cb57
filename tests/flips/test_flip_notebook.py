"""Flips in a notebook: what is copied asks for the very run; nothing is held when it is over."""

import gc
import threading
import weakref
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from catalog.errors import NotInCatalog, SettingRefused
from catalog.flips import flip, setup
from catalog.flips.asked import Asked
from catalog.flips.prompts import Prompt, own
from catalog.flips.source import Source
from catalog.model import opening
from catalog.notebook import flip_calls, flip_sweeps, flips
from catalog.notebook.opening import open as open_catalog
from catalog.store import catalog as store
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common.answers import Here
from dashboard.flips import frames
from tests.given import copied

SITE = "resid.1"
OWN = ("The cat sat and", "We walk, she walked, they", "A city, two cities, one")
FIRST = Asked(Source("category", "first"), SITE, threshold="zero", each=2)


@pytest.fixture
def c(catalog, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(catalog.parents[1]))
    return open_catalog(catalog)


@pytest.fixture
def words(c):
    """Thirty words of a concept of one's own."""
    items = c.fetch(feature_queries.items())
    return tuple(str(one) for one in items[items["word"].notna()]["word"].unique()[60:90])


# Nothing is held


@pytest.fixture
def modules(monkeypatch):
    """Every model that is loaded from now on, held weakly."""
    found = []
    load = opening.load

    def noting(key):
        model = load(key)
        found.append(weakref.ref(model.module))
        return model

    monkeypatch.setattr(opening, "load", noting)
    return found


def test_calls_leave_no_thread_and_no_model_behind(c, modules):
    threads = threading.active_count()
    made = c.flip("first", SITE, prompts=OWN)
    c.repeat(made.as_saved())
    made.sweep("scale")
    flip.measured(c, replace(FIRST, prompts=tuple(own("The cat"))))
    c.ablate("first", "resid.2", neurons=4)
    with pytest.raises(SettingRefused):
        c.flip("first", SITE, prompts=OWN, positions="99")
    gc.collect()
    assert len(modules) == 6 and [one() for one in modules] == [None] * 6
    assert threading.active_count() == threads


def test_a_machine_lives_as_long_as_it_is_held(c, modules):
    machine = flip.opened(c)
    assert modules[0]() is machine.model.module
    for _ in range(2):
        assert flips.run(machine, c, FIRST).name == "first"
    del machine
    gc.collect()
    assert len(modules) == 1 and modules[0]() is None


# What is copied


def variants():
    """Runs that differ from the usual in everything that can be asked."""
    more = {"positions": "-1", "scale": 1.5, "seed": 3, "dimensions": 5}
    edits = "resid.2 zero second\nresid.1 scale 1+,2- x0.5"
    given = tuple(own("\n".join(OWN)))
    tuples = (Prompt("The cat", "a", "neutral"), Prompt("A 'dog'", "a", "eliciting"), given[0])
    yield "shipped", FIRST
    yield "own prompts and everything else", replace(FIRST, prompts=given, edits=edits, **more)
    yield "prompts of one source", replace(FIRST, prompts=tuples, positions="last")
    read = Source("dimensions", "1+,2-,5+,9-,11+", read="second")
    yield "dimensions by hand", replace(FIRST, source=read, site="resid.2", prompts=given)


@pytest.mark.parametrize(
    "asked", [one for _, one in variants()], ids=[name for name, _ in variants()]
)
def test_what_is_copied_is_the_very_run(c, asked):
    made = flips.run(flip.opened(c), c, asked)
    answers = [frames.conditions(made), frames.others(made), frames.top(made, 1)]
    if made.summary.by_kind:
        answers.append(frames.by_kind(made))
    for answer in answers:
        copied.same(answer, c.path)
    again = copied.outcome(answers[0].copy.removesuffix(".frame()") + ".as_dict()")
    assert again == made.as_dict()


def test_concepts_and_discovered_features_are_copied_as_such(c, words):
    kept = c.fetch(feature_queries.discovered(SITE, "zero"))
    for source in (
        Source("concept", "mine '*'", words, read="second"),
        Source("discovered", str(kept["name"][0])),
    ):
        asked = Asked(source, SITE, tuple(own(OWN[0])), threshold="zero", dimensions=5)
        assert flip_calls.asked(*_arguments(flip_calls.call(asked))) == asked
    mine = flips.run(flip.opened(c), c, replace(FIRST, source=Source("concept", "mine", words)))
    copied.same(frames.conditions(mine), c.path)


def _arguments(call):
    """What a call gives `flip_calls.asked`."""

    class Open:
        def flip(self, feature, site, prompts=None, **settings):
            return feature, site, prompts, settings

    return eval(call, {"c": Open()})


@pytest.mark.parametrize("kind", flip_sweeps.KINDS)
def test_a_sweep_is_copied_whole(c, kind):
    asked = replace(FIRST, prompts=tuple(own("\n".join(OWN))), seed=2)
    made = flip_sweeps.swept(flip.opened(c), c, asked, kind)
    every = [point.at for point in made.points]
    assert sorted([*made.frame()["at"].unique(), *made.refused()["at"]]) == sorted(every)
    copied.same(frames.sweep(made), c.path)


@pytest.mark.parametrize("which", ["pictured", "worded"])
def test_items_are_copied_by_number(which, request, monkeypatch):
    path, model = request.getfixturevalue(which)
    monkeypatch.setenv("DIMS_DATA", str(path.parents[1]))
    name = {"pictured": "class 1", "worded": "first"}[which]
    c = open_catalog(path)
    source = Source("category", name)
    size = 5 if which == "worded" else None
    usual = Asked(source, SITE, each=3, threshold="zero", dimensions=size, seed=4)
    for asked in (replace(usual, prompts=tuple(own("#3\n#70")), each=16, seed=1), usual):
        made = flips.run(flip.machine(model, c), c, asked)
        for answer in (frames.conditions(made), frames.others(made), frames.top(made, 0)):
            copied.same(answer, path)
    if which == "worded":
        copied.same(frames.by_site(made), path)


def test_the_page_asks_for_what_was_typed(c):
    here = Here(c, SITE, "zero")
    assert frames.given("32 + 32") == (None, 32)
    prompts, each = frames.given("The cat\n\nA dog")
    asked = Asked(FIRST.source, SITE, prompts, each, "zero")
    assert frames.wanted(here, asked).asked.prompts == (
        Prompt("The cat", "line 1"),
        Prompt("A dog", "line 3"),
    )
    assert flip_calls.asked(*_arguments(flip_calls.call(asked))) == asked
    with pytest.raises(SettingRefused, match="empty"):
        frames.given(" ")


# Answers


def test_an_answer_is_frames_a_figure_and_a_table(c):
    made = c.flip("first", SITE, prompts=OWN, threshold="zero")
    frame = made.frame()
    assert list(frame["condition"]) == ["away", "toward", "largest", "random", "noise", "direct"]
    features = made.features()
    assert len(features) == 100 and features["effect"].is_monotonic_increasing
    assert features["reaches"].sum() == made.summary.judged.rank.reached
    known = made.as_dict()
    for row in frame.itertuples():
        one = known["conditions"][row.condition]
        assert (row.effect, row.low, row.high) == (one["mean"], one["low"], one["high"])
        assert row.changed == pytest.approx(one["changed"])
    gap = frame.set_index("condition").loc["random", "away_minus"]
    assert gap == pytest.approx(known["differences"]["random"]["value"])
    assert made.plot().startswith("<svg") and made.sentence in made._repr_html_().replace(
        "&#x27;", "'"
    )
    assert (made.verdict, made.reason) == (known["verdict"], known["reason"])
    assert made.others()["this"].sum() == 1 and made.by_kind().empty and made.by_site().empty
    top = made.top(0)
    assert top["p"].is_monotonic_decreasing and set(top) == {"item", "text", "member", "p", "then"}
    pd.testing.assert_series_equal(
        made.top(0, after=True)["p"].sort_values(ascending=False), made.top(0, after=True)["p"]
    )
    with pytest.raises(SettingRefused, match="prompts 0 to 2"):
        made.top(3)
    beside = made.beside(made)
    assert (beside["b_minus_a"] == 0).all() and list(beside["condition"]) == list(
        frame["condition"]
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"feature": "nothing"}, "no feature"),
        ({"kind": "sing"}, "'sing' is no feature"),
        ({"words": ["zzzz"]}, "at least four"),
        ({"edits": "resid.1 sing first"}, "is no edit"),
        ({"dimensions": 0}, "at least one dimension"),
        ({"site": "k.1"}, "no site"),
        ({"site": "final"}, "residual site"),
        ({"prompts": []}, "prompt is empty"),
    ],
)
def test_bad_input_gets_one_sentence(c, given, said):
    asked = {"feature": "first", "site": SITE, "prompts": OWN, **given}
    with pytest.raises((SettingRefused, NotInCatalog), match=said):
        c.flip(asked.pop("feature"), asked.pop("site"), **asked)


def test_an_unknown_sweep_is_refused(c):
    with pytest.raises(SettingRefused, match="by layer, dimensions, scale, not by 'colour'"):
        c.flip("first", SITE, prompts=OWN).sweep("colour")


# Nothing is read or derived twice


@pytest.fixture
def reads(monkeypatch):
    """Every query from now on."""
    found = []
    fetch = Catalog.fetch

    def noting(self, query):
        found.append(query)
        return fetch(self, query)

    monkeypatch.setattr(Catalog, "fetch", noting)
    return found


@pytest.mark.parametrize("which", ["catalog", "pictured", "worded"])
def test_a_setup_reads_nothing_twice(which, request, reads):
    given = request.getfixturevalue(which)
    path, model = (given, None) if which == "catalog" else given
    c, name = Catalog(path), "class 1" if which == "pictured" else "first"
    machine = None if model is None else flip.machine(model, c)
    asked = Asked(Source("category", name), SITE, edits=f"resid.1 away {name}; resid.1 toward 1+")
    reads.clear()
    store.facts.clear()
    made = setup.setup(c, asked) if machine is None else flip.setup(machine, c, asked)
    assert len(reads) == len(set(reads)) and len(made.feature.dimensions)
    for site in ("resid.0", "resid.2"):
        setup.at_site(c, made, site)
    assert len(reads) == len(set(reads))


def test_pools_are_drawn_once_for_all_sites(c, words, monkeypatch):
    from catalog.features.pools import Pools

    drawn = []
    pool = Pools.pool
    monkeypatch.setattr(
        Pools, "pool", lambda self, *given: drawn.append(given[0]) or pool(self, *given)
    )
    store.facts.clear()
    for source in (Source("category", "first"), Source("concept", "mine", words)):
        made = setup.setup(c, replace(FIRST, source=source))
        for site in ("resid.0", "resid.2", "resid.3"):
            assert len(setup.at_site(c, made, site).feature.dimensions)
    assert len(drawn) == 2


def test_another_sites_feature_is_that_sites_own(c):
    made = setup.setup(c, FIRST)
    moved = setup.at_site(c, made, "resid.2")
    direct = setup.setup(c, replace(FIRST, site="resid.2"))
    np.testing.assert_array_equal(
        np.sort(moved.feature.dimensions),
        np.sort(direct.feature.dimensions[: len(made.feature.dimensions)]),
    )
    assert moved.disjoint_names == direct.disjoint_names
