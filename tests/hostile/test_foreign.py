"""What a model's own code raises is one sentence: the class, the stage, what to report."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from catalog import places
from catalog.building import build, verify
from catalog.errors import ModelFailed, SettingRefused, StatesBroken
from catalog.features import findings
from catalog.flips import flip, prompts
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.model import foreign, live, opening
from catalog.store.catalog import Catalog
from tests.given import models

ERRORS = [
    RuntimeError("shapes (3, 4) and (5) do not fit"),
    IndexError("no"),
    TypeError(),
    KeyError("k"),
]


class Odd(nn.Module):
    """Fails in its forward pass."""

    def __init__(self, error):
        super().__init__()
        self.error = error

    def forward(self, given):
        """Raise."""
        if self.error is not None:
            raise self.error
        return given


class Whole(nn.Module):
    """A model around it."""

    def __init__(self, error):
        super().__init__()
        self.inner = Odd(error)

    def forward(self, given):
        """Pass on."""
        return self.inner(given)


@pytest.mark.parametrize("error", ERRORS, ids=lambda one: type(one).__name__)
def test_the_sentence_names_class_stage_and_what_to_report(error):
    with pytest.raises(ModelFailed) as found, foreign.border("while x was built"):
        Whole(error)(torch.zeros(1))
    told = str(found.value)
    assert "failed while x was built: Whole in its Odd (test_foreign.py, line" in told
    assert f"raised {type(error).__name__}: " in told and "to report it, name the model" in told
    assert "Traceback" not in told and found.value.__cause__ is error


def test_errors_of_our_own_are_not_blamed_on_the_model():
    def hook(_module, _given, _output):
        raise StatesBroken("ours")

    model = Whole(None)
    model.inner.register_forward_hook(hook)
    with pytest.raises(StatesBroken, match="ours"), foreign.border("while x was built"):
        model(torch.zeros(1))
    with pytest.raises(RuntimeError, match="ours alone"), foreign.border("while x was built"):
        _with_a_hook_of_ours(Whole(None))
    with pytest.raises(ZeroDivisionError), foreign.border("while x was built"):
        1 / 0  # noqa: B018
    with pytest.raises(ValueError), foreign.border("while x was built"):
        np.zeros(2).reshape(3)
        Whole(None)(torch.zeros(1))


def _with_a_hook_of_ours(model):
    """A hook whose code lies in `catalog` fails: its frame comes after the model's call."""
    place = str(Path(foreign.__file__).with_name("recording.py"))
    made = {}
    exec(compile("def hook(*_given): raise RuntimeError('ours alone')", place, "exec"), made)
    model.inner.register_forward_hook(made["hook"])
    model(torch.zeros(1))


def test_out_of_memory_says_what_helps():
    error = RuntimeError("[enforce fail at alloc] DefaultCPUAllocator: can't allocate memory")
    told = r"ran out of memory .* smaller --batch-size"
    with pytest.raises(SettingRefused, match=told), foreign.border("while x was built"):
        Whole(error)(torch.zeros(1))


def test_long_messages_are_cut_between_words():
    told = foreign.shortened(ValueError("wordword " * 40 + "\nsecond line"))
    assert told.endswith("wordword ...") and len(told) <= 164
    assert foreign.shortened(ValueError("")) == "no message"


@pytest.fixture
def failing(monkeypatch):
    """Make every attention of Llama fail from now on."""
    from transformers.models.llama.modeling_llama import LlamaAttention

    def fail():
        def forward(self, *_args, **_kwargs):
            raise IndexError("index out of range in self")

        monkeypatch.setattr(LlamaAttention, "forward", forward)

    return fail


def test_a_build_verification_and_flip_end_in_one_sentence(llama, dims, data, failing, monkeypatch):
    path = build.build(build.Settings(str(llama), name="tiny", sites="resid.1", template="bare"))
    made = Catalog(path)
    findings.measure(made, matched_nulls="primary")
    plan = build.prepare(build.Settings(str(llama), name="other", sites="resid.1", template="bare"))
    monkeypatch.setattr(build, "prepare", lambda *_given: plan)
    asked = Asked(Source("dimensions", "3+,5-"), "resid.1", tuple(prompts.own("A cat sat.")))
    loaded = opening.of(made)
    monkeypatch.setattr(opening, "of", lambda *_given: loaded)
    monkeypatch.setattr(live.opening, "load", lambda _key: loaded)
    failing()
    for work, told in [
        (lambda: build.build(plan.settings), "while other was built"),
        (lambda: verify.verify(made, 20), "while tiny was verified"),
        (lambda: flip.measured(made, asked), "in a flip of tiny"),
        (lambda: _lively(made), "in work on the live model"),
    ]:
        with pytest.raises(ModelFailed, match=f"failed {told}: Llama.* in its LlamaAttention"):
            work()
    monkeypatch.setenv("DIMS_DEBUG", "")
    found = dims("verify", "tiny")
    assert found.code == 1 and "IndexError: index out of range in self" in found.sentence
    assert "Traceback" not in found.err
    monkeypatch.setenv("DIMS_DEBUG", "1")
    assert "Traceback" in dims("verify", "tiny").err


def _lively(made):
    def work(model, _job):
        return model.module(input_ids=torch.tensor([[1]]))

    return live.Live().submit(opening.ModelKey.of(made.build), work).wait(60)


def test_a_fault_of_ours_is_a_sentence_too(llama, dims, data, monkeypatch):
    def broken(*_args):
        raise KeyError("neither here nor there")

    monkeypatch.setattr(places, "find_catalog", broken)
    monkeypatch.setenv("DIMS_DEBUG", "")
    found = dims("info", "tiny")
    assert found.code == 1 and "Traceback" not in found.err
    assert "its own fault: KeyError in test_foreign.py" in found.sentence
    monkeypatch.setenv("DIMS_DEBUG", "1")
    with pytest.raises(KeyError):
        dims("info", "tiny")


def test_special_ids_beyond_the_embedding(tmp_path, dims, data):
    """The tokenizer's </s> is a row that the encoder does not have."""
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    from transformers import BertConfig, BertModel

    config = BertConfig(**sizes, num_attention_heads=2, vocab_size=300, pad_token_id=2)
    models.randomised(BertModel(config)).save_pretrained(tmp_path / "m")
    tokenizer = models.tokenizer()
    tokenizer.backend_tokenizer.add_special_tokens(["<late>"])
    late = tokenizer.convert_tokens_to_ids("<late>")
    from tokenizers import processors

    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <late>", special_tokens=[("<late>", late)]
    )
    tokenizer.save_pretrained(tmp_path / "m")
    models.tokenizer.cache_clear()
    told = dims("build", tmp_path / "m")
    assert late >= 300 and told.code == 1
    assert f"puts the id {late} around every token" in told.sentence and "300 rows" in told.sentence
