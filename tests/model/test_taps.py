"""Where a model has each kind of site: one table, and what is in neither is refused."""

import pytest
import torch

from catalog import sites
from catalog.errors import SettingRefused
from catalog.model import loading, structure
from catalog.model.recording import recording
from catalog.sites import Site
from tests.given import models
from tests.model.test_recording import CPU, IDS, hooks


def test_every_kind_of_site_has_its_tap():
    assert set(structure.TAPS) == set(sites.KINDS)
    with pytest.raises(SettingRefused, match="'q' is no kind of site; there are resid, final"):
        Site("q", 1)


def test_a_kind_that_no_model_is_known_to_have_is_refused(monkeypatch):
    monkeypatch.setitem(sites.KINDS, "q", sites.Span(1))
    model = models.model("llama")
    parts, site = loading.find_parts(model, CPU), Site.parse("q.2")
    for wanted_of_it in (parts.absent, parts.tap):
        with pytest.raises(SettingRefused, match=r"q\.2 cannot be read: nothing tells where"):
            wanted_of_it(site)
    with (
        pytest.raises(SettingRefused, match=r"q\.2 cannot be read"),
        recording(model, parts, [site], lambda hidden: hidden),
    ):
        pass


@pytest.mark.parametrize(
    ("site", "said"),
    [(Site("k", 1), "no keys and values"), (Site("ffn", 9), "the model has 3 blocks")],
)
def test_reading_a_site_that_is_not_there_is_refused(site, said):
    model = models.model("qwen3_5")
    parts = loading.find_parts(model, CPU)
    hooked = hooks(model)
    with (
        pytest.raises(SettingRefused, match=said),
        recording(model, parts, [Site("resid", 1), site], lambda hidden: hidden),
    ):
        pass
    assert hooks(model) == hooked


def test_a_new_kind_of_site_is_a_line_in_each_table(monkeypatch):
    """The output of a block under another name: parsed, ordered, chosen, recorded like any."""
    monkeypatch.setitem(sites.KINDS, "block", sites.Span(1))
    monkeypatch.setitem(
        structure.TAPS,
        "block",
        lambda parts, layer: structure.Tap(parts.blocks[layer - 1], "output"),
    )
    model = models.model("llama")
    parts = loading.find_parts(model, CPU)
    chosen, _ = sites.wanted("resid,block", "1-2", models.BLOCKS)
    assert [str(site) for site in chosen] == ["resid.1", "resid.2", "block.1", "block.2"]
    with (
        torch.inference_mode(),
        recording(model, parts, chosen, lambda hidden: hidden) as seen,
    ):
        parts.trunk(input_ids=IDS)
    for layer in (1, 2):
        assert torch.equal(seen[Site("resid", layer)], seen[Site.parse(f"block.{layer}")])
