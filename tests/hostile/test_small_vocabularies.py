"""Vocabularies of a hundred tokens, of bytes, of letters and digits: an answer or a sentence."""

import string

import numpy as np
import pytest
import transformers as hf
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers import models as tokenizing

from catalog.comparing import sides
from catalog.errors import SettingRefused
from catalog.features import nulls
from catalog.features.categories import Vocabulary
from catalog.features.shared_nulls import Shared
from catalog.places import shipped
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from tests.features.test_nulls import ground_of, noise, site_of
from tests.given import models

CATEGORY = "animals"


def _words(size):
    """A word vocabulary: 45 animals and other words, as BERT writes them."""
    listed = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    for name in (CATEGORY, "colours", "adverbs_ly"):
        lines = (shipped() / "categories" / f"{name}.txt").read_text("utf-8").splitlines()
        plain = [w for w in lines if w.isalpha() and w.islower() and w not in listed]
        listed += plain[: 45 if name == CATEGORY else None]
    listed = listed[:size]
    made = tokenizing.WordPiece({w: n for n, w in enumerate(listed)}, unk_token="[UNK]")
    return Tokenizer(made), pre_tokenizers.Whitespace()


def _bytes(_size):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(tokenizing.BPE(vocab={c: n for n, c in enumerate(alphabet)}, merges=[]))
    made.decoder = decoders.ByteLevel()
    return made, pre_tokenizers.ByteLevel(add_prefix_space=False)


def _letters(_size):
    every = string.ascii_lowercase + string.digits
    made = tokenizing.WordLevel({c: n for n, c in enumerate(every)}, unk_token="a")
    return Tokenizer(made), pre_tokenizers.Split("", "isolated")


KINDS = {"hundred": (_words, 100), "bytes": (_bytes, 256), "letters": (_letters, 36)}
KINDS |= {"two": (_words, 2)}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny Llama with each vocabulary, and a tiny BERT with the words."""
    root = tmp_path_factory.mktemp("small")
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    sizes |= {"num_attention_heads": 2, "max_position_embeddings": 256}
    for name, (make, size) in KINDS.items():
        made, before = make(size)
        made.pre_tokenizer = before
        tokenizer = hf.PreTrainedTokenizerFast(tokenizer_object=made)
        own = {"vocab_size": len(tokenizer), "pad_token_id": 0}
        module = hf.LlamaForCausalLM(hf.LlamaConfig(**sizes, **own, num_key_value_heads=1))
        models.randomised(module).save_pretrained(root / name)
        tokenizer.save_pretrained(root / name)
    models.randomised(hf.BertModel(hf.BertConfig(**sizes, **own))).save_pretrained(root / "bert")
    return root


@pytest.mark.parametrize("name", sorted(KINDS))
def test_no_command_ends_in_a_traceback(name, folders, dims, tmp_path):
    """An exception that is no CatalogError would come through `dims`."""
    lists = tmp_path / "lists"
    lists.mkdir()
    every = {"letters": string.ascii_lowercase, "most": string.ascii_lowercase + "01234567"}
    every |= {"whole": string.ascii_lowercase + string.digits, "digits": string.digits}
    for listed, words in every.items():
        (lists / f"{listed}.txt").write_text("# Characters\n" + "\n".join(words), "utf-8")
    assert dims("build", folders / name, "--sites", "resid.1,resid.2").code == 0
    told = [
        dims("info", name),
        dims("features", name, "--categories", lists),
        dims("dimension", name, "resid.1", 3),
        dims("feature", name, "resid.1", "--words", "dog,cat,goose"),
        dims("feature", name, "resid.1", "--words", ",".join(string.ascii_lowercase)),
        dims("discover", name, "resid.1"),
        dims("writers", name, "resid.1"),
        dims("flip", name, "--feature", CATEGORY, "--site", "resid.1"),
        dims("flip", name, "--feature", "3+,5-", "--site", "resid.1"),
        dims("verify", name),
    ]
    evidence = dims("evidence", name, "--json")
    assert evidence.code == 0 and len(evidence.json["rows"]) > 20
    for one in told:
        assert one.code == 0 or (one.code == 1 and one.sentence.endswith((".", "features")))
    assert told[-1].code == 0


def test_a_category_that_leaves_nothing_is_skipped_with_its_reason(folders, dims, data, tmp_path):
    """30 of 36 characters would be drawn from a bucket of 40."""
    assert dims("build", folders / "hundred").code == 0
    found = Catalog(data / "catalogs" / "hundred.duckdb")
    rows = found.categories.set_index("category")
    assert rows.at[CATEGORY, "status"] == "measured"
    measured = found.fetch(feature_queries.features("zero", "matched"))
    assert set(measured["category"]) >= {CATEGORY} and measured["p"].notna().all()
    family = np.arange(36)
    words = Vocabulary([f"w{n}" for n in range(36)], ["word"] * 36, family)
    match = words.match([f"w{n}" for n in range(20)])
    assert match.others == 16
    assert "Only 16 other items are left" in match.skipped("x").reason
    mixed = Vocabulary([f"w{n}" for n in range(60)], ["word"] * 36 + ["piece"] * 24, np.arange(60))
    assert mixed.match([f"w{n}" for n in range(20)]).others == 16  # pieces are no control


@pytest.mark.parametrize(("items", "size"), [(45, 25), (50, 30), (36, 30), (22, 21), (21, 40)])
def test_a_null_of_a_small_background_can_be_drawn(items, size):
    """The next bucket, or the set itself, may be larger than what there is."""
    site = site_of(noise(items, 16, seed=1))
    ground = ground_of(site, np.arange(items))
    drawn = Shared(site, ground, seed=3).of(size).draw(100)
    assert np.isfinite(drawn).all() and 0.3 < drawn.mean() < 0.7
    sets = ground.sets(size, 5, np.random.default_rng(0))
    assert sets.shape[1] == min(size, max(2, items - nulls.LEFT))
    assert all(len(set(row)) == len(row) for row in sets.tolist())


def test_catalogs_with_hardly_an_item_in_common_are_not_compared(folders, dims, data):
    for name in ("two", "letters"):
        assert dims("build", folders / name).code == 0
    told = dims("compare", "two", "letters", "--json")
    assert told.code == 0 and "at least 20 are needed" in told.json["refused"][0]
    a, b = (Catalog(data / "catalogs" / f"{name}.duckdb") for name in ("two", "letters"))
    with pytest.raises(SettingRefused, match="have 0 items in common"):
        sides.shared(a, b)
