"""Whether weights fit is told before they are read; spread weights give the same states."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest
import torch

from catalog.errors import SettingRefused
from catalog.model import loading, room
from catalog.model.finding import Found
from catalog.model.sources import Source
from tests.given import models

GB = 10**9


@pytest.fixture
def found(tmp_path):
    """Weights of 1 MB, as bfloat16."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(bytes(10**6))
    return Found(Source("large", str(tmp_path)), None, None, [path], None)


BFLOAT = SimpleNamespace(dtype=torch.bfloat16)


def test_sizes_are_those_of_the_number_format_that_is_loaded(found):
    assert room.needed(found, BFLOAT, "auto") == 10**6
    assert room.needed(found, BFLOAT, torch.float32) == 2 * 10**6
    assert room.needed(found, SimpleNamespace(dtype="float32"), torch.float16) == 10**6 // 2


def on_gpus(monkeypatch, *free):
    memory = SimpleNamespace(available=100_000)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: len(free))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda place: (free[place], 80 * GB))


def test_one_gpu_takes_what_fits_and_several_share_the_rest(found, monkeypatch):
    where = torch.device("cuda")
    on_gpus(monkeypatch, 2 * 10**6, 2 * 10**6)
    assert room.placed(found, BFLOAT, torch.bfloat16, where, True) == {}
    on_gpus(monkeypatch, 800_000, 800_000)
    assert room.placed(found, BFLOAT, torch.bfloat16, where, True) == {"device_map": "auto"}
    with pytest.raises(SettingRefused, match=r"free in cuda:1.*--dtype bfloat16"):
        room.placed(found, BFLOAT, torch.bfloat16, torch.device("cuda:1"), False)
    on_gpus(monkeypatch, 600_000, 450_000)  # the rest goes to the CPU
    assert room.placed(found, BFLOAT, torch.bfloat16, where, True) == {"device_map": "auto"}
    on_gpus(monkeypatch, 400_000, 400_000)
    with pytest.raises(SettingRefused, match="free in 2 GPUs and memory"):
        room.placed(found, BFLOAT, torch.bfloat16, where, True)


def test_a_model_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    folder = models.save("llama", tmp_path / "tiny")
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    with pytest.raises(SettingRefused, match=r"weights of tiny take 0.0 GB.*this machine's memory"):
        loading.load(str(folder))


def test_a_model_on_several_places_has_the_states_of_one_that_is_not(tmp_path, monkeypatch):
    """Blocks that accelerate keeps on disk stand for those on another device."""
    folder = models.save("llama", tmp_path / "tiny")
    plain = loading.load(str(folder))
    spread = {"model.embed_tokens": "cpu", "model.norm": "cpu", "lm_head": "cpu"}
    spread |= {"model.rotary_emb": "cpu", "model.layers.0": "cpu"}
    spread |= {"model.layers.1": "disk", "model.layers.2": "disk"}
    given = {"device_map": spread, "offload_folder": str(tmp_path / "offload")}
    monkeypatch.setattr(room, "placed", lambda *_: given)
    moved = loading.load(str(folder))
    assert any(p.device.type == "meta" for p in moved.module.parameters())
    ids = torch.from_numpy(np.arange(12).reshape(6, 2))
    with torch.inference_mode():
        one, two = (m.parts.trunk(input_ids=ids, output_hidden_states=True) for m in (plain, moved))
    for a, b in zip(one.hidden_states, two.hidden_states, strict=True):
        assert torch.equal(a, b)
    assert Path(given["offload_folder"]).is_dir()
