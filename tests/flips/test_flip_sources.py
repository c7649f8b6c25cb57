"""What can be flipped, and further edits beside it, on a tiny catalog with findings."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.errors import CatalogError, NotInCatalog, SettingRefused
from catalog.flips import extra_edits, setup
from catalog.flips import run as flips
from catalog.flips import source as flip_features
from catalog.flips.source import Source
from catalog.model import loading
from catalog.model.token_machine import Machine
from catalog.store import feature_queries, flip_queries, reading
from catalog.store.catalog import Catalog
from tests.flips.given import TEXT, asked
from tests.given.commands import run


@pytest.mark.parametrize(
    "text, expected",
    [("12+,40-", [(12, 1), (40, -1)]), (" 3- ; 1+ ", [(3, -1), (1, 1)])],
)
def test_dimensions_are_read_as_written(text, expected):
    found = flip_features.dimensions(text)
    assert list(zip(found.dimensions.tolist(), found.signs.tolist(), strict=True)) == expected


@pytest.mark.parametrize("text", ["", "12", "x+", "1+,1-", "-3", "nan+"])
def test_dimensions_that_are_none_are_refused(text):
    with pytest.raises(SettingRefused):
        flip_features.dimensions(text)


def test_an_own_concept_is_read_on_words_that_did_not_make_it(catalog):
    items = reading.fetch(catalog, feature_queries.items())
    words = tuple(str(w) for w in items[items["word"].notna()]["word"].unique()[60:90])
    source = Source("concept", "mine", words)
    found = flip_features.feature(Catalog(catalog), source, "resid.1", "zero")
    feature = found.signed
    assert len(feature.dimensions) and set(found.tokens) < set(found.members)
    signs = Catalog(catalog).signs("resid.1", "zero")
    anchors = np.setdiff1d(found.members, found.tokens)
    shares = signs.bits(anchors).mean(0)[feature.dimensions]
    strongest = feature.signs * (shares - 0.5)
    assert (strongest[:5] > 0).all()
    with pytest.raises(NotInCatalog, match="at least four"):
        flip_features.signed(Catalog(catalog), Source("concept", "x", ("zzzz",)), "resid.1", "zero")


def test_dimensions_picked_by_hand_run_from_the_command(catalog, tmp_path):
    (tmp_path / "prompts.txt").write_text(TEXT)
    more = ["--site", "resid.1", "--prompts", tmp_path / "prompts.txt", "--json"]
    known = run("flip", catalog, "--feature", "1+,2-,5+,9-,11+", "--read", "second", *more).json
    assert known["kind"] == "dimensions" and known["dimensions"] == 5
    assert known["verdict"] == "cannot be tested" and "4 prompts" in known["reason"]
    refused = run("flip", catalog, "--feature", "1+,99-", *more)
    assert refused.code == 1 and "no dimension 99" in refused.sentence


def test_further_edits_are_read_alone_and_together(catalog, llama):
    edits = "resid.2 zero second; resid.1 scale 1+,2- x0.5"
    extra = extra_edits.parse(Catalog(catalog), edits)
    assert [str(edit.site) for edit in extra] == ["resid.2", "resid.1"]
    machine = Machine(loading.load(str(llama), device="cpu"))
    made = setup.setup(Catalog(catalog), asked(edits=edits))
    assert made.extra == extra
    found = flips.run(machine, made)
    alone = flips.run(machine, replace(made, extra=()))
    np.testing.assert_allclose(found.effects["away"], alone.effects["away"], atol=1e-4)
    assert {"edits", "together"} <= found.effects.keys()
    assert np.abs(found.effects["edits"]).max() > 1e-4
    assert not np.allclose(found.effects["together"], found.effects["away"])


@pytest.mark.parametrize(
    "kind, expected", [("clamp", ["q95", "q05"]), ("add", ["std", "std"])], ids=["clamp", "add"]
)
def test_clamp_and_add_take_the_poles_own_numbers(catalog, kind, expected):
    (edit,) = extra_edits.parse(Catalog(catalog), f"resid.1 {kind} 3+,4-")
    spread = reading.fetch(catalog, flip_queries.spread("resid.1"))
    wanted = [spread[column][d] for column, d in zip(expected, (3, 4), strict=True)]
    wanted[1] *= -1 if kind == "add" else 1
    np.testing.assert_allclose(edit.values, wanted)


@pytest.mark.parametrize(
    "text, said",
    [
        ("resid.1 sing first", "is no edit"),
        ("resid.1 zero", "is no edit"),
        ("resid.9 zero first", "no site"),
        ("resid.1 zero nothing", "no feature"),
        ("resid.1 zero 99+", "no dimension 99"),
        ("resid.1 zero first xnan", "is a number"),
        ("resid.1 zero first\n" * 13, "at most 12"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(catalog, text, said):
    with pytest.raises(CatalogError, match=said):
        extra_edits.parse(Catalog(catalog), text)
