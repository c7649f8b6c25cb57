"""`dims evidence --sae`: a dictionary on a catalog, what is kept, and what is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

from catalog.building import build
from catalog.errors import NotInCatalog, SettingRefused
from catalog.evidence import contest, from_dictionaries
from catalog.features import findings
from catalog.store import contest_queries, feature_queries, replacing
from catalog.store.catalog import Catalog
from tests.given import models

LATENTS = 48


def sae(folder, dims=models.DIMS, hook="blocks.1.hook_resid_post"):
    generator = np.random.default_rng(0)
    folder.mkdir()
    decoder = generator.normal(size=(LATENTS, dims)).astype(np.float32)
    arrays = {
        "W_enc": np.ascontiguousarray(decoder.T),
        "b_enc": np.zeros(LATENTS, np.float32),
        "W_dec": decoder,
        "b_dec": np.zeros(dims, np.float32),
    }
    save_file(arrays, folder / "sae_weights.safetensors")
    told = {"architecture": "topk", "k": 6, "d_in": dims, "d_sae": LATENTS, "hook_name": hook}
    (folder / "cfg.json").write_text(json.dumps(told))
    return folder


@pytest.fixture(scope="module")
def measured(llama, tmp_path_factory):
    """A tiny catalog with nine lists of forty pieces each, drawn at random."""
    folder = tmp_path_factory.mktemp("sae")
    catalog = Catalog(build.build(build.Settings(str(llama), template="bare", out=folder)))
    items = catalog.items
    able = items[(items["kind"] == "piece") & (items["family"] == items["item"])]
    words = [w for w in able["word"].dropna() if w.isalpha()]
    generator = np.random.default_rng(1)
    lists = folder / "lists"
    lists.mkdir()
    for number in range(9):
        chosen = generator.choice(words, 44, replace=False)
        text = "\n".join([f"# List {number}.", "# kind: piece", *chosen, ""])
        (lists / f"list{number}.txt").write_text(text)
    found = findings.find(catalog, lists, matched_nulls="primary")
    replacing.write(catalog.path, {n: found.tables.get(n, []) for n in replacing.MEASURED})
    return catalog


def test_a_contest_of_noise_is_kept_beside_the_claims(measured, tmp_path):
    before = measured.build["findings_hash"]
    row = from_dictionaries.measure(measured, sae(tmp_path / "noise"))
    assert row["claim"] == "dictionary" and row["verdict"] in ("does not hold", "partly")
    made = measured.fetch(contest_queries.dictionaries()).iloc[0]
    assert (made["name"], made["site"], made["latents"]) == ("noise", "resid.2", LATENTS)
    rows = measured.fetch(contest_queries.mean_aucs())
    assert set(rows["unit"]) >= set(contest.AT_K)
    assert abs(rows.loc[rows["unit"] == "signs", "auc"] - 0.5).max() < 0.1  # random lists
    assert measured.fetch(feature_queries.evidence()).empty  # the other claims still wait
    assert from_dictionaries.held(measured) == [row]
    assert measured.build["findings_hash"] != before
    replacing.write(measured.path, {"dictionary": [], "contest": []})
    assert measured.build["findings_hash"] == before  # as if these tables were not there
    from_dictionaries.measure(measured, tmp_path / "noise")


def test_a_second_contest_replaces_the_first_and_joins_the_table(measured, tmp_path):
    other = {**from_dictionaries.held(measured)[0], "claim": "cost", "position": 0}
    replacing.write(measured.path, {"evidence": [other]})
    from_dictionaries.measure(measured, sae(tmp_path / "again"))
    assert measured.fetch(contest_queries.dictionaries())["name"].tolist() == ["again"]
    assert measured.fetch(feature_queries.evidence())["claim"].tolist() == ["cost", "dictionary"]


def test_a_dictionary_of_another_width_or_site_is_refused(measured, tmp_path):
    with pytest.raises(SettingRefused, match="belongs to another model"):
        from_dictionaries.measure(measured, sae(tmp_path / "wide", models.DIMS + 8))
    with pytest.raises(NotInCatalog, match=r"reads resid\.9"):
        from_dictionaries.measure(measured, sae(tmp_path / "far", hook="blocks.8.hook_resid_post"))
