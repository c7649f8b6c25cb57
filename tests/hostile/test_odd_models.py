"""Weights and vocabularies that no healthy model has: named by item and site, or measured."""

import copy
import json

import pytest
import torch
import transformers as hf
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as tokenizing

from catalog.browse import search
from catalog.building import build
from catalog.errors import StatesBroken, listed
from catalog.features import fitting
from catalog.modalities import text
from catalog.store.catalog import Catalog
from tests.given import models

WORDS = [
    *("кот", "собака", "дом", "река", "лес", "поле", "гора", "море", "небо", "звезда", "рука"),
    *("нога", "глаз", "день", "ночь", "год"),
]
BIDI = ("\u202e", "\u2066\u2069", "\u200e\u200f")


def changed(tmp_path, change, arch="llama", half=False):
    """A folder of a tiny model after `change(module)`."""
    module = copy.deepcopy(models.model(arch))
    with torch.no_grad():
        change(module)
    return models.save_module(module.half() if half else module, tmp_path / "model")


def built(folder, out, **more):
    return build.build(build.Settings(str(folder), out=out, template="bare", **more))


@pytest.mark.parametrize("item", [300, 0])  # the trial of the parts looks at the first ids too
@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
@pytest.mark.parametrize("site", ["resid.0", "resid.2", "k.1", "ffn.3"])
def test_a_row_that_is_not_finite_is_refused_by_item_and_site(value, item, site, tmp_path):
    def spoil(module):
        module.get_input_embeddings().weight[item] = value

    with pytest.raises(StatesBroken, match=f"at {site} for item {item} .* weights are damaged"):
        built(changed(tmp_path, spoil), tmp_path, sites=site)
    assert not list(tmp_path.glob("*.duckdb"))


def test_an_overflow_of_float16_names_its_site_and_another_format(tmp_path):
    def enlarge(module):
        mlp = module.model.layers[1].mlp
        mlp.up_proj.weight.mul_(3e4)
        mlp.gate_proj.weight.mul_(30)

    folder = changed(tmp_path, enlarge, half=True)
    with pytest.raises(StatesBroken, match=r"at ffn.2 for item \d+ .* with --dtype bfloat16"):
        built(folder, tmp_path, dtype="float16", sites="resid.0,resid.1,ffn.2")
    built(folder, tmp_path, dtype="bfloat16", sites="resid.0,resid.1,ffn.2")
    built(folder, tmp_path, dtype="float16", sites="resid.0,resid.1", name="before")


def test_a_site_where_every_state_is_zero_is_built_and_said(tmp_path, dims, data):
    folder = changed(tmp_path, lambda m: m.model.layers[1].mlp.up_proj.weight.zero_())
    told = dims("build", folder, "--template", "bare", "--sites", "resid.1,ffn.2")
    assert told.code == 0 and "every state is zero at ffn.2" in told.sentence
    sites = {one["site"]: one["zero"] for one in dims("info", "model", "--json").json["sites"]}
    assert sites == {"resid.1": False, "ffn.2": True}
    assert dims("verify", "model").code == 0
    assert dims("feature", "model", "ffn.2", "--words", "cat,sat,walk,love").code == 0
    assert dims("dimension", "model", "ffn.2", 3).code == 0


@pytest.fixture
def cyrillic(tmp_path):
    """A vocabulary in one other script, with tokens that are only bidirectional controls."""
    every = ["[PAD]", *(f"▁{word}" for word in WORDS), *WORDS, *BIDI, "a", "▁a"]
    made = Tokenizer(tokenizing.BPE(vocab={w: n for n, w in enumerate(every)}, merges=[]))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = hf.PreTrainedTokenizerFast(tokenizer_object=made, pad_token="[PAD]")
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 2, "num_key_value_heads": 1, "pad_token_id": 0}
    config = hf.LlamaConfig(**sizes, vocab_size=len(every), max_position_embeddings=64)
    folder = tmp_path / "cyrillic"
    models.randomised(hf.LlamaForCausalLM(config)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def test_another_script_is_told_that_the_lists_are_english(cyrillic, dims, data, tmp_path):
    told = dims("build", cyrillic, "--template", "bare")
    assert told.code == 0 and "0 of 211 word lists could be measured" in told.sentence
    assert "Those that ship are English; its words are Cyrillic" in told.sentence
    assert "--categories FOLDER" in told.sentence
    found = Catalog(data / "catalogs" / "cyrillic.duckdb")
    assert fitting.script_of(found) == "CYRILLIC"
    assert "its words are Cyrillic" in dims("features", "cyrillic").sentence
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "words.txt").write_text("# Words\n" + "\n".join(WORDS), "utf-8")
    told = dims("features", "cyrillic", "--categories", lists)
    assert "0 of 1 word lists" in told.sentence  # 16 families are too few
    shown = list(found.texts)
    assert [shown[-5 + n] for n in range(3)] == [r"\u202e", r"\u2066\u2069", r"\u200e\u200f"]
    assert not any(character in "".join(shown) for bidi in BIDI for character in bidi)


def test_tokens_with_the_same_text_stay_apart(tmp_path, dims, data):
    """A byte token beside the letter itself, and the same word added a second time."""

    class Same:
        """Two ids that read alike."""

        all_special_ids = ()
        raw = ("▁cat", "cat", "<0x63>", "c", "▁cat")

        def __len__(self):
            return len(self.raw)

        def convert_ids_to_tokens(self, ids):
            """The strings above."""
            return [self.raw[number] for number in ids]

    frame = text.item_frame(Same(), 5)
    assert frame.text.tolist()[0] == frame.text.tolist()[4] == "␣cat"
    assert frame.family.tolist()[:2] == [0, 0] and frame.family[4] == 0
    folder = models.save("llama", tmp_path / "twice")
    path = folder / "tokenizer.json"
    told = json.loads(path.read_text("utf-8"))
    told["added_tokens"][-1] |= {"content": " cats", "special": False}
    path.write_text(json.dumps(told), "utf-8")
    assert dims("build", folder, "--template", "bare", "--sites", "resid.1").code == 0
    found = Catalog(data / "catalogs" / "twice.duckdb")
    same = [n for n, shown in enumerate(found.texts) if shown == "␣cats"]
    assert len(same) == 2 and len(set(found.families[same].tolist())) == 1
    assert dims("verify", "twice").code == 0
    assert len([hit for hit in search.find(found, "cats") if "cats" in str(hit)]) >= 1


def test_lists_in_messages_end_after_eight():
    assert listed("abc") == "a, b, c"
    assert listed(range(1000)) == "0, 1, 2, 3, 4, 5, 6, 7 and 992 more"
    assert listed(range(8)).endswith("6, 7") and listed(range(9)).endswith("7 and 1 more")
