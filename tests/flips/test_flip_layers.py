"""Flips of a model without next token and classes: read in a tiny BERT's later layers."""

import numpy as np
import pytest

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import flip, later_layers, report
from catalog.flips import setup as flip_setup
from catalog.flips import source as flip_features
from catalog.flips.source import Source
from catalog.store import feature_queries, packed, reading
from catalog.store.catalog import Catalog
from tests.flips.given import SITE, of


def test_agreement_and_neighbours_equal_a_plain_count(layered, worded):
    path, model = worded
    machine = flip.machine(model, Catalog(path))
    setup = layered.setup
    number = len(setup.prompts) - 1
    item = int(setup.prompts[number].text[1:])
    values = tuple((-setup.feature.signs).astype(float).tolist())
    edit = Edit(setup.site, tuple(setup.feature.dimensions.tolist()), "flip", values)
    before, after = machine.outputs(machine.encode(f"#{item}")[0], [(), (edit,)]) > 0
    for column, label in enumerate(setup.readout.labels):
        stored = flip_features.signed(Catalog(path), Source("category", "first"), label, "zero")
        place = [str(site) for site in machine.sites].index(label)
        shares = [
            (bits[place][stored.dimensions] == (stored.signs > 0)).mean()
            for bits in (before, after)
        ]
        effect = layered.effects["away"][number, column]
        np.testing.assert_allclose(effect, shares[1] - shares[0], atol=1e-9)
    every = packed.by_item(path, str(setup.readout.sites[-1]), "zero")
    items = reading.fetch(path, feature_queries.items())
    family = items["family"].to_numpy()
    bits = np.unpackbits(np.ascontiguousarray(every.T).view(np.uint8), axis=1, bitorder="little")
    able = (family == np.arange(len(family))) & (family != family[item])
    near = []
    for one in (before[-1], after[-1]):
        apart = (bits[:, : machine.dims] != one).sum(axis=1).astype(float)
        apart[~able] = np.inf
        near.append(np.argsort(apart, kind="stable")[: later_layers.NEAREST])
    assert near[0].tolist() == layered.seen[number].top.before.tolist()
    lost = 1 - np.isin(near[0], near[1]).mean()
    assert layered.beside["neighbours"]["away"][number] == pytest.approx(lost)
    assert np.abs(layered.effects["away"]).max() > 0.01


def test_only_later_sites_are_read(layered, worded):
    labels = layered.setup.readout.labels
    assert labels and "resid.0" not in labels and SITE not in labels
    moved = flip_setup.at_site(Catalog(worded[0]), layered.setup, "resid.2")
    assert moved.readout.labels == labels[1:] and len(moved.feature.dimensions)
    known = report.as_json(layered, report.summarize(layered, draws=100))
    assert list(known["by_column"]) == list(labels) and known["kl"] == {}
    mean = np.mean([one["away"]["value"] for one in known["by_column"].values()])
    assert known["conditions"]["away"]["mean"] == pytest.approx(mean)


def test_after_the_last_site_there_is_nothing_to_read(worded):
    path, model = worded
    machine = flip.machine(model, Catalog(path))
    with pytest.raises(SettingRefused, match="no later sites"):
        flip.setup(machine, Catalog(path), of("first", f"resid.{machine.layers}"))
