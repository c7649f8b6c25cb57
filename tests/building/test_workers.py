"""Chunks made by other processes: the same file to the last bit, whoever is lost on the way."""

import contextlib
import dataclasses
import os
import sys
import threading

import psutil
import pytest

from catalog import parallel
from catalog.browse import describe
from catalog.building import build, hands, plan
from catalog.building.settings import load_arguments
from catalog.cluster import Cluster, connected
from catalog.errors import SettingRefused, WorkerDiffers, WorkerGone
from catalog.model import chunk, device, stage, work, workers
from catalog.progress import silent
from catalog.store import file
from catalog.store.catalog import Catalog
from catalog.store.checkpoint import Checkpoint
from tests.given import media

CHUNK, BATCH = 64, 24


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Small chunks, and a process that keeps the number of threads it has."""
    monkeypatch.setattr(work, "PILOT_ITEMS", CHUNK)
    before = device.threads(device.choose("cpu"))
    yield
    device.use_threads(before)


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    monkeypatch.setattr(parallel, "every_core", lambda: 2)


def made(model, out, report=silent, **asked):
    settings = build.Settings(
        str(model), sites="k", batch_size=BATCH, out=out, threads=1, template="bare"
    )
    return build.build(dataclasses.replace(settings, **asked), report)


def digest(path):
    return describe.info(Catalog(path))["content_hash"]


@pytest.fixture(scope="module")
def alone(llama, tmp_path_factory):
    """Content hash of the same build by one process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PILOT_ITEMS", CHUNK)
        return digest(made(llama, tmp_path_factory.mktemp("alone")))


@contextlib.contextmanager
def killing(at_work):
    """Inside, the first process that `at_work` says yes to is killed; yields its id in a list."""
    killed, over = [], threading.Event()

    def kill():
        while not killed and not over.wait(0.05):
            for one in [p for p in psutil.process_iter(["cmdline", "ppid"]) if at_work(p)][:1]:
                one.kill()
                killed.append(one.pid)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield killed
    finally:
        over.set()
        killer.join()


def is_worker(process):
    """A process of ours that takes tasks: it loads the model with its first one."""
    ours = process.info["ppid"] == os.getpid()
    return ours and "popen_loky" in " ".join(process.info["cmdline"] or [])


def is_ray_worker(process):
    """A process that makes a chunk for Ray: such a one is named after its function."""
    return " ".join(process.info["cmdline"] or []).startswith("ray::_with")


def test_two_workers_lose_one_and_make_the_same_file(llama, tmp_path, alone, dims):
    told = []
    with killing(is_worker) as killed:
        path = made(llama, tmp_path, lambda name, *_: told.append(name), workers=2)
    assert killed and "a worker was lost: its chunks are made again" in told
    assert digest(path) == alone
    verified = dims("verify", path, "--sample", 200, "--json")
    assert verified.code == 0 and {s["mismatches"] for s in verified.json["sites"]} == {0}


def test_a_build_by_workers_goes_on_in_one_process(llama, tmp_path, alone):
    def stop(name, done, _total):
        if name == "states" and done >= 4 * CHUNK:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(llama, tmp_path, stop, workers=2)
    told = []
    path = made(llama, tmp_path, lambda name, *_: told.append(name))
    assert "pilot" not in told and digest(path) == alone


def test_images_are_decoded_by_workers_with_the_signs_of_their_patches(tmp_path):
    vit = media.save("vit", tmp_path)
    folder = media.pictures(tmp_path / "images", per_class=40, classes=2)
    asked = {"items": folder, "per_patch": "resid.2", "sites": None, "batch_size": 8}
    asked["template"] = None
    one = made(vit, tmp_path / "one", **asked)
    two = made(vit, tmp_path / "two", **asked, workers=2)
    assert digest(one) == digest(two)
    with file.open_readonly(two) as connection:
        assert connection.execute("SELECT count(*) FROM patch_signs").fetchone() == (80,)


@pytest.mark.slow  # the same loss as above; starting Ray takes half a minute
def test_a_ray_cluster_that_loses_a_worker_makes_the_same_file(llama, tmp_path, alone):
    pytest.importorskip("ray")
    with killing(is_ray_worker) as killed:
        path = made(llama, tmp_path, ray="local")
    assert killed and digest(path) == alone


def prepared(llama, tmp_path):
    return plan.prepare(
        build.Settings(
            str(llama), batch_size=BATCH, out=tmp_path, threads=1, sites="k", template="bare"
        )
    )


def test_a_smaller_batch_of_one_worker_is_recorded_and_kept_by_later_chunks(llama, tmp_path):
    made = prepared(llama, tmp_path)
    asked = []

    def short(asks, frozen):
        for ask in asks:
            asked.append(ask.batch_size)
            smaller = dataclasses.replace(ask, batch_size=ask.batch_size // 2)
            done = chunk.make(made.work, frozen, smaller if ask.number == 2 else ask, silent)
            yield done
            yield done  # a chunk that comes twice counts once

    tmp_path.joinpath("building").mkdir()
    progress = stage.run(made.work, Checkpoint(tmp_path / "building"), silent, short)
    assert [one.batch_size for one in progress.chunks] == [24, 24] + [12] * 6
    assert asked == [24, 24] + [12] * 5
    assert sum(one.items for one in progress.chunks) == made.work.items
    assert next(iter(progress.sums.values())).moments.count == made.work.items


def test_workers_lost_again_and_again_end_the_build(llama, tmp_path):
    tries = []

    def gone(_asks, _frozen):
        tries.append(1)
        raise WorkerGone("gone")
        yield

    tmp_path.joinpath("building").mkdir()
    with pytest.raises(WorkerGone):
        stage.run(prepared(llama, tmp_path).work, Checkpoint(tmp_path / "building"), silent, gone)
    assert len(tries) == stage.LOST + 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("processor", "another one", "another processor"),
        ("version of torch", "1.0", "another version of torch"),
        ("model", "x with weights 0", "another model"),
    ],
)
def test_a_worker_that_would_make_other_bits_is_refused(llama, tmp_path, name, value, told):
    made = prepared(llama, tmp_path)
    recipe = workers.Recipe.of(made.work, load_arguments(made.settings), plan.versions())
    assert recipe.opened().model.weights_hash == made.work.model.weights_hash
    other = dataclasses.replace(recipe, same={**recipe.same, name: value})
    with pytest.raises(WorkerDiffers, match=told):
        other.opened()


def test_a_worker_without_the_weights_says_so(llama, tmp_path):
    made = prepared(llama, tmp_path)
    recipe = workers.Recipe.of(made.work, {"model": str(tmp_path / "none")}, {})
    with pytest.raises(WorkerDiffers, match=r"^The worker on .+none"):
        recipe.opened()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"workers": 3}, "this machine has 2 cores. Use at most 2"),
        ({"workers": 2, "ray": "local"}, "not both"),
        ({"threads": 0}, "at least 1"),
    ],
)
def test_bad_settings(asked, told, llama, tmp_path):
    with pytest.raises(SettingRefused, match=told):
        made(llama, tmp_path, **asked)


def test_ray_is_not_installed(llama, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SettingRefused, match=r"pip install 'dimension-catalog\[ray\]'"):
        made(llama, tmp_path, ray="local")


def test_nobody_answers_at_an_address():
    pytest.importorskip("ray")
    refused = pytest.raises(SettingRefused, match=r"No Ray cluster answers at 127.0.0.1:9")
    with refused, connected("127.0.0.1:9"):
        pytest.fail("connected")


def test_a_cluster_without_a_place_is_refused(monkeypatch):
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 2.0})
    with pytest.raises(SettingRefused, match="no worker with 1 GPU"):
        next(Cluster("here", 1, 1).run(len, ["a"]))


def test_every_worker_claims_a_gpu_of_its_own(tmp_path, monkeypatch):
    held = []
    monkeypatch.setattr(workers, "_claims", held)
    places = [workers.claimed(2, lambda: str(tmp_path)) for _ in range(2)]
    assert places == ["cuda:0", "cuda:1"]
    assert workers.claimed(2, lambda: str(tmp_path)) in places  # more workers than GPUs share
    for one in held:
        one.close()


def test_auto_is_one_process_where_there_is_no_gpu(llama, tmp_path):
    made = prepared(llama, tmp_path)
    auto = dataclasses.replace(made, settings=dataclasses.replace(made.settings, workers=0))
    with hands.of(auto) as found:
        assert found is None
