"""Data > Take it along: a file in each format, one's own word on labels; nothing while blind."""

import io
import zipfile

import pytest

from catalog.sharing import exporting
from catalog.store.catalog import Catalog
from catalog.workspace import consent
from catalog.workspace.file import open_workspace
from tests.dashboard.test_dashboard import literal, show
from tests.dashboard.test_labeling_pages import app, at, folder, open_for, say

__all__ = ["app", "folder"]


def people():
    with open_workspace() as workspace:
        return consent.people(workspace)


def test_every_format_is_offered_with_what_it_holds(app):
    at(app, "export", "ada")
    (form,) = (box for box in app.selectbox if box.key == "export.format")
    assert form.options == list(exporting.FORMATS)
    for name in form.options:
        form.set_value(name).run()
        assert not app.exception and app.get("download_button")


@pytest.mark.parametrize("form", ["parquet", "csv", "saedashboard"])
def test_the_file_is_a_zip_of_the_export(folder, form):
    packed = exporting.zipped(Catalog(folder / "catalogs" / "hostile.duckdb"), form)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
    assert all(name.startswith(f"hostile-{form}/") for name in names)
    assert f"hostile-{form}/about.json" in names and len(names) > 4


def test_labels_leave_by_ones_own_word_alone(app, folder):
    say("ada", 3)
    at(app, "export", "ada")
    switch = next(one for one in app.toggle)
    assert switch.value is False and people() == frozenset()
    switch.set_value(True).run()
    assert people() == {"ada"} and next(iter(app.toggle)).value is True
    next(iter(app.toggle)).set_value(False).run()
    assert people() == frozenset()


def test_who_works_blind_takes_nothing_along(app):
    open_for("ada")
    at(app, "export", "ada")
    assert "Close your open queue first" in literal(app)
    assert not app.get("download_button")


def test_without_a_name_there_is_no_switch(app):
    show(app, "export", catalog="hostile")
    assert not app.toggle and "Say who you are" in literal(app)


def test_a_large_catalog_is_written_by_a_command(app, monkeypatch):
    monkeypatch.setattr(exporting, "PACKED", 10.0)
    at(app, "export", "ada")
    assert "too much for a browser" in literal(app) and not app.get("download_button")
    assert "dims export hostile --format parquet" in "".join(one.value for one in app.code)
