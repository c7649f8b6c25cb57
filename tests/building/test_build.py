"""A whole build of a tiny model, every number against plain NumPy on float64 states."""

import contextlib
import dataclasses
import os
import subprocess

import duckdb
import numpy as np
import pytest
import torch
import transformers
from sklearn.metrics import roc_auc_score

from catalog.browse import describe
from catalog.building import build
from catalog.errors import DiskFull, SettingRefused
from catalog.modalities import text
from catalog.model import chunk, loading, memory, stage, states, work
from catalog.signs import bits as signs
from catalog.store import assemble, file
from catalog.store.catalog import Catalog
from catalog.store.checkpoint import Checkpoint, locked
from tests.given import models

PILOT, BATCH = 128, 48
ITEMS = models.VOCABULARY


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(work, "PILOT_ITEMS", PILOT)


@pytest.fixture(scope="module")
def path(llama, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PILOT_ITEMS", PILOT)
        out = tmp_path_factory.mktemp("built")
        return build.build(build.Settings(str(llama), sites="k,v", batch_size=BATCH, out=out))


@pytest.fixture(scope="module")
def expected(llama):
    """{site: float64[items, dims]} by transformers alone, in batches of the build's size."""
    model = transformers.LlamaForCausalLM.from_pretrained(llama).eval()
    parts = []
    for start in range(0, ITEMS, BATCH):
        ids = np.arange(start, start + BATCH)[:, None]
        found = {site: values[:, -1] for site, values in models.states(model, ids).items()}
        with torch.inference_mode():
            cache = model(torch.from_numpy(ids), use_cache=True).past_key_values
        for layer, one in enumerate(cache.layers, 1):
            for kind, kept in (("k", one.keys), ("v", one.values)):
                found[f"{kind}.{layer}"] = kept.transpose(1, 2).flatten(2)[:, -1].double().numpy()
        parts.append(found)
    return {site: np.concatenate([part[site] for part in parts]) for site in parts[0]}


@pytest.fixture(scope="module")
def rows(path):
    """Query the built catalog: rows(sql, ...) -> pandas frame."""
    with file.open_readonly(path) as connection:
        yield lambda sql, *values: connection.execute(sql, values).df()


def pilot():
    return np.sort(np.random.default_rng(0).choice(ITEMS, PILOT, replace=False))


def cuts(states_):
    ordered = np.sort(states_[pilot()], axis=0)
    return {"zero": np.zeros(states_.shape[1]), "median": ordered[(PILOT - 1) // 2]}


def test_sites_are_those_of_the_model(rows, expected):
    sites = rows("SELECT * FROM site ORDER BY position")
    assert list(sites["site"]) == [
        *(f"resid.{n}" for n in range(4)), "final", "k.1", "k.2", "k.3", "v.1", "v.2", "v.3",
    ]  # fmt: skip
    for row in sites.itertuples():
        positive = (expected[row.site] > 0).mean(axis=0)
        assert row.dims == expected[row.site].shape[1]
        assert row.degenerate == ((positive < 0.01) | (positive > 0.99)).sum()


def test_chunks_follow_each_other(rows):
    chunks = rows("SELECT * FROM chunk ORDER BY chunk")
    assert list(chunks["items"]) == [128, 128, 128, 96]
    assert list(chunks["first_item"]) == [0, 128, 256, 384]
    assert set(chunks["batch_size"]) == {BATCH}


def test_signs_are_exact_in_both_orientations(rows, expected):
    for site, states_ in expected.items():
        for threshold, cut in cuts(states_).items():
            positive = states_ > cut
            kept = rows(
                "SELECT item, bits FROM signs_by_item WHERE site = ? AND threshold = ? "
                "ORDER BY item", site, threshold,
            )  # fmt: skip
            assert list(kept["item"]) == list(range(ITEMS))
            packed = np.stack([np.frombuffer(bits, np.uint8) for bits in kept["bits"]])
            np.testing.assert_array_equal(signs.unpack(packed, states_.shape[1]), positive)
        kept = rows(
            "SELECT threshold, bits FROM signs_by_dimension WHERE site = ? ORDER BY dimension", site
        )
        assert set(kept["threshold"]) == {"zero"}
        packed = np.stack([np.frombuffer(bits, np.uint8) for bits in kept["bits"]])
        np.testing.assert_array_equal(signs.unpack(packed, ITEMS), (states_ > 0).T)


def test_sign_statistics(rows, expected):
    for site, states_ in expected.items():
        for threshold, cut in cuts(states_).items():
            kept = rows(
                "SELECT * FROM dimension_sign WHERE site = ? AND threshold = ? ORDER BY dimension",
                site, threshold,
            )  # fmt: skip
            share = (states_ > cut).mean(axis=0)
            np.testing.assert_array_equal(kept["positives"], (states_ > cut).sum(axis=0))
            np.testing.assert_array_equal(kept["value"], cut.astype(np.float32))
            np.testing.assert_allclose(kept["share_positive"], share, rtol=1e-12)
            with np.errstate(divide="ignore", invalid="ignore"):
                entropy = -np.nansum([q * np.log2(q) for q in (share, 1 - share)], axis=0)
            np.testing.assert_allclose(kept["entropy_bits"], entropy, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_what_a_sign_tells_of_frequency_and_length(rows, expected, threshold):
    items = rows("SELECT text, kind, family, item FROM item ORDER BY item")
    words = items[(items["kind"] == "word") & (items["family"] == items["item"])]
    length = words["text"].str.strip("␣").str.len().to_numpy()
    first = np.arange(len(words)) < len(words) // 2
    for site, states_ in expected.items():
        kept = rows(
            "SELECT * FROM dimension_sign WHERE site = ? AND threshold = ? ORDER BY dimension",
            site, threshold,
        )  # fmt: skip
        signs_ = (states_ > cuts(states_)[threshold])[words["item"]]
        frequency = [roc_auc_score(first, sign) for sign in signs_.T]
        np.testing.assert_allclose(kept["frequency_auc"], frequency)
        apart = length != np.median(length)
        long = (length > np.median(length))[apart]
        np.testing.assert_allclose(
            kept["length_auc"], [roc_auc_score(long, sign) for sign in signs_[apart].T]
        )


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_stability_to_the_next_layer(rows, expected, threshold):
    for site, states_ in expected.items():
        kept = rows(
            "SELECT * FROM dimension_sign WHERE site = ? AND threshold = ? ORDER BY dimension",
            site, threshold,
        )  # fmt: skip
        kind, _, layer = site.partition(".")
        following = f"resid.{int(layer) + 1}" if kind == "resid" else ""
        if following not in expected:
            assert kept[["stability", "chance", "kappa"]].isna().all(axis=None), site
            continue
        here = states_ > cuts(states_)[threshold]
        there = expected[following] > cuts(expected[following])[threshold]
        same = (here == there).mean(axis=0)
        p, q = here.mean(axis=0), there.mean(axis=0)
        chance = p * q + (1 - p) * (1 - q)
        np.testing.assert_allclose(kept["stability"], same, rtol=1e-12)
        np.testing.assert_allclose(kept["chance"], chance, rtol=1e-12)
        np.testing.assert_allclose(kept["kappa"], (same - chance) / (1 - chance), rtol=1e-9)


def test_value_statistics(rows, expected):
    for site, states_ in expected.items():
        kept = rows("SELECT * FROM dimension WHERE site = ? ORDER BY dimension", site)
        np.testing.assert_allclose(kept["mean"], states_.mean(axis=0), rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(kept["std"], states_.std(axis=0), rtol=1e-9)
        np.testing.assert_allclose(kept["mean_abs"], np.abs(states_).mean(axis=0), rtol=1e-12)
        np.testing.assert_array_equal(kept["minimum"], states_.min(axis=0))
        np.testing.assert_array_equal(kept["maximum"], states_.max(axis=0))
        ordered = np.sort(states_[pilot()], axis=0)
        np.testing.assert_array_equal(kept["low"], ordered[int(0.001 * (PILOT - 1))])
        np.testing.assert_array_equal(kept["high"], ordered[-1])


def test_histograms_and_quantiles(rows, expected):
    for site, states_ in expected.items():
        kept = rows("SELECT * FROM dimension WHERE site = ? ORDER BY dimension", site)
        for row in kept.itertuples():
            values = states_[:, row.dimension]
            inner = np.linspace(row.low, row.high, 63)
            plain = np.histogram(values, [-np.inf, *inner, np.inf])[0]
            assert sum(row.histogram) == ITEMS
            # the bins are float32: a state on an edge may lie on its other side
            assert np.abs(np.cumsum(row.histogram - plain)).max() <= 1
            width = inner[1] - inner[0]
            for share in (0.05, 0.25, 0.5, 0.75, 0.95):
                exact = np.quantile(values, share, method="inverted_cdf")
                assert abs(getattr(row, f"q{int(share * 100):02d}") - exact) <= width * 1.01


def test_poles_are_exact(rows, expected):
    for site, states_ in expected.items():
        wide = states_.astype(np.float32)  # distances are those of float32, as in the model
        scores = {"positive": -wide, "negative": wide} | {
            f"near {name}": np.abs(wide - cut.astype(np.float32))
            for name, cut in cuts(states_).items()
        }
        kept = rows("SELECT * FROM pole WHERE site = ? ORDER BY dimension, rank", site)
        for pole, score in scores.items():
            count = 8 if pole.startswith("near") else 32
            order = np.argsort(score, axis=0, kind="stable")[:count].T
            found = kept[kept["pole"] == pole]
            np.testing.assert_array_equal(found["item"].to_numpy().reshape(-1, count), order)
            np.testing.assert_array_equal(
                found["value"].to_numpy().reshape(-1, count),
                np.take_along_axis(wide.T, order, axis=1),
            )
            assert (found["rank"].to_numpy().reshape(-1, count) == np.arange(1, count + 1)).all()


def test_items_and_identity(rows, llama):
    items = rows("SELECT * FROM item ORDER BY item")
    frame = text.make(models.tokenizer(), ITEMS, "bare").items
    assert items["token"].tolist() == frame["token"].tolist()
    known = rows("SELECT * FROM build").iloc[0]
    assert known["reading"] == "bare" and known["dtype"] == "float32"
    assert known["revision"] == f"weights-{known['weights_hash'][:12]}"
    assert known["pilot_items"] == PILOT and known["threads"] == torch.get_num_threads()
    assert list(known["thresholds"]) == ["zero", "median"]
    assert known["model"] == "tiny-llama" and known["architecture"] == "LlamaForCausalLM"


def make(llama, out, **options):
    return build.build(build.Settings(str(llama), **{"batch_size": BATCH, "out": out, **options}))


def test_layers_and_named_sites(llama, tmp_path):
    path = make(llama, tmp_path, layers="0,2", name="some")
    assert [s["site"] for s in describe.info(Catalog(path))["sites"]] == [
        "resid.0",
        "resid.2",
        "final",
    ]
    with file.open_readonly(path) as connection:
        kept = connection.execute(
            "SELECT site, count(*), count(stability) FROM dimension_sign GROUP BY ALL ORDER BY 1"
        ).fetchall()
    assert kept == [("final", 64, 0), ("resid.0", 64, 0), ("resid.2", 64, 0)]
    path = make(llama, tmp_path, sites="ffn.2,resid.1", thresholds=("median",), name="others")
    assert [s["site"] for s in describe.info(Catalog(path))["sites"]] == ["resid.1", "ffn.2"]
    with file.open_readonly(path) as connection:
        kept = connection.execute(
            "SELECT DISTINCT threshold FROM signs_by_dimension UNION ALL "
            "SELECT DISTINCT threshold FROM signs_by_item UNION ALL "
            "SELECT DISTINCT pole FROM pole WHERE pole LIKE 'near%'"
        ).fetchall()
    assert kept == [("median",), ("median",), ("near median",)]


def test_a_site_that_the_model_lacks_is_listed_or_refused(tmp_path, dims):
    folder = models.save("qwen3_5", tmp_path / "linear")
    refused = dims("build", folder, "--sites", "k.1")
    assert refused.code == 1 and "linear has no k.1" in refused.sentence
    assert "not softmax attention" in refused.sentence
    path = make(folder, tmp_path, sites="k,v")
    known = describe.info(Catalog(path))
    assert [a["site"] for a in known["absent"]] == ["k.1", "k.2", "v.1", "v.2"]
    assert all("not softmax attention" in a["reason"] for a in known["absent"])
    assert {"k.3", "v.3"} <= {s["site"] for s in known["sites"]}


def test_fewer_items_than_a_pole(llama, tmp_path, monkeypatch):
    whole = text.make
    monkeypatch.setattr(
        text, "make", lambda *a: dataclasses.replace(whole(*a), items=whole(*a).items[:5])
    )
    path = make(llama, tmp_path)
    with file.open_readonly(path) as connection:
        assert connection.execute(
            "SELECT max(rank), count(DISTINCT item) FROM pole"
        ).fetchall() == [(5, 5)]


def test_nan_weights_stop_the_build_naming_item_and_site(tmp_path, dims):
    config = models.ARCHITECTURES["llama"].config()
    broken = models.randomised(transformers.LlamaForCausalLM(config))
    with torch.no_grad():
        broken.model.layers[1].mlp.down_proj.weight[3, 5] = float("nan")
    found = dims("build", models.save_module(broken, tmp_path / "broken"))
    assert found.code == 1 and "NaN or infinite states at resid.2 for item 0 " in found.sentence
    assert "('<s>')" in found.sentence  # the first item of the trial of readings
    assert not list(tmp_path.glob("data/catalogs/*.duckdb"))


def test_the_same_build_is_refused_and_replaced_by_force_only(llama, tmp_path):
    first = make(llama, tmp_path)
    before = first.stat()
    with pytest.raises(SettingRefused, match=r"holds this very build already.*--force"):
        make(llama, tmp_path)
    assert make(llama, tmp_path, force=True) == first
    assert first.stat().st_ino != before.st_ino
    other = make(llama, tmp_path, seed=1, force=True)
    assert other != first and other.stem.startswith("tiny-llama-bare-float32-")
    assert describe.info(Catalog(first))["seed"] == 0 and describe.info(Catalog(other))["seed"] == 1
    assert describe.info(Catalog(other))["slug"] == other.stem
    with pytest.raises(SettingRefused, match="very build"):
        make(llama, tmp_path, seed=1)


def test_a_foreign_file_in_the_way_is_left_alone(llama, tmp_path):
    (tmp_path / "tiny-llama.duckdb").write_text("somebody's notes")
    assert make(llama, tmp_path, force=True).stem.startswith("tiny-llama-bare")
    assert (tmp_path / "tiny-llama.duckdb").read_text() == "somebody's notes"


def test_equal_builds_are_equal_and_other_settings_are_not(llama, tmp_path, path):
    def hash_of(name, **options):
        return describe.info(Catalog(make(llama, tmp_path / name, **options)))["content_hash"]

    assert hash_of("a", sites="k,v") == describe.info(Catalog(path))["content_hash"]
    assert hash_of("b", seed=3, sites="k,v") != describe.info(Catalog(path))["content_hash"]
    assert (
        hash_of("c", template="special", sites="k,v")
        != describe.info(Catalog(path))["content_hash"]
    )


def test_two_builds_at_once(llama, tmp_path, dims):
    plan = build.prepare(build.Settings(str(llama), out=tmp_path, batch_size=BATCH))
    assert plan.folder.parent == tmp_path and plan.folder.suffix == ".building"
    with locked(plan.folder):
        second = dims("build", llama, "--out", tmp_path, "--batch-size", BATCH)
    assert second.code == 1
    assert f"being built by process {os.getpid()} on" in second.sentence
    assert make(llama, tmp_path).is_file()  # the lock is free again


def test_a_disk_too_small_is_refused_before_work(llama, tmp_path, monkeypatch):
    usage = build.shutil.disk_usage(tmp_path)._replace(free=100_000)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _folder: usage)
    monkeypatch.setattr(stage, "run", lambda *_: pytest.fail("work began"))
    with pytest.raises(DiskFull, match=r"needs about .* MB in .*where 0 MB are free.*--out"):
        make(llama, tmp_path)


def test_the_estimated_size_is_near_the_real_one(llama, path):
    plan = build.prepare(build.Settings(str(llama), sites="k,v", out=path.parent / "estimate"))
    assert 0.5 < plan.bytes / path.stat().st_size < 2.5


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of `size` in memory; skips where this user may not mount one."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small file system is not permitted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("size", ["24k", "160k", "1000k"])
def test_a_disk_that_fills_up_on_the_way(llama, tmp_path, monkeypatch, path, size):
    usage = build.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(build.shutil, "disk_usage", lambda _folder: usage)
    with small_disk(tmp_path / "disk", size) as out:
        with pytest.raises(DiskFull, match="run the same command again: it goes on"):
            make(llama, out, sites="k,v")
        subprocess.run(["mount", "-o", "remount,size=64m", str(out)], check=True)
        built = make(llama, out, sites="k,v")
        assert (
            describe.info(Catalog(built))["content_hash"]
            == describe.info(Catalog(path))["content_hash"]
        )


@pytest.mark.parametrize("cause", ["chunk file", "pilot file", "database"])
def test_any_full_disk_error_is_a_sentence(llama, tmp_path, monkeypatch, cause):
    full = OSError(28, "No space left on device")

    def fail(*_args, **_kwargs):
        raise duckdb.IOException("Could not write: No space left") if cause == "database" else full

    target = {
        "chunk file": (Checkpoint, "_write"),
        "pilot file": (Checkpoint, "add_pilot"),
        "database": (file, "insert"),
    }[cause]
    monkeypatch.setattr(*target, fail)
    with pytest.raises(DiskFull, match="is full"):
        make(llama, tmp_path)


def test_a_folder_that_cannot_be_made_is_a_sentence(llama, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingRefused, match=r"cannot be written .*--out"):
        make(llama, tmp_path / "file" / "out")


def short_of_memory(monkeypatch, limit, after):
    """Forward passes above `limit` items fail once `after` batches are done."""
    whole, done = states.batches, []

    def batches(model, modality, sites, items, batch_size, *rest):
        for one in whole(model, modality, sites, items, batch_size, *rest):
            done.append(1)
            if len(done) > after and batch_size > limit:
                raise torch.OutOfMemoryError("CUDA out of memory")
            yield one

    monkeypatch.setattr(states, "batches", batches)


@pytest.mark.parametrize(
    ("after", "expected"), [(4, [48, 12, 12, 12]), (0, [12] * 4), (7, [48, 48, 12, 12])]
)
def test_out_of_memory_halves_the_batch_and_is_recorded(
    llama, tmp_path, monkeypatch, dims, after, expected
):
    told = []
    with monkeypatch.context() as patch:
        short_of_memory(patch, 12, after)
        asked = {"template": "bare", "batch_size": BATCH, "out": tmp_path}
        path = build.build(build.Settings(str(llama), **asked), lambda *step: told.append(step[0]))
    assert "out of memory: batch size 48 -> 24" in told
    with file.open_readonly(path) as connection:
        found = connection.execute("SELECT batch_size FROM chunk ORDER BY chunk").fetchall()
    assert [size for (size,) in found] == expected
    verified = dims("verify", path, "--sample", ITEMS, "--json")
    assert verified.code == 0 and {s["mismatches"] for s in verified.json["sites"]} == {0}


def test_out_of_memory_after_the_pilot_ran_halves_the_pilot_too(llama, tmp_path, monkeypatch):
    whole = chunk.reduce

    def reduce(work, frozen, passes, *others):
        batches = list(passes)
        if len(batches[0][0]) > 24:
            raise MemoryError
        return whole(work, frozen, iter(batches), *others)

    with monkeypatch.context() as patch:
        patch.setattr(chunk, "reduce", reduce)
        path = make(llama, tmp_path)
    with file.open_readonly(path) as connection:
        assert connection.execute("SELECT DISTINCT batch_size FROM chunk").fetchall() == [(24,)]
    same = make(llama, tmp_path / "other", batch_size=24)
    assert (
        describe.info(Catalog(path))["content_hash"] == describe.info(Catalog(same))["content_hash"]
    )


def test_out_of_memory_with_one_item_is_refused(llama, tmp_path, monkeypatch):
    short_of_memory(monkeypatch, 0, 0)
    with pytest.raises(SettingRefused, match=r"one item at a time.*--dtype"):
        make(llama, tmp_path, template="bare")


def test_another_error_is_not_taken_for_memory(llama, tmp_path, monkeypatch):
    def fail(*_args):
        raise RuntimeError("a bug")
        yield

    monkeypatch.setattr(states, "batches", fail)
    with pytest.raises(RuntimeError, match="a bug"):
        make(llama, tmp_path)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_sixteen_bits(llama, tmp_path, dtype, dims):
    path = make(llama, tmp_path, dtype=dtype, thresholds=("zero",))
    assert describe.info(Catalog(path))["dtype"] == dtype
    assert dims("verify", path, "--sample", 50).code == 0


def test_every_architecture_builds(tmp_path):
    """Whole way, from a folder on disk, for one of each kind that differs in loading."""
    for name in ("gpt2", "bert", "t5", "gemma3_wrapped", "opt"):
        folder = models.save(name, tmp_path / name)
        path = make(folder, tmp_path, sites="k,v,ffn")
        known = describe.info(Catalog(path))
        assert known["reading"] == ("bare" if models.ARCHITECTURES[name].decoder else "special")
        assert len(known["sites"]) + len(known["absent"]) == 14 and known["items"] == ITEMS
        absent = [] if models.ARCHITECTURES[name].norm else ["final"]
        assert [one["site"] for one in known["absent"]] == absent
        assert loading.load(str(folder)).causal == models.ARCHITECTURES[name].decoder


def test_a_usual_batch_that_does_not_fit_is_made_smaller_and_a_build_that_goes_on_keeps_it(
    llama, tmp_path, monkeypatch
):
    """Free memory differs from run to run: it decides where a build begins, not what it is."""
    asked = {"template": "bare", "out": tmp_path}
    with monkeypatch.context() as patch:
        patch.setattr(memory, "fitting", lambda _model, _modality, batch: batch // 4)
        patch.setattr(work, "PILOT_ITEMS", 100)
        patch.setattr(assemble, "assemble", stop)
        with pytest.raises(KeyboardInterrupt):
            build.build(build.Settings(str(llama), **asked))
    monkeypatch.setattr(work, "PILOT_ITEMS", 100)
    path = build.build(build.Settings(str(llama), **asked))
    with file.open_readonly(path) as connection:
        assert connection.execute("SELECT DISTINCT batch_size FROM chunk").fetchall() == [(256,)]
        assert connection.execute("SELECT batch_size FROM build").fetchall() == [(1024,)]


def stop(*_args):
    raise KeyboardInterrupt
