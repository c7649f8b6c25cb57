"""`dims site`: data of a site are what the queries say, safe to load, and nothing leaks."""

import base64
import gzip
import json
import re
import shutil
import zipfile

import pytest

from catalog.browse import describe, examples
from catalog.comparing import cached_pairs, sides
from catalog.sharing import leaves, site, site_dimensions
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog
from tests.given import feature_catalog, synthetic
from tests.sharing.conftest import everything

DATA = re.compile(r'dims\("([a-z0-9/-]+)",\n"([A-Za-z0-9+/=]+)"\n\)\n')


def data(out, name):
    """A data file as a page reads it over http."""
    found = DATA.fullmatch((out / f"{name}.js").read_bytes().decode())
    assert found and found.group(1) == name
    return json.loads(gzip.decompress(base64.b64decode(found.group(2))))


@pytest.fixture
def written(measured, tmp_path, dims):
    told = dims("site", "measured", "--out", tmp_path / "site", "--json").json
    assert told["catalogs"] == ["measured"] and told["comparisons"] == 0
    return tmp_path / "site"


def test_every_data_file_is_one_call_with_a_string_that_no_text_can_leave(written):
    names = {path.name for path in written.glob("*.js")} - set(site.ASSETS)
    files = [written / name for name in names] + list(written.glob("c0/**/*.js"))
    assert len(files) > 15
    for path in files:
        data(written, path.relative_to(written).with_suffix("").as_posix())


def test_dimensions_are_those_of_the_catalog(written, measured):
    table = data(written, "c0/dims-1")
    rows = measured.fetch(queries.scatter("resid.1", "zero"))
    assert table["dimension"] == rows["dimension"].tolist()
    assert table["mean"] == pytest.approx(rows["mean"].tolist(), rel=1e-3)
    chunk = data(written, "c0/dim-1-0")
    one = chunk["dimensions"][7]
    known = describe.dimension(measured, "resid.1", 7)
    row = measured.fetch(queries.dimension("resid.1", "zero", 7)).iloc[0]
    assert one["histogram"] == list(row["histogram"])
    for pole in ("positive", "negative", "near"):
        items, places, values = one[pole]
        assert items == [item["item"] for item in known["poles"][pole]]
        assert [chunk["texts"][place] for place in places] == [
            leaves.shown(item["text"]) for item in known["poles"][pole]
        ]
        assert values == pytest.approx([item["value"] for item in known["poles"][pole]], rel=1e-2)
    readers = measured.fetch(feature_queries.readers("resid.1", 7, "zero", "matched"))
    assert [row[0] for row in one["readers"]] == readers["category"].tolist()[:12]


def test_features_are_those_of_the_catalog(written, measured):
    features = data(written, "c0/features")
    rows = measured.fetch(feature_queries.features("zero", "matched"))
    for row in rows.itertuples():
        n, m = features["categories"].index(row.category), features["sites"].index(row.site)
        assert features["auc"][n][m] == pytest.approx(row.auc, abs=1e-3)
    assert "few" in [row[0] for row in features["skipped"]]
    one = data(written, f"c0/feature/{features['categories'].index('planted')}")
    stored = measured.fetch(feature_queries.prototype("planted", "resid.1", "zero", "matched"))
    there = next(row for row in one["sites"] if row["site"] == "resid.1")
    assert dict(zip(there["dimensions"], there["signs"], strict=True)) == dict(
        zip(stored["dimension"], stored["sign"], strict=True)
    )
    assert one["top"][0][2] >= one["top"][-1][2] and any(row[3] for row in one["top"])


def test_items_say_where_they_stand_at_a_pole(written, measured):
    words = data(written, "c0/words")
    assert words[1] == synthetic.HOSTILE[1] and len(words) == 1800
    poles = measured.fetch(queries.poles("resid.1", 3))
    number = int(poles.loc[(poles["pole"] == "positive") & (poles["rank"] == 1), "item"].iloc[0])
    extremes, _ = data(written, f"c0/items-{number // site.ITEMS}")[number % site.ITEMS]
    assert [1, 3, 1] in [extremes[n : n + 3] for n in range(0, len(extremes), 3)]


def test_the_catalog_file_lies_in_it_unless_it_is_left_out(written, measured, tmp_path, dims):
    with zipfile.ZipFile(written / "c0" / "measured.duckdb.zip") as packed:
        assert packed.namelist() == ["measured.duckdb"]
        assert packed.read("measured.duckdb") == measured.path.read_bytes()
    told = data(written, "site")["catalogs"][0]
    assert told["file"] == "c0/measured.duckdb.zip" and told["bytes"] == measured.stamp.size
    assert told["packed"] == (written / told["file"]).stat().st_size
    dims("site", "measured", "--out", tmp_path / "less", "--no-file")
    assert not list((tmp_path / "less").rglob("*.duckdb*"))
    assert data(tmp_path / "less", "site")["catalogs"][0]["file"] is None


def test_the_page_has_a_strict_policy_and_no_script_of_its_own(written):
    page = (written / "index.html").read_text()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page).group(1)
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy and "http" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    for path in written.glob("*.js"):
        text = path.read_text()
        for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert risky not in text, (path.name, risky)


def test_only_public_labels_stand_in_it(measured, tmp_path, dims, people):
    told = dims("site", "measured", "--out", tmp_path / "site", "--no-file")
    held = everything(tmp_path / "site")
    assert b"<b>plain</b>" in held and b"secret" not in held
    assert b"ada hidden" not in held and b"quincy" not in held
    shown = data(tmp_path / "site", "c0/catalog")["labels"]
    assert sorted(one["text"] for one in shown) == ["<b>plain</b>", "=ada's label"]
    assert "2 public labels" in told.out and "1 labels stayed" in told.out


def test_examples_of_tokens_in_context(in_context, tmp_path):
    site.write([in_context], tmp_path / "site", with_files=False)
    chunk = data(tmp_path / "site", "c0/dim-2-0")
    told = chunk["dimensions"][9]["examples"]
    parts = [row[0] for row in told["rows"]]
    assert parts.count("positive") == parts.count("negative") == site_dimensions.WINDOWS["positive"]
    assert {f"band {n}" for n in range(1, 6)} <= set(parts)
    known = examples.windows(in_context, "resid.2", 9)
    for part, value, document, at, tokens, codes in told["rows"]:
        assert len(tokens) == len(codes) > at and chunk["texts"][document]
        same = [one for one in known if one.part == part]
        near = min(same, key=lambda one: abs(one.value - value))
        assert value == pytest.approx(near.value, rel=1e-2)
        assert [chunk["texts"][token] for token in tokens][at] == leaves.shown(near.tokens[near.at])
        tint = told["low"] + told["step"] * int(codes[at], 16)
        assert abs(near.values[near.at] - tint) <= told["step"]
    assert len(chunk["dimensions"][9]["positive"][0]) == site_dimensions.WITHIN


def test_comparisons_that_were_computed_stand_in_it(measured, tmp_path, dims):
    other = measured.path.with_name("other.duckdb")
    shutil.copy(measured.path, other)
    a, b = sides.settled(measured, Catalog(other), "resid.1", "resid.1")
    expected = cached_pairs.matches(a, b, None, draws=20)
    told = dims("site", "measured", "other", "--out", tmp_path / "site", "--json").json
    assert told["comparisons"] == 2  # the same signs on both sides: either way round
    known = data(tmp_path / "site", "compare-0")
    assert (known["a"], known["b"]) == ({"slug": "measured", "site": "resid.1"},
                                        {"slug": "other", "site": "resid.1"})  # fmt: skip
    assert known["categories"] is None and known["matches"]["verdict"]
    rows = expected.tables["pairs"]
    assert [row[:2] for row in known["matches"]["rows"]] == rows[["a", "b"]].to_numpy().tolist()


@pytest.mark.model
def test_pictures_of_items(media_files, monkeypatch, tmp_path, dims):
    monkeypatch.setenv("DIMS_DATA", str(media_files))
    told = dims("site", "digits", "sounds", "--out", tmp_path / "site", "--json").json
    assert told["catalogs"] == ["digits", "sounds"]
    for place in ("c0", "c1"):
        words = data(tmp_path / "site", f"{place}/words")
        pictures = list((tmp_path / "site" / place / "media").glob("*.webp"))
        assert len(pictures) == len(words) > 100
        assert pictures[0].read_bytes()[:4] == b"RIFF"
        rows = data(tmp_path / "site", f"{place}/dims-1")  # tables show pictures, not file names
        poles = data(tmp_path / "site", f"{place}/dim-1-0")["dimensions"][3]
        for pole, shown in zip(("positive", "negative"), rows["pictures"], strict=True):
            assert len(shown) == len(rows["dimension"])
            assert shown[3] and shown[3] == poles[pole][0][: len(shown[3])]


BAD = {
    "not empty": (["measured"], "full", "is not empty: name another, or empty it"),
    "a file": (["measured"], "file", "is a file: name a folder"),
    "twice": (["measured", "measured"], "out", "each once"),
    "unknown": (["nope"], "out", "There is no catalog 'nope'"),
}


@pytest.mark.parametrize(("names", "out", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence(measured, tmp_path, dims, names, out, sentence):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    (tmp_path / "file").write_text("precious")
    found = dims("site", *names, "--out", tmp_path / out)
    assert found.code == 1 and sentence in found.sentence
    assert (tmp_path / "full" / "mine.txt").read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == [
        "file", "full",
    ]  # fmt: skip


def test_it_is_written_again_with_force(written, measured, dims, tmp_path):
    (written / "c0" / "stale.js").write_text("old")
    assert dims("site", "measured", "--out", written).code == 1
    assert dims("site", "measured", "--out", written, "--force").code == 0
    assert not (written / "c0" / "stale.js").exists()


def test_a_full_disk_leaves_nothing_behind(measured, tmp_path, dims, no_room):
    found = dims("site", "measured", "--out", tmp_path / "site")
    assert found.code == 1 and "The disk is full" in found.sentence
    assert not list(tmp_path.glob("*site*")) and not list(tmp_path.glob(".*"))


def test_a_name_that_breaks_out_of_a_script_cannot(tmp_path):
    hostile = "\u2028</script><!-- \"')]\\u2029\x00" + feature_catalog.HOSTILE
    leaves.write(tmp_path, "x", {hostile: hostile})
    assert data(tmp_path, "x") == {hostile: hostile}
