"""Which class loads a model, what it reads, and which of its towers: from configs and folders."""

import json

import numpy as np
import pytest
import torch
import transformers as hf

from catalog.building import plan
from catalog.building.settings import Settings
from catalog.errors import SettingRefused
from catalog.model import classes, loading, opening
from catalog.model.recording import recording
from catalog.model.token_machine import Machine
from catalog.sites import Site
from tests.given import architectures, models
from tests.given.small import small

IDS = torch.tensor([[3, 9, 30, 17, 4]])


def saved(module, folder, **config):
    """A model's folder with the tokenizer, its config changed."""
    models.save_module(module, folder)
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | config))
    return folder


@pytest.mark.parametrize(
    ("kind", "modality", "causal"),
    [
        ("DINOv3ViT", "image", False), ("ViTMAE", "image", False), ("IJepa", "image", False),
        ("Siglip2", "image", False), ("CLIP", "image", False), ("Clap", "text", False),
        ("Moonshine", "audio", False), ("Wav2Vec2Bert", "audio", False),
        ("ParakeetCTC", "audio", False), ("Speech2Text", "audio", False),
        ("Whisper", "audio", False), ("Llava", "text", True), ("Mistral3", "text", True),
        ("Qwen2_5_VL", "text", True), ("Qwen3VL", "text", True), ("Gemma3", "text", True),
        ("Qwen2Audio", "text", True), ("Llama", "text", True), ("GPT2", "text", True),
        ("Bert", "text", False), ("T5", "text", False), ("Marian", "text", False),
        ("Blip", "text", False), ("XLMRoberta", "text", False),
    ],
)  # fmt: skip
def test_modality_and_kind_of_a_config_alone(kind, modality, causal):
    found = classes.Classes.of(getattr(hf, f"{kind}Config")())
    assert (found.modality, found.causal) == (modality, causal)


def test_a_llama_whose_config_names_no_class_is_a_causal_lm(tmp_path):
    module = models.model("llama")
    model = loading.load(str(saved(module, tmp_path / "bare", architectures=None)))
    assert model.causal and model.architecture == "LlamaForCausalLM"
    assert torch.equal(model.module(IDS)[0], module(IDS)[0])


@pytest.mark.parametrize("name", ["LLaVA", "Gemma 3 wrapped", "Qwen 2.5 VL"])
def test_a_wrapper_of_a_causal_lm_has_its_head_and_is_flipped(name, tmp_path):
    module = architectures.model(name)
    model = loading.load(str(saved(module, tmp_path / "wrapper")))
    assert model.causal and model.modality == "text" and model.vocabulary == 96
    machine, ids = Machine(model), IDS[0].numpy()
    site = Site("resid", 1)
    states = machine.states(ids, site)
    plain = machine.outputs(ids, [()])[0]
    with torch.inference_mode():
        expected = module(input_ids=IDS).logits[0, -1].numpy()
    np.testing.assert_allclose(plain, expected, rtol=1e-4, atol=1e-5)
    ends = machine.ends(ids[None], site, np.stack([states, -states])[:, None])
    same, flipped = machine.scores(ends)[:, 0]
    np.testing.assert_allclose(same, plain, rtol=1e-4, atol=1e-4)
    assert np.abs(flipped - plain).max() > 1e-2


def test_marian_as_it_is_saved_has_its_sines_again(tmp_path):
    config = small(hf.MarianConfig, decoder_start_token_id=0)
    module = models.randomised(hf.MarianMTModel(config))
    sines = module.model.encoder.embed_positions
    sines.weight.copy_(hf.MarianMTModel(config).model.encoder.embed_positions.weight)
    model = loading.load(str(saved(module, tmp_path / "marian")))
    with torch.inference_mode():
        expected = module.model.encoder(IDS).last_hidden_state
        with recording(model.module, model.parts, [Site("resid", 3)], lambda h: h) as seen:
            model.parts.trunk(input_ids=IDS)
    assert torch.equal(seen[Site("resid", 3)], expected)


@pytest.mark.parametrize(
    ("config", "kind"), [(hf.T5Config, "T5Model"), (hf.BartConfig, "BartModel")]
)
def test_the_decoder_of_an_encoder_decoder_is_read_alone(config, kind, tmp_path):
    module = models.randomised(getattr(hf, kind)(small(config, decoder_start_token_id=0)))
    folder = saved(module, tmp_path / "both")
    whole, part = loading.load(str(folder)), loading.load(str(folder), part="decoder")
    assert whole.architecture == kind and part.architecture.endswith(" (decoder)")
    assert not part.causal and len(part.parts.blocks) == 3
    with torch.inference_mode():
        expected = module.get_decoder()(input_ids=IDS, output_hidden_states=True, use_cache=False)
        with recording(part.module, part.parts, [Site("resid", 2)], lambda h: h) as seen:
            part.parts.trunk(input_ids=IDS, use_cache=False)
    assert torch.equal(seen[Site("resid", 2)], expected.hidden_states[2])
    key = opening.ModelKey.held(part)
    assert key.part == "decoder" and opening.load(key).architecture == part.architecture
    assert opening.ModelKey.held(whole).part is None


def test_part_is_part_of_the_identity_only_where_it_is_the_decoder(tmp_path):
    module = models.randomised(hf.BartModel(small(hf.BartConfig, vocab_size=models.VOCABULARY)))
    folder = saved(module, tmp_path / "bart")
    known = {}
    for part in (None, "encoder", "decoder"):
        settings = Settings(str(folder), part=part, out=tmp_path, template="bare")
        known[part] = plan.prepare(settings).identity
    assert known[None] == known["encoder"] and "part" not in known[None]
    assert known["decoder"] == known[None] | {"part": "decoder"}


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"part": "decoder"}, "tiny-llama is no encoder-decoder (llama). Leave --part out."),
        ({"part": "middle"}, "--part 'middle' is not one of encoder, decoder."),
        ({"modality": "image"}, "tiny-llama is a model of text, not of image"),
    ],
)
def test_a_tower_that_is_not_there_is_refused(llama, asked, sentence):
    with pytest.raises(SettingRefused) as refusal:
        loading.load(str(llama), **asked)
    assert sentence in str(refusal.value)


def test_modality_chooses_the_tower(tmp_path):
    config = hf.CLIPConfig(
        text_config=small(hf.CLIPTextConfig, vocab_size=models.VOCABULARY).to_dict(),
        vision_config=small(hf.CLIPVisionConfig, patch_size=16).to_dict(),
        projection_dim=8,
    )
    module = models.randomised(hf.CLIPModel(config))
    folder = saved(module, tmp_path / "clip")
    hf.CLIPImageProcessorPil(
        size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
    ).save_pretrained(folder)
    words = loading.load(str(folder), modality="text")
    assert words.modality == "text" and words.parts.final_norm is not None
    with torch.inference_mode():
        expected = module.text_model(IDS, output_hidden_states=True).hidden_states[2]
        with recording(words.module, words.parts, [Site("resid", 2)], lambda h: h) as seen:
            words.parts.trunk(input_ids=IDS)
    assert torch.equal(seen[Site("resid", 2)], expected)
    assert loading.load(str(folder)).modality == "image"
    assert opening.load(opening.ModelKey.held(words)).modality == "text"


@pytest.mark.parametrize(
    ("name", "modality", "kind"),
    [
        ("Gemma 3 wrapped", "image", "SiglipVisionModel"),
        ("LLaVA", "image", "CLIPVisionModel"),
        ("Qwen 2 Audio", "audio", "Qwen2AudioEncoder"),
    ],
)
def test_each_tower_is_found_by_what_models_call_it(name, modality, kind):
    module = architectures.model(name)
    chosen = classes.Classes.of(module.config, modality)
    assert type(chosen.tower_of(module)).__name__ == kind and chosen.modality == modality


def test_final_is_listed_as_absent_where_it_is_named_and_is_not_there(tmp_path):
    folder = models.save("bert", tmp_path / "bert")
    made = plan.prepare(Settings(str(folder), sites="resid,final,ffn", out=tmp_path))
    assert made.absent == {Site("final"): "No norm follows the last block."}
    with pytest.raises(SettingRefused, match=r"has no ffn\.9|There is no ffn\.9"):
        plan.prepare(Settings(str(folder), sites="ffn.9", out=tmp_path))
