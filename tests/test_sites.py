"""Names of sites, and what --sites and --layers choose."""

import pytest

from catalog.errors import SettingRefused
from catalog.sites import KINDS, Site, wanted


def names(*arguments):
    return [str(site) for site in wanted(*arguments)[0]]


@pytest.mark.parametrize("name", ["resid.0", "resid.12", "final", "k.3", "v.1", "ffn.2"])
def test_a_name_survives_parsing(name):
    assert str(Site.parse(name)) == name
    assert Site.parse(f" {name} ") == Site.parse(name)


@pytest.mark.parametrize(
    "name",
    ["", "resid", "resid.", "resid.-1", "final.0", "q.1", "k.0", "ffn.0", "resid.1.2", "k,v"],
)
def test_another_name_is_refused_with_examples(name):
    with pytest.raises(SettingRefused, match="is not a site"):
        Site.parse(name)


def test_the_default_is_every_residual_site_and_final():
    assert names(None, None, 2) == ["resid.0", "resid.1", "resid.2", "final"]


def test_kinds_are_added_to_the_default():
    expected = ["resid.0", "resid.1", "resid.2", "final", "k.1", "k.2", "v.1", "v.2"]
    assert names("v, k", None, 2) == expected
    assert names("ffn", None, 1) == ["resid.0", "resid.1", "final", "ffn.1"]


def test_sites_by_name_stand_alone():
    assert names("resid.5,final,resid.0", None, 6) == ["resid.0", "resid.5", "final"]
    assert names("k.2", None, 3) == ["k.2"]
    assert names("resid", None, 1) == ["resid.0", "resid.1"]


def test_only_what_was_named_counts_as_named():
    assert wanted("k,resid.1", None, 2)[1] == {Site("resid", 1)}
    assert wanted("final", None, 2)[1] == {Site("final")}
    assert wanted("k,v", None, 2)[1] == set()


def test_layers_keep_some():
    assert names(None, "0-1,3", 4) == ["resid.0", "resid.1", "resid.3", "final"]
    assert names("k", "0,2", 2) == ["resid.0", "resid.2", "final", "k.2"]


@pytest.mark.parametrize("layers", ["99", "0-99", "7"])
def test_layers_beyond_the_model_are_refused(layers):
    with pytest.raises(SettingRefused, match=r"the model has 6 blocks"):
        wanted(None, layers, 6)


@pytest.mark.parametrize("layers", ["", "x", "1-", "-1", "1;2", "1.5", "4-2"])
def test_layers_that_are_no_list_are_refused(layers):
    with pytest.raises(SettingRefused, match="--layers"):
        wanted(None, layers, 6)


def test_a_site_beyond_the_model_is_refused():
    with pytest.raises(SettingRefused, match=r"no resid\.9: the model has 6 blocks"):
        wanted("resid.9", None, 6)


def test_an_unknown_kind_of_site_is_refused():
    with pytest.raises(SettingRefused, match="'q' is no kind of site; there are resid, final, k"):
        Site("q", 1)


def test_every_kind_has_its_place_in_the_order():
    every = [Site(kind, span.first) for kind, span in KINDS.items()]
    assert sorted(reversed(every), key=lambda site: site.order) == every
    assert names(",".join(KINDS), None, 1) == [
        "resid.0", "resid.1", "final", "k.1", "v.1", "ffn.1",
    ]  # fmt: skip
