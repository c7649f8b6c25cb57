"""What a build will take, told from the config alone, beside what it took."""

import pytest

from catalog.building import build, estimate, plan
from catalog.building.settings import Settings
from catalog.errors import ModelUnsupported, SettingRefused
from catalog.model import loading, outline
from catalog.store.catalog import Catalog
from tests.given import media, models


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vit")
    media.pictures(folder / "pictures", per_class=10, classes=3)
    return media.save("vit", folder / "model"), folder / "pictures"


def test_sizes_are_those_of_the_built_catalog(llama, tmp_path):
    settings = Settings(str(llama), sites="k,ffn", out=tmp_path, template="bare")
    told = estimate.of(settings)
    made = plan.prepare(settings)
    assert (told.items, told.sites) == (made.work.items, len(made.work.sites))
    assert told.parameters == made.work.model.parameters and told.dims == models.DIMS
    assert told.model_bytes == 4 * told.parameters and told.memory_bytes > told.model_bytes
    assert told.file_bytes == pytest.approx(made.bytes, rel=0.25)
    written = build.build(settings).stat().st_size
    assert told.file_bytes < written  # a file has blocks of 16 kB, which a tiny one hardly fills
    assert all(
        one > 0
        for one in (told.states_seconds, told.writing_seconds, told.findings_seconds, told.seconds)
    )


def test_images_are_counted_and_cost_what_their_patches_do(vit):
    folder, pictures = vit
    told = estimate.of(Settings(str(folder), items=pictures))
    assert (told.items, told.reading) == (30, "mean")
    seen, model = outline.of(str(folder)), loading.load(str(folder))
    assert seen.parameters == model.parameters
    cost = seen.cost()
    assert len(cost.dims) == len(model.parts.blocks) + 1
    every = [p for block in model.parts.blocks for p in block.parameters()]
    blocks = sum(p.numel() for p in every if p.ndim > 1)
    assert cost.operations >= 2 * blocks * (model.positions - 1)


def test_operations_grow_with_the_positions(llama):
    seen = outline.of(str(llama))
    one, four = seen.cost(1).operations, seen.cost(4).operations
    assert 4 * one <= four <= 5 * one


@pytest.mark.parametrize("name", list(models.ARCHITECTURES))
def test_other_architectures_have_an_outline(name, tmp_path):
    folder = models.save(name, tmp_path)
    seen = outline.of(str(folder))
    assert seen.parameters == loading.load(str(folder)).parameters
    assert seen.cost(2).operations > 0


def test_a_model_whose_passes_depend_on_numbers_is_a_sentence(llama, monkeypatch):
    seen = outline.of(str(llama))

    def branch(*_args, **_kwargs):
        raise RuntimeError("Tensor.item() cannot be called on meta tensors")

    monkeypatch.setattr(seen.module.base_model, "forward", branch)
    with pytest.raises(ModelUnsupported, match="cannot be told from its config alone"):
        seen.cost(1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"thresholds": ("mean",)}, "--thresholds takes"),
        ({"sites": "resid.99"}, "resid.99"),
        ({"device": "cuda:7"}, "no such device"),
        ({"template": "no place"}, "exactly one {}"),
    ],
)
def test_bad_settings_are_refused_as_by_a_build(llama, asked, told):
    with pytest.raises(SettingRefused, match=told):
        estimate.of(Settings(str(llama), **asked))


def test_items_that_are_not_there(vit, tmp_path):
    folder, _ = vit
    with pytest.raises(SettingRefused, match="Give --items"):
        estimate.of(Settings(str(folder)))
    with pytest.raises(SettingRefused, match="There is no image in"):
        estimate.of(Settings(str(folder), items=tmp_path))
    with pytest.raises(SettingRefused, match="not of --texts"):
        estimate.of(Settings(str(folder), texts=tmp_path))


def test_the_command(llama, dims, tmp_path):
    found = dims("plan", llama, "--json")
    assert found.code == 0 and found.json["items"] == models.VOCABULARY
    assert found.json["seconds"] >= found.json["states_seconds"] > 0
    shown = dims("plan", llama)
    assert shown.code == 0 and "memory" in shown.out and "480" in shown.out
    assert dims("plan", tmp_path / "none").code == 1


def test_a_build_says_what_its_findings_will_take(llama, dims, tmp_path):
    found = dims("build", llama, "--template", "bare", "--out", tmp_path, "--no-findings")
    assert found.code == 0 and ", findings " in found.err
    assert Catalog(next(tmp_path.glob("*.duckdb"))).path.is_file()
