"""The report of a reproduction: its figures are the evidence tables', what people wrote is kept."""

import json

import pytest

from catalog.browse import reproduction
from catalog.browse.reproduction import BEGIN, END, Reproduction
from catalog.errors import NotInCatalog
from catalog.figures import reproduction as figures
from catalog.store import replacing
from catalog.store.catalog import Catalog
from tests.dashboard.test_feature_pages import evidence
from tests.given import feature_catalog

CURVES = {"layer": [0.0, 1.0], "bare": [0.6, 0.7], r"\n{}": [0.61, 0.95]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reproduction") / "data"
    path = feature_catalog.write(folder)
    rows = [
        evidence("reading", 0.01) | {"curves": json.dumps(CURVES), "verdict": "holds"},
        evidence("training", None) | {"position": 2, "verdict": "cannot be tested"},
        evidence("discoverable", 0.4)
        | {"position": 3, "controls": json.dumps({"random": 0.0, "paper's procedure": 0.75})},
    ]
    replacing.write(path, {"evidence": rows})
    return Reproduction.of([Catalog(path)])


def test_a_row_says_figure_control_procedure_and_verdict(made):
    page = made.page(None)
    row = next(r for r in made.rows[made.catalogs[0].slug] if r["claim"] == "discoverable")
    line = next(one for one in page.splitlines() if "figure 0.75" in one)
    assert f"{row['value']:.3g} [{row['low']:.3g}, {row['high']:.3g}]" in line
    assert line.rstrip(" |").endswith(row["verdict"])
    assert f"{row['statement']} | " in page.split("## Verdicts")[1]
    assert str(made.catalogs[0].build["content_hash"])[:16] in page


def test_what_was_written_by_hand_is_kept(made, tmp_path):
    page = reproduction.write(made, tmp_path)
    text = page.read_text("utf-8")
    page.write_text(text.replace(BEGIN, f"Before.\n{BEGIN}").replace(END, f"{END}\nAfter."))
    again = reproduction.write(made, tmp_path).read_text("utf-8")
    assert "Before.\n" in again and again.rstrip().endswith("After.")
    assert again.count("## Verdicts") == 1
    data = json.loads((tmp_path / "reproduction.json").read_text("utf-8"))
    assert {row["claim"] for row in data[made.catalogs[0].slug]} >= {"reading", "training"}


def test_readings_have_a_line_each_and_the_figure_is_drawn(made, tmp_path):
    frame = made.readings()
    assert frame.groupby("reading")["auc"].max().to_dict() == {"bare": 0.7, r"\n{}": 0.95}
    pytest.importorskip("vl_convert")
    figures.figure(frame, made.verdicts()).save(str(tmp_path / "f.svg"))
    drawn = (tmp_path / "f.svg").read_text("utf-8")
    assert "discoverable" in drawn and "mean prototype AUC" in drawn


def test_nothing_to_report_on_is_refused(tmp_path):
    with pytest.raises(NotInCatalog, match="Build one"):
        Reproduction.of([])
    path = feature_catalog.write(tmp_path / "data")
    with pytest.raises(NotInCatalog, match="dims evidence"):
        Reproduction.of([Catalog(path)])
