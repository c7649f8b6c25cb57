"""How many items fit in memory: measured, then halved until they do, or refused."""

import sys
from types import SimpleNamespace

import psutil
import pytest
import torch

from catalog.errors import SettingRefused
from catalog.modalities import Asked, text
from catalog.model import loading, memory

EACH = 40_000_000
"""Bytes that the planted block takes for every item."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")


@pytest.fixture
def hungry(llama):
    model = loading.load(str(llama))

    def take(_module, args, output):
        torch.ones(len(output), EACH // 4).sum()

    handle = model.parts.blocks[1].register_forward_hook(take)
    yield model, text.prepare(model, Asked(template="bare"), lambda *_: None)
    handle.remove()


def free(monkeypatch, gigabytes):
    told = SimpleNamespace(available=gigabytes * 1e9)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: told)


def test_an_item_is_weighed(hungry):
    assert memory._each(*hungry) == pytest.approx(EACH, rel=0.25)


def test_memory_that_was_freed_and_kept_hides_nothing(hungry):
    """As other work of the same process leaves it behind: below a block that is still in use."""
    blocks = [bytearray(60_000) for _ in range(5_000)]
    last = blocks.pop()
    del blocks
    assert memory._each(*hungry) == pytest.approx(EACH, rel=0.25)
    assert len(last) == 60_000


def test_a_batch_is_halved_until_it_fits(hungry, monkeypatch):
    free(monkeypatch, 3)  # of which half may be used: 37 items of 40 MB
    assert memory.fitting(*hungry, 1024) == 32
    free(monkeypatch, 1000)
    assert memory.fitting(*hungry, 1024) == 1024


def test_one_item_too_many_is_refused_before_it_runs(hungry, monkeypatch):
    free(monkeypatch, 0.05)
    with pytest.raises(SettingRefused, match=r"One item of .* takes 0.0 GB .* smaller --dtype"):
        memory.fitting(*hungry, 1024)


def test_a_batch_that_was_asked_for_is_taken(hungry):
    assert memory.fitting(*hungry, 4) == 4
