"""The hub: what is fetched of it, what is said of it, and what serves where it is out of reach."""

import json
import shutil
import time
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub import constants

from catalog.errors import DiskFull, ModelUnavailable
from catalog.model import hub, loading, outline, sources
from catalog.model.finding import Access
from catalog.progress import silent
from tests.given import hub as given
from tests.given import models
from tests.model.test_adapters import describe
from tests.model.test_loading import refused

NAME = "org/tiny"


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with what real ones have beside the weights that are loaded."""
    folder = models.save("llama", tmp_path_factory.mktemp("hub") / "tiny")
    for name in ("pytorch_model.bin", "tf_model.h5", "consolidated.safetensors", "README.md"):
        (folder / name).write_bytes(b"not to be fetched")
    return folder


@pytest.fixture
def served(repository, tmp_path, monkeypatch):
    """A hub with that repository, its cache empty."""
    with given.serving({NAME: repository}) as one:
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        point_at(monkeypatch, one.address)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield one
    huggingface_hub.close_session()


def point_at(monkeypatch, address):
    """Make an address the hub's, as HF_ENDPOINT does where it is set before the start."""
    files = "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "ENDPOINT", address)
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", address + files)
    huggingface_hub.close_session()


def cut_off(monkeypatch):
    """Take the network away: nothing answers."""
    point_at(monkeypatch, "http://127.0.0.1:9")


def test_a_model_is_fetched_once_and_read_from_the_cache(served, repository):
    told = []
    model = loading.load(NAME, access=Access(report=lambda *one: told.append(one)))
    assert (model.name, model.source, model.revision) == (NAME, NAME, given.COMMIT)
    assert model.weights_hash == loading.load(str(repository)).weights_hash
    fetched = {line.split("/")[-1] for line in served.sent if line.startswith("GET /org")}
    assert "model.safetensors" in fetched and "tokenizer.json" in fetched
    assert not fetched & {"pytorch_model.bin", "tf_model.h5", "consolidated.safetensors"}
    size = sum((repository / name).stat().st_size for name in fetched)
    first = told[0][0]
    assert f"{NAME}: {len(fetched)} files, {size / 1e6:,.1f} MB to download" in first
    assert told[-1][1:] == (size // 10**6, -(-size // 10**6)) and told[-1][0] == "download, MB"
    served.sent.clear()
    again = loading.load(NAME, access=Access(report=lambda *one: told.append(one)))
    assert again.weights_hash == model.weights_hash
    assert not [line for line in served.sent if line.startswith("GET /org")]


def test_a_commit_that_is_in_the_cache_needs_no_hub(served, monkeypatch):
    hub.fetch(sources.of(NAME), silent)
    served.sent.clear()
    source, commit = hub.fetch(sources.of(f"{NAME}@{given.COMMIT}"), silent)
    assert commit == given.COMMIT and Path(source.place).name == commit and served.sent == []


@pytest.mark.parametrize("offline", [True, False])
def test_the_cache_serves_without_a_network(served, monkeypatch, offline):
    known, commit = hub.fetch(sources.of(NAME), silent)
    cut_off(monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    started = time.monotonic()
    assert hub.fetch(sources.of(NAME), silent) == (known, commit)
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("offline", [True, False])
def test_without_a_network_or_a_cache_it_fails_within_seconds(dims, served, monkeypatch, offline):
    cut_off(monkeypatch)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)
    started = time.monotonic()
    told = refused(dims, "org/other")
    assert time.monotonic() - started < 5
    assert "nor in the local cache, and the hub cannot be reached" in told
    assert ("HF_HUB_OFFLINE is set" in told) == offline


def test_a_hub_that_never_answers_is_not_waited_for(served, monkeypatch):
    import socket

    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        point_at(monkeypatch, f"http://127.0.0.1:{deaf.getsockname()[1]}")
        monkeypatch.setattr(hub, "SECONDS", 0.5)
        started = time.monotonic()
        with pytest.raises(ModelUnavailable, match="hub cannot be reached"):
            hub.fetch(sources.of(NAME), silent)
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_hub_in_trouble_says_its_status(dims, served, status):
    served.status = status
    started = time.monotonic()
    assert f"The hub answers {status} when asked for {NAME}" in refused(dims, NAME)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("status", "code", "sentence"),
    [
        (403, "GatedRepo", "is gated. Accept its terms on its hub page, then log in with: hf auth"),
        (401, "RepoNotFound", "The hub has no model org/tiny, or it is private"),
        (404, "RepoNotFound", "The hub has no model org/tiny, or it is private"),
    ],
)
def test_gated_private_and_unknown_models(dims, served, status, code, sentence):
    served.status, served.refusal = status, code
    assert sentence in refused(dims, NAME)


def test_a_gated_model_may_be_seen_but_not_fetched(dims, served):
    served.gated = True
    started = time.monotonic()
    assert "org/tiny is gated. Accept its terms on its hub page" in refused(dims, NAME)
    assert time.monotonic() - started < 5


def test_a_revision_that_is_not_there(dims, served):
    assert "org/tiny has no revision 'v9'" in refused(dims, f"{NAME}@v9")
    served.revisions += ("v9",)
    assert loading.load(f"{NAME}@v9").revision == given.COMMIT


def test_a_stopped_download_is_not_taken_for_whole_and_goes_on(served, monkeypatch, repository):
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # between the retries of the hub
    served.cut = 100_000
    with pytest.raises(ModelUnavailable, match=r"download of org/tiny stopped.*goes on with the"):
        hub.fetch(sources.of(NAME), silent)
    served.cut = served.status = 0
    kept = {path.name for path in hub._snapshot(sources.of(NAME)).iterdir()}
    assert "config.json" in kept and "model.safetensors" not in kept
    cut_off(monkeypatch)
    with pytest.raises(ModelUnavailable, match=r"a part of org/tiny is in the cache \(model.safet"):
        hub.fetch(sources.of(NAME), silent)
    point_at(monkeypatch, served.address)
    served.sent.clear()
    model = loading.load(NAME)
    assert model.weights_hash == loading.load(str(repository)).weights_hash
    fetched = {line.split("/")[-1] for line in served.sent if line.startswith("GET /org")}
    assert "model.safetensors" in fetched and not fetched & kept


def test_a_disk_without_room_is_said_before_the_download(served, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda _path: usage._replace(free=10))
    with pytest.raises(DiskFull, match=r"org/tiny takes .* MB free. Free some, or set HF_HOME"):
        hub.fetch(sources.of(NAME), silent)
    assert not [line for line in served.sent if line.startswith("GET /org")]


def test_an_adapter_and_its_base_are_fetched(served, tmp_path):
    pytest.importorskip("peft")
    from transformers import AutoModelForCausalLM

    from tests.model.test_adapters import train

    tuned = tmp_path / "tuned"
    train(AutoModelForCausalLM, served.repositories[NAME], tuned, target_modules=["q_proj"])
    weights = loading.load(str(tuned)).weights_hash
    describe(tuned, NAME, **{k: v for k, v in _settings(tuned).items() if k != BASE})
    served.repositories["org/tuned"] = tuned
    model = loading.load("org/tuned")
    assert (model.name, model.weights_hash) == ("org/tuned", weights)


BASE = "base_model_name_or_path"


def _settings(folder):
    return json.loads((folder / "adapter_config.json").read_text())


@pytest.mark.parametrize(
    ("named", "files", "sentence"),
    [
        ("org/n", ["a.Q4.gguf", "b.gguf"], "Name one of them, as org/n:a.Q4.gguf; there are a.Q4."),
        ("org/n:c.gguf", ["a.gguf"], "org/n has no file c.gguf. Its GGUF files: a.gguf."),
        ("org/n", ["config.json", "tf_model.h5"], "has no weights that transformers loads"),
        ("org/n", ["onnx/model.safetensors"], "but no files. Name another model."),
    ],
)
def test_repositories_with_nothing_to_load(named, files, sentence):
    with pytest.raises(ModelUnavailable) as refusal:
        hub.wanted(sources.of(named), files)
    assert sentence in str(refusal.value)


def test_a_gguf_file_is_fetched_alone():
    files = ["a.gguf", "b.gguf", "config.json"]
    assert hub.wanted(sources.of("org/n:b.gguf"), files) == ["b.gguf"]


def test_a_shard_that_is_missing_makes_a_cache_of_other_tools_partial(
    served, tmp_path, monkeypatch
):
    known = tmp_path / "cache" / "models--org--old"
    folder = known / "snapshots" / given.COMMIT
    folder.mkdir(parents=True)
    (known / "refs").mkdir()
    (known / "refs" / "main").write_text(given.COMMIT)
    (folder / "config.json").write_text("{}")
    shards = {str(n): f"model-0000{n}-of-00002.safetensors" for n in (1, 2)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    (folder / "model-00001-of-00002.safetensors").touch()
    cut_off(monkeypatch)
    with pytest.raises(ModelUnavailable, match=r"\(model-00002-of-00002.safetensors missing\)"):
        hub.fetch(sources.of("org/old"), silent)
    (folder / "model-00002-of-00002.safetensors").touch()
    assert hub.fetch(sources.of("org/old"), silent)[1] == given.COMMIT


def test_an_outline_fetches_no_weights(served):
    seen = outline.of(NAME)
    assert seen.vocabulary == models.VOCABULARY
    assert not any("safetensors" in one for one in served.sent if one.startswith("GET"))
    model = loading.load(NAME)  # afterwards the weights come as ever
    assert model.parameters == seen.parameters
