"""Three small catalogs with their models: of a next token, of classes, of neither."""

import pytest
import transformers as hf

from catalog.building.build import build
from catalog.building.plan import Settings
from catalog.features import discovery, findings
from catalog.flips import flip
from catalog.flips import run as flips
from catalog.model import loading
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from tests.flips.given import CLASSES, DIMS, of
from tests.given import media, models


def two_categories(catalog, kind, folder):
    """Write lists of 24 words of a kind each, one of a family, and measure them."""
    items = catalog.fetch(feature_queries.items())
    usable = items[items["word"].notna() & (items["family"] == items["item"])]
    listed = [str(one) for one in usable[usable["kind"] == kind]["word"].unique()]
    listed = [one for one in listed if one.isascii() and one.isalnum()]
    folder.mkdir(parents=True)
    for number, name in enumerate(("first", "second")):
        lines = [f"# {name}", f"# kind: {kind}", *listed[number * 24 : number * 24 + 24]]
        (folder / f"{name}.txt").write_text("\n".join(lines) + "\n")
    findings.measure(catalog, folder, matched_nulls="primary")


@pytest.fixture(scope="package")
def catalog(llama, tmp_path_factory):
    """A tiny Llama's catalog; two categories of pieces, and features discovered at resid.1."""
    folder = tmp_path_factory.mktemp("flip") / "data"
    path = build(Settings(model=str(llama), out=folder / "catalogs"))
    two_categories(Catalog(path), "piece", folder / "categories")
    discovery.discover(Catalog(path), "resid.1", seeds=40)
    return path


@pytest.fixture(scope="package")
def pictured(tmp_path_factory):
    """Catalog and model of a tiny ViT with a head, over four classes of coloured pictures."""
    folder = tmp_path_factory.mktemp("flip-items")
    made = headed(folder / "vit")
    shown = media.pictures(folder / "items", per_class=44, classes=CLASSES)
    asked = Settings(
        str(made), items=shown, sites="resid.0,resid.1,resid.2", out=folder / "data" / "catalogs"
    )
    path = build(asked)
    findings.measure(Catalog(path), report=lambda *_: None, matched_nulls="primary")
    return path, loading.load(str(made), device="cpu")


def headed(folder):
    """A tiny random ViT with a head on classes, wide enough that random controls can be matched."""
    config = media.IMAGES["vit"][0]()
    config.hidden_size = DIMS
    config.id2label = {n: f"class {n}" for n in range(CLASSES)}
    config.label2id = {f"class {n}": n for n in range(CLASSES)}
    module = hf.AutoModelForImageClassification.from_config(config)
    media.randomised(module).save_pretrained(folder)
    media.IMAGES["vit"][1]().save_pretrained(folder)
    return folder


@pytest.fixture(scope="package")
def worded(tmp_path_factory):
    """Catalog and model of a tiny BERT, with two categories of its commonest kind of token."""
    folder = tmp_path_factory.mktemp("flip-layers")
    made = models.save("bert", folder / "bert")
    path = build(Settings(model=str(made), out=folder / "data" / "catalogs"))
    items = Catalog(path).fetch(feature_queries.items())
    usable = items[items["word"].notna() & (items["family"] == items["item"])]
    kind = usable["kind"].value_counts().idxmax()
    two_categories(Catalog(path), kind, folder / "data" / "categories")
    return path, loading.load(str(made), device="cpu")


@pytest.fixture(scope="package")
def flipped(pictured):
    """A run on classes."""
    path, model = pictured
    machine = flip.machine(model, Catalog(path))
    return flips.run(machine, flip.setup(machine, Catalog(path), of("class 1")))


@pytest.fixture(scope="package")
def layered(worded):
    """A run on later layers."""
    path, model = worded
    machine = flip.machine(model, Catalog(path))
    wanted = of("first", each=4, dimensions=5)
    return flips.run(machine, flip.setup(machine, Catalog(path), wanted))
