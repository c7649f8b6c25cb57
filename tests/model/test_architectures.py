"""Every architecture tried: each of its sites equals what is had by other means, or is refused."""

import pytest

from tests.given import architectures
from tests.given.architectures import EVERY


@pytest.mark.parametrize("name", EVERY)
def test_every_site_is_what_other_means_give_or_is_refused_with_a_reason(name):
    tried, found = EVERY[name], architectures.outcome(name)
    if tried.refused:
        assert tried.refused in found.refused
        return
    assert not found.refused and found.mismatches == ()
    assert found.compared == sum(len(layers) for layers in found.read.values()) >= 5
    for kind, layers in found.read.items():
        assert layers or found.absent[kind]


def test_enough_architectures_are_tried_and_the_page_says_what_is_found():
    read = [name for name, tried in EVERY.items() if not tried.refused]
    assert len(EVERY) >= 100 and len(read) >= 90
    assert architectures.PAGE.read_text() == architectures.page()


@pytest.mark.parametrize(
    ("name", "router"),
    [
        ("Qwen 2 MoE", "mlp.experts) behind a router (mlp.gate)"),
        ("Llama 4", "feed_forward.experts) behind a router (feed_forward.router)"),
        ("Granite MoE", "block_sparse_moe) behind a router (block_sparse_moe.router)"),
    ],
)
def test_experts_are_refused_naming_the_router_never_read_as_the_shared_one(name, router):
    found = architectures.outcome(name)
    assert not found.read["ffn"]
    (reason,) = found.absent["ffn"]
    assert router in reason


def test_a_state_spaces_output_is_never_an_ffn():
    told = architectures.outcome("Zamba 2").absent["ffn"]
    assert any("This block has no FFN: its linear layers belong to mamba" in one for one in told)
    assert not architectures.outcome("Zamba 2").read["ffn"]
