"""Catalogs of tokens in context: what is read, what is left out, and that it is the model's own."""

import dataclasses
import hashlib
import json
import tracemalloc

import numpy as np
import pytest
import torch
import transformers

from catalog.browse import describe
from catalog.browse import examples as browse_examples
from catalog.building import build, verify
from catalog.commands import left_out
from catalog.errors import SettingRefused
from catalog.modalities import corpus, drawing
from catalog.model import loading, work
from catalog.signs import examples
from catalog.store import context_queries, packed_queries, queries
from catalog.store.catalog import Catalog
from catalog.store.checkpoint import Checkpoint
from tests.given import models

SENTENCE = "the cat saw an old bank by the river and the dog ran home to eat its bread again"


def text(generator, words):
    return " ".join(generator.choice(SENTENCE.split(), words))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(work, "PILOT_ITEMS", 60)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    generator = np.random.default_rng(0)
    for number in range(20):
        (folder / f"{number:02}.txt").write_text(text(generator, 90 if number % 4 else 12))
    (folder / "copy.txt").write_text((folder / "03.txt").read_text())
    (folder / "bytes.txt").write_bytes(b"\xff\xfe broken " * 20)
    (folder / "tiny.txt").write_text("the")
    lines = [json.dumps({"text": text(generator, 60), "id": n}) for n in range(5)]
    (folder / "more.jsonl").write_text("\n".join([*lines, '{"body": 1}', ""]))
    return folder


def settings(model, texts, out, **other):
    asked = {"positions": 400, "items_per_document": 16, "window": 48, "batch_size": 4}
    return build.Settings(str(model), texts=texts, out=out, **(asked | other))


@pytest.fixture(scope="module")
def path(llama, texts, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PILOT_ITEMS", 60)
        return build.build(settings(llama, texts, tmp_path_factory.mktemp("built")))


@pytest.fixture(scope="module")
def catalog(path):
    return Catalog(path)


def test_positions_are_read_in_their_texts(catalog, llama):
    model = transformers.LlamaForCausalLM.from_pretrained(llama).eval()
    positions = catalog.fetch(context_queries.positions())
    documents = catalog.fetch(context_queries.documents()).set_index("document")["ids"]
    signs = {s: catalog.signs(s, "zero") for s in ("resid.0", "resid.2", "final")}
    for number in documents.index[:6]:
        ids = np.asarray(documents[number], np.int64)
        with torch.inference_mode():
            out = model.model(torch.from_numpy(ids[None]), output_hidden_states=True)
        mine = positions[positions["document"] == number]
        assert (ids[mine["place"]] == mine["token"]).all()
        states = {"resid.0": out.hidden_states[0], "resid.2": out.hidden_states[2]}
        states["final"] = out.last_hidden_state
        for site, hidden in states.items():
            expected = hidden[0].numpy()[mine["place"].to_numpy()] > 0
            found = signs[site].bits(mine["item"].to_numpy())
            assert (found == expected).mean() > 0.999


def test_what_is_left_out_is_counted(catalog):
    source = catalog.fetch(context_queries.source()).iloc[0]
    positions = catalog.fetch(context_queries.positions())
    assert (positions["place"] >= drawing.FIRST).all()
    assert positions.groupby("document").size().max() <= 16
    assert (catalog.items["kind"] != "special").all()
    assert (source["documents"], source["duplicates"], source["short"]) == (27, 1, 1)
    skipped = catalog.fetch(context_queries.skipped()).set_index("name")["reason"]
    assert set(skipped.index) == {"bytes.txt", "more.jsonl:6"}
    assert "UTF-8" in skipped["bytes.txt"]
    documents = catalog.fetch(context_queries.documents())
    assert source["tokens"] == sum(len(ids) for ids in documents["ids"])
    assert source["filling"] == 48 * len(documents) - source["tokens"]


def test_an_items_text_marks_its_token_where_it_stands(catalog):
    documents = catalog.fetch(context_queries.documents()).set_index("document")["ids"]
    spelling = catalog.fetch(context_queries.tokens()).set_index("token")["text"]
    positions = catalog.fetch(context_queries.positions())
    for row in positions.iloc[::37].itertuples():
        shown = catalog.texts[row.item]
        ids = documents[row.document]
        before, rest = shown.split("⟦")
        token, after = rest.split("⟧")
        assert token == catalog.spelled[row.item]
        whole = "".join(spelling[i] for i in ids)
        plain = before + token.replace("␣", " ") + after
        assert plain.strip() in whole


def test_families_are_those_of_tokens(catalog):
    items = catalog.items
    for _, group in items.groupby("family"):
        assert group["family"].iloc[0] == group["item"].iloc[0]
    same = items.dropna(subset="word").groupby("word")["family"].nunique()
    assert (same == 1).all()


def test_verify_runs_the_stored_ids_again(path, catalog):
    found = verify.verify(catalog, 200, seed=1)
    assert found.passed and found.intact
    assert sum(row["mismatches"] for row in found.sites) == 0


def test_a_build_stopped_between_chunks_ends_with_the_same_hash(
    llama, texts, path, tmp_path, monkeypatch
):
    whole = Checkpoint.save
    saved = []

    def once(self, progress, bits):
        whole(self, progress, bits)
        saved.append(1)
        if len(saved) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(Checkpoint, "save", once)
    with pytest.raises(KeyboardInterrupt):
        build.build(settings(llama, texts, tmp_path))
    monkeypatch.setattr(Checkpoint, "save", whole)
    again = build.build(settings(llama, texts, tmp_path))
    assert len(Catalog(again).fetch(packed_queries.chunks())) > 3
    assert Catalog(again).build["content_hash"] == Catalog(path).build["content_hash"]


def test_names_and_order_of_files_do_not_matter_and_settings_do(llama, texts, path, tmp_path):
    other = tmp_path / "renamed"
    other.mkdir()
    for number, one in enumerate(sorted(texts.iterdir(), reverse=True)):
        (other / f"{number:03}{one.suffix}").write_bytes(one.read_bytes())
    again = Catalog(build.build(settings(llama, other, tmp_path / "a")))
    first = Catalog(path)
    ids = [c.fetch(context_queries.documents())["ids"].map(tuple).tolist() for c in (first, again)]
    assert ids[0] == ids[1]
    assert again.build["identity"] == first.build["identity"]
    longer = Catalog(build.build(settings(llama, texts, tmp_path / "b", window=40)))
    assert longer.build["identity"] != first.build["identity"]


def test_poles_and_bands_have_windows(catalog):
    positions = catalog.fetch(context_queries.positions())
    family = catalog.families
    for d in (0, 5, 31):
        found = catalog.fetch(context_queries.examples("resid.2", d)).set_index("part")
        assert set(found.index) == {*examples.POLES, *examples.BAND_NAMES}
        poles = catalog.fetch(queries.poles("resid.2", d))
        for part in found.index:
            items = np.asarray(found["items"][part], np.int64)
            if part in examples.POLES:
                assert len(items) == 0 and len(found["tints"][part]) == 8 * 17
                items = poles.loc[poles["pole"] == part, "item"].to_numpy()
                assert positions["document"][items].value_counts().max() <= 2
                assert np.unique(family[items], return_counts=True)[1].max() <= 4
            else:
                assert len(found["tints"][part]) == examples.OF_BAND * 17
                assert len(items) == len(found["values"][part]) <= examples.OF_BAND


def test_an_encoder_reads_short_texts_as_if_they_were_alone(texts, tmp_path):
    folder = models.save("bert", tmp_path / "tiny-bert")
    made = Catalog(build.build(settings(folder, texts, tmp_path / "out")))
    model = transformers.BertModel.from_pretrained(folder).eval()
    documents = made.fetch(context_queries.documents()).set_index("document")["ids"]
    positions = made.fetch(context_queries.positions())
    short = min(documents.index, key=lambda n: len(documents[n]))
    for number in (short, documents.index[0]):
        ids = torch.tensor(np.asarray(documents[number], np.int64)[None])
        with torch.inference_mode():
            hidden = model(ids, output_hidden_states=True).hidden_states[2][0]
        mine = positions[positions["document"] == number]
        found = made.signs("resid.2", "zero").bits(mine["item"].to_numpy())
        assert (found == (hidden.numpy()[mine["place"].to_numpy()] > 0)).mean() > 0.999
    assert verify.verify(made, 100, seed=0).passed


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "holds no texts"),
        ({"a.pdf": b"x"}, "holds no texts"),
        ({"a.txt": b"\xff\xfe"}, "It is not UTF-8"),
        ({"a.txt": b"the cat"}, "long enough"),
    ],
)
def test_a_folder_without_a_text_to_read_is_refused_in_a_sentence(llama, tmp_path, files, told):
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    with pytest.raises(SettingRefused, match=told) as caught:
        build.build(settings(llama, folder, tmp_path / "out"))
    assert "\n" not in str(caught.value)


def test_texts_and_other_items_are_told_apart(llama, texts, tmp_path):
    one = settings(llama, texts, tmp_path)
    for change, told in (
        ({"template": "bare"}, "--template"),
        ({"positions": 1}, "--positions"),
        ({"items_per_document": 0}, "--items-per-document"),
        ({"window": 4}, "--window"),
        ({"texts": tmp_path / "none"}, "no folder"),
        ({"texts": None}, "belongs to texts"),
    ):
        with pytest.raises(SettingRefused, match=told):
            build.build(dataclasses.replace(one, **change))


def test_a_dimension_set_by_one_word_in_one_context_shows_those_contexts_first(
    llama, tmp_path, monkeypatch
):
    """The model is edited: block 2 adds 50 to dimension 7 at `cat` right after `and`."""
    whole = loading.load
    word, before = "cat", "and"

    def edited(*args, **kwargs):
        model = whole(*args, **kwargs)
        ids = {
            w: model.tokenizer(f" {w}", add_special_tokens=False)["input_ids"]
            for w in (word, before)
        }
        last = ids[word][-1], ids[before][-1]
        seen = {}

        def note(_module, given):
            seen["ids"] = given[0]

        def plant(_module, _args, output):
            found = seen["ids"]
            here = (found[:, 1:] == last[0]) & (found[:, :-1] == last[1])
            output[:, 1:, 7] += 50 * here
            return output

        model.module.get_input_embeddings().register_forward_pre_hook(note)
        model.parts.blocks[1].mlp.register_forward_hook(plant)
        return model

    folder = tmp_path / "texts"
    folder.mkdir()
    generator = np.random.default_rng(5)
    for number in range(12):
        words = [w for w in generator.choice(SENTENCE.split(), 14) if w not in (word, before)]
        words[6:6] = [before, word] if number % 2 else ["the", word, "the", before, "the"]
        (folder / f"{number}.txt").write_text(" ".join(words))
    monkeypatch.setattr(loading, "load", edited)
    made = Catalog(build.build(settings(llama, folder, tmp_path / "out", items_per_document=80)))
    found = browse_examples.of(made, "resid.2", 7)
    first = found.part("positive")
    planted = [one for one in first if one.value > 25]
    assert len(planted) == examples.OF_FAMILY and planted == list(first[: len(planted)])
    for one in planted:
        assert "".join(one.tokens[: one.at + 1]).endswith(f"{before} {word}")
        assert one.values[one.at] == max(one.values)
    assert found.spread["positive"].passed_over >= 2  # the others of the family
    other = browse_examples.of(made, "resid.2", 8)
    assert all(abs(one.value) < 25 for one in other.rows)


def test_a_text_of_many_megabytes_in_one_line_is_read_at_one_place(llama, texts, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "long.txt").write_text("the cat saw it and the walk " * 400_000)  # 11 MB
    (folder / "short.txt").write_text((texts / "01.txt").read_text())
    found = list(corpus.documents(folder))
    tracemalloc.start()
    drawn = drawing.draw(
        corpus.documents(folder), _tokenizer(llama), drawing.Settings(window=48), lambda _n: None
    )
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 4 * corpus._PIECE * 4  # pieces, not the text
    assert [one.characters for one in found] == [11_200_000, len((texts / "01.txt").read_text())]
    assert {one.cut for one in drawn.drawn if one.name == "long.txt"} == {True}
    long = next(one for one in drawn.drawn if one.name == "long.txt")
    assert long.first > 0 and len(long.ids) == 48


def _tokenizer(folder):
    return transformers.AutoTokenizer.from_pretrained(folder)


def test_excerpts_are_those_of_the_whole_text(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "_PIECE", 7)  # cuts characters of several bytes in two
    whole = "zażółć gęślą jaźń — 猫がいる. " * 5
    (tmp_path / "a.txt").write_text("# A heading.\n" + whole, encoding="utf-8")
    (one,) = corpus.documents(tmp_path)
    assert isinstance(one, corpus._File)
    for first, count in ((0, 10), (3, 20), (50, 400), (len(whole) - 1, 5)):
        assert one.excerpt(first, count) in ("# A heading.\n" + whole)
    assert one.sha256 == hashlib.sha256(one.excerpt(0, 10**6).encode()).hexdigest()
    assert one.characters == len(one.excerpt(0, 10**6))


def test_a_text_of_one_line_is_no_heading(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "_PIECE", 8)
    for name, text in (("a", "# only one line, and all of it text"), ("b", "#long\nrest")):
        (tmp_path / f"{name}.txt").write_text(text)
    whole = [one.excerpt(0, 99) for one in corpus.documents(tmp_path)]
    assert whole == ["# only one line, and all of it text", "rest"]


def test_a_texts_own_beginning_is_not_doubled(llama, tmp_path):
    tokenizer = _tokenizer(llama)
    assert tokenizer("the cat")["input_ids"][0] == tokenizer.bos_token_id
    words = "the cat saw it and the walk " * 6
    ids = [
        drawing._ids(tokenizer, text, 60).tolist() for text in (words, tokenizer.bos_token + words)
    ]
    assert ids[1][0] == tokenizer.bos_token_id and ids[1][1] != tokenizer.bos_token_id
    assert len(ids[0]) > drawing.FIRST


def test_another_script_is_said(llama, tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text("кошка увидела старый берег реки " * (3 + number))
    made = Catalog(build.build(settings(llama, folder, tmp_path / "out")))
    told = left_out.lines(describe.info(made))
    assert any("whole words" in line for line in told)


def test_workers_make_the_same_file(llama, texts, path, tmp_path):
    """A worker collects examples as this process does: the bars it is given only save work."""
    frozen = settings(llama, texts, tmp_path, workers=2, threads=1)
    again = Catalog(build.build(frozen))
    assert again.build["content_hash"] == Catalog(path).build["content_hash"]
