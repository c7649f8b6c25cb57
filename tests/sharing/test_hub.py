"""The hub: what is published, what a link brings, and what is refused. Against a hub of our own."""

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from huggingface_hub import constants

import catalog
from catalog.commands import serve
from catalog.errors import (
    CatalogBusy,
    CatalogMissing,
    CatalogUnreadable,
    DiskFull,
    HubRefused,
    SettingRefused,
)
from catalog.sharing import card, hub, publishing
from catalog.sharing.hub import Link
from catalog.store import file, hashing, integrity
from catalog.store.catalog import Catalog
from catalog.workspace import consent, labels
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension, of_build
from catalog.workspace.values import Answer, Circumstances
from dashboard.common import catalogs
from tests.given import hub_datasets as given
from tests.sharing.conftest import TOKEN

NAME = "ada/animals"
LINK = f"hf://{NAME}"


def publish(path="measured", **asked):
    found = Catalog(Path(os.environ["DIMS_DATA"]) / "catalogs" / f"{path}.duckdb")
    return publishing.publish(found, publishing.Asked(NAME, licence="mit", **asked))


def elsewhere(monkeypatch, folder):
    """Another data folder, as on another machine."""
    monkeypatch.setenv("DIMS_DATA", str(folder))
    return folder


def test_a_catalog_that_was_published_opens_elsewhere_with_equal_hashes(
    served, hashed, tmp_path, monkeypatch
):
    there = publish()
    elsewhere(monkeypatch, tmp_path / "other")
    found = catalog.open(LINK)
    own = Catalog(hashed).build
    assert found.build["content_hash"] == own["content_hash"] == there.content_hash
    assert found.build["findings_hash"] == own["findings_hash"] == there.findings_hash
    assert found.path.read_bytes() == hashed.read_bytes()
    assert re.fullmatch(r"animals-[0-9a-f]{8}", found.slug)
    assert found.path.parent == tmp_path / "other" / "catalogs"
    served.sent.clear()
    assert catalog.open(there.link) == found  # the commit: the same file, not fetched again
    assert not [line for line in served.sent if "resolve" in line]


def test_the_card_says_everything_of_the_identity(served, hashed):
    there = publish(message="First")
    files = served.repositories[NAME].at(there.commit)[1]
    said, build = files["README.md"].decode(), Catalog(hashed).build
    for name, value in build.items():
        assert name in ("slug", "schema_version", "versions") or f"| {card.cell(name)} |" in said
        if isinstance(value, str) and name not in ("slug", "versions"):
            assert card.cell(value) in said, name
    assert said.startswith("---\nlicense: mit\n") and f"dims open {LINK} " in said
    assert "were not tested on this catalog" in said
    manifest = json.loads(files["catalog.json"])
    assert manifest["content_hash"] == build["content_hash"] and manifest["file"] == there.file
    assert str(hashed.parent) not in said + files["catalog.json"].decode()


def test_the_card_shows_the_evidence_and_hostile_strings_literally(served, data):
    row = {
        "claim": "c", "position": 1, "statement": "a <script> | **b** `c` ![i](http://x)",
        "measure": "auc", "value": 0.9, "low": 0.8, "high": 0.95, "controls": '{"null": 0.5}',
        "strongest": "null", "paper": "", "verdict": "holds", "reason": "above", "method": "",
        "n": 3, "unit": "", "cell": "", "curves": "{}", "seconds": 1.0,
    }  # fmt: skip
    from catalog.store import replacing

    replacing.write(data / "catalogs" / "measured.duckdb", {"evidence": [row]})
    commit = publish().commit
    said = served.repositories[NAME].at(commit)[1]["README.md"].decode()
    assert r"a &lt;script&gt; \| \*\*b\*\* \`c\` \!\[i\]\(http\://x\)" in said
    assert r"0.900 \[0.800, 0.950\]" in said and "null 0.5" in said
    assert r"holds\: above" in said


def test_a_repository_that_is_made_private_opens_for_its_owner_alone(served, tmp_path, monkeypatch):
    publish(private=True)
    assert served.repositories[NAME].private
    elsewhere(monkeypatch, tmp_path / "other")
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(CatalogMissing, match=r"no repository ada/animals .* or it is private"):
        hub.fetch(LINK)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert hub.fetch(LINK).is_file()


def test_revisions(served, data, tmp_path, monkeypatch):
    first, path = publish(), data / "catalogs" / "measured.duckdb"
    path.write_bytes(given.tampered(path, "UPDATE build SET seconds = 77"))  # no hash covers it
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    assert catalog.open(LINK).build["seconds"] == 77
    old = catalog.open(first.link)
    assert old.build["seconds"] != 77 and old != catalog.open(LINK)
    with pytest.raises(CatalogMissing, match="ada/animals has no such revision"):
        hub.fetch(f"{LINK}@nowhere")


def test_a_cut_download_goes_on_behind_what_has_come(served, hashed, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 50_000)  # 10 MB: what is kept at a time
    served.cut, size = 150_000, hashed.stat().st_size
    with pytest.raises(HubRefused, match=r"was cut after .* of .* MB\. .* goes on behind it"):
        hub.fetch(LINK)
    (part,) = (tmp_path / "other" / "hub").glob("*.part")
    have = part.stat().st_size
    assert 0 < have < size and not (tmp_path / "other" / "catalogs").exists()
    served.cut = served.status = 0
    served.sent.clear()
    assert hub.fetch(LINK).read_bytes() == hashed.read_bytes()
    assert [line for line in served.sent if f"bytes={have}-" in line]
    assert not part.exists()


TAMPERED = {
    "a sign": ("UPDATE dimension_sign SET share_positive = 0.5", "items, signs or statistics"),
    "an item": ("UPDATE item SET text = 'other' WHERE item = 7", "items, signs or statistics"),
    "a finding": ("DELETE FROM member", "findings"),
    "the hash": (f"UPDATE build SET content_hash = '{'0' * 64}'", "items, signs or statistics"),
    "a view": ("CREATE VIEW more AS SELECT * FROM read_text('/etc/passwd')", "view or macro"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_catalog_that_was_tampered_with_is_refused_and_named(
    served, hashed, tmp_path, monkeypatch, what
):
    publish()
    statement, named = TAMPERED[what]
    served.repositories[NAME].add({"measured.duckdb": given.tampered(hashed, statement)})
    elsewhere(monkeypatch, tmp_path / "other")
    with pytest.raises(CatalogUnreadable, match=rf"hf://ada/animals is not opened.*{named}"):
        hub.fetch(LINK)
    assert not list((tmp_path / "other").rglob("*.duckdb"))
    assert not list((tmp_path / "other").rglob("*.part"))  # the next one begins anew


def test_a_file_that_was_rewritten_with_new_hashes_differs_from_what_is_said_beside_it(
    served, hashed, tmp_path, monkeypatch
):
    publish()
    other = tmp_path / "measured.duckdb"
    other.write_bytes(given.tampered(hashed, "UPDATE item SET text = 'other' WHERE item = 7"))
    with file.session() as connection:
        connection.execute("ATTACH ? AS catalog", [str(other)])
        digest = hashing.content_hash(connection)
        connection.execute("UPDATE catalog.build SET content_hash = ?", [digest])
    served.repositories[NAME].add({"measured.duckdb": other.read_bytes()})
    elsewhere(monkeypatch, tmp_path / "other")
    with pytest.raises(CatalogUnreadable, match=r"content_hash of measured.duckdb .* catalog.json"):
        hub.fetch(LINK)


def test_bytes_that_changed_on_their_way_are_refused(served, hashed, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    remote = hub.find(Link.parse(LINK))
    part = hub.folder() / f"{remote.place.stem}.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(bytes(1000))  # a download that was broken in its first bytes
    with pytest.raises(CatalogUnreadable, match=r"did not come as it was published: its SHA-256"):
        hub.fetch(LINK)
    assert hub.fetch(LINK).is_file()


def test_another_hash_than_the_one_asked_for(served, hashed, dims, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    own = Catalog(hashed).build["content_hash"]
    assert dims("open", LINK, "--hash", own, "--json").json["content_hash"] == own
    told = dims("open", LINK, "--hash", "f" * 64, "--fetch-only")
    assert told.code == 1 and "ffffffffffff was asked for" in told.sentence


def test_what_was_opened_is_what_the_dashboard_begins_with(
    served, dims, tmp_path, monkeypatch, data
):
    publish()
    started = []

    def run(command, env, **_):
        started.append(env)
        return subprocess.CompletedProcess(command, 0)

    folder = elsewhere(monkeypatch, tmp_path / "other")
    (folder / "catalogs").mkdir(parents=True)
    shutil.copyfile(data / "catalogs" / "measured.duckdb", folder / "catalogs" / "a.duckdb")
    monkeypatch.setattr(serve.subprocess, "run", run)
    assert dims("open", LINK).code == 0
    monkeypatch.setenv("DIMS_CATALOG", started[0]["DIMS_CATALOG"])
    assert catalogs.listed()[0].catalog.slug.startswith("animals-")


def test_a_repository_without_a_catalog_and_one_with_several(served, hashed):
    served.repositories[NAME] = given.Repository()
    served.repositories[NAME].add({"README.md": b"empty"})
    with pytest.raises(CatalogMissing, match=r"has no catalog: there is no .duckdb file"):
        hub.fetch(LINK)
    served.repositories[NAME].add({"a.duckdb": hashed.read_bytes(), "b.duckdb": b"other"})
    with pytest.raises(CatalogMissing, match=r"has 2 catalogs. Name one: .*a.duckdb, b.duckdb"):
        hub.fetch(LINK)
    assert hub.fetch(f"{LINK}/a.duckdb").is_file()
    with pytest.raises(CatalogMissing, match=r"has no c.duckdb, but a.duckdb"):
        hub.fetch(f"{LINK}/c.duckdb")
    with pytest.raises(CatalogUnreadable, match="is no catalog, or one of another version"):
        hub.fetch(f"{LINK}/b.duckdb")


@pytest.mark.parametrize("link", ["hf://", "hf://ada", "hf://a/b/c/d", "hf://a b/c", "http://x/y"])
def test_what_is_no_link(link):
    with pytest.raises(SettingRefused, match="is no link to a catalog"):
        Link.parse(link)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("hf://ada/animals", Link("ada/animals")),
        ("hf://datasets/ada/animals@v1.0", Link("ada/animals", "v1.0")),
        ("hf://ada/animals@refs/pr/3/x.duckdb", Link("ada/animals", "refs/pr/3", "x.duckdb")),
    ],
)
def test_links(text, link):
    assert Link.parse(text) == link == Link.parse(str(link))


def test_a_hub_that_cannot_be_reached_serves_what_was_fetched(
    served, hashed, tmp_path, monkeypatch
):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    fetched = hub.fetch(LINK)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    told = []
    assert hub.fetch(LINK, lambda *one: told.append(one[0])) == fetched
    assert "as it was fetched last" in told[0]
    with pytest.raises(HubRefused, match="hub cannot be reached"):
        hub.fetch("hf://ada/unknown")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_hub_in_trouble_says_its_status(served, status):
    served.status = status
    with pytest.raises(HubRefused, match=f"The hub answers {status}"):
        hub.fetch(LINK)


def test_a_disk_without_room_is_said_before_the_download(served, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(hub.shutil, "disk_usage", lambda _path: usage._replace(free=10))
    with pytest.raises(DiskFull, match=r"hf://ada/animals takes .* MB free. Free some, or set"):
        hub.fetch(LINK)


def test_a_disk_that_fills_up_keeps_what_has_come(served, hashed, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    real = hub.http_get

    def full(url, file, **more):
        file.write(hashed.read_bytes()[:1000])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hub, "http_get", full)
    with pytest.raises(DiskFull, match="The disk is full, so the download of ada/animals ended"):
        hub.fetch(LINK)
    monkeypatch.setattr(hub, "http_get", real)
    served.sent.clear()
    assert hub.fetch(LINK).is_file()
    assert [line for line in served.sent if "bytes=1000-" in line]


def test_two_processes_do_not_fetch_into_one_file(served, tmp_path, monkeypatch):
    publish()
    elsewhere(monkeypatch, tmp_path / "other")
    remote = hub.find(Link.parse(LINK))
    part = hub.folder() / f"{remote.place.stem}.part"
    with (
        hub._alone(part, remote),
        pytest.raises(CatalogBusy, match="Another process is fetching"),
    ):
        hub.fetch(LINK)
    assert hub.fetch(LINK).is_file()


def test_an_upload_that_was_cut_says_so_and_a_file_that_is_there_is_not_sent_again(served):
    served.cut_upload = True
    with pytest.raises(HubRefused, match=r"so publishing of ada/animals ended"):
        publish()
    assert len(served.repositories[NAME].commits) == 1  # nothing was half published
    served.cut_upload = False
    publish()
    served.sent.clear()
    publish(message="again")
    assert not [line for line in served.sent if line.startswith("PUT")]


def test_who_may_not_publish(served, monkeypatch, tmp_path, dims):
    monkeypatch.setenv("HF_TOKEN", "hf_other")
    with pytest.raises(HubRefused, match="token of this machine may not do this: publishing of"):
        publish()
    monkeypatch.setenv("HF_TOKEN", "hf_unknown")
    with pytest.raises(HubRefused, match="does not take the token of this machine"):
        publish()
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(HubRefused, match=r"Publishing needs a token of the hub\. Log in with"):
        publish()
    told = dims("publish", "measured", "no-slash", "--licence", "mit")
    assert told.code == 1 and "is no name on the hub: write it as user/name" in told.sentence


def test_a_licence_is_named_or_known(served, data, dims):
    told = dims("publish", "measured", NAME)
    assert told.code == 1 and "The licence of synthetic/measured is not known here" in told.sentence
    told = dims("publish", "measured", NAME, "--licence", "my own: words")
    assert told.code == 1 and "is no licence's short name" in told.sentence
    model = data / "a-model"
    model.mkdir()
    (model / "README.md").write_text("---\nlicense: cc-by-4.0\n---\n# A model\n")
    assert card._licence_of(str(model)) == "cc-by-4.0"
    assert card._licence_of("storyteller") == "apache-2.0"


def test_a_repository_with_another_catalog_is_not_added_to(served, hashed):
    served.repositories[NAME] = given.Repository()
    served.repositories[NAME].add({"other.duckdb": b"x"})
    with pytest.raises(HubRefused, match=r"holds another catalog \(other.duckdb\)"):
        publish()


def test_a_damaged_catalog_is_not_published(served, data, hashed):
    broken = given.tampered(hashed, "UPDATE item SET text = 'other' WHERE item = 7")
    (data / "catalogs" / "broken.duckdb").write_bytes(broken)
    with pytest.raises(CatalogUnreadable, match="broken is not opened"):
        publish("broken")
    assert not served.repositories


def test_only_labels_whose_authors_made_them_public_go_with_it(served, data, hashed):
    names = of_build(Catalog(hashed).build)
    with open_workspace() as workspace:
        for number, person in enumerate(("Ann@lab.example", "Bob")):
            said = Answer(dimension(**names, site="resid.0", number=number), person, "label",
                          clear_pole="+", text=f"of {person[:3]}")  # fmt: skip
            labels.answer(workspace, f"e{number}", said, Circumstances("page"))
        consent.give(workspace, "c1", "Ann@lab.example", True)
    there = publish(labels=True)
    rows = served.repositories[NAME].at(there.commit)[1]["labels.jsonl"].decode().splitlines()
    assert there.labels == 1 and json.loads(rows[0])["text"] == "of Ann"
    assert json.loads(rows[0])["author"] == "Ann" and "Bob" not in "".join(rows)
    without = served.repositories[NAME].at(publish().commit)[1]["README.md"].decode()
    assert "stay in their workspace" in without and "Bob" not in without


def test_a_token_is_written_nowhere(served, data, dims, tmp_path, monkeypatch):
    told = dims("publish", "measured", NAME, "--licence", "mit", "--json")
    assert told.code == 0, told.err
    written = told.out + told.err
    elsewhere(monkeypatch, tmp_path / "other")
    for lines in (("open", LINK, "--fetch-only"), ("info", LINK), ("open", "hf://ada/nothing")):
        one = dims(*lines)
        written += one.out + one.err
    served.status = 403
    written += dims("publish", str(data / "catalogs" / "measured.duckdb"), NAME).err
    for folder in (data, tmp_path / "other"):
        written += "".join(
            path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file()
        )
    for _, files in served.repositories[NAME].commits:
        written += "".join(content.decode("latin-1") for content in files.values())
    assert TOKEN not in written and "s3cret" not in written


def test_a_second_machine_opens_it_with_equal_hash(served, hashed, tmp_path):
    """Another process, another HOME, another data folder, nothing of this one's environment."""
    there = publish()
    script = (
        "import catalog, json; c = catalog.open('%s'); "
        "print(json.dumps([c.build['content_hash'], c.build['findings_hash'], str(c.path)]))"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "DIMS_DATA": str(home / "dims"),
        "HF_ENDPOINT": served.address,
    }
    done = subprocess.run(
        [sys.executable, "-c", script % LINK],
        env=environment, cwd=home, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    content, findings, path = json.loads(done.stdout.splitlines()[-1])
    assert (content, findings) == (there.content_hash, there.findings_hash)
    assert Path(path).is_relative_to(home / "dims")
    assert integrity.check(Path(path), "it", there.content_hash).content == content


def test_two_people_publish_at_once(served):
    """Each push is one commit: the last one stands, whole."""
    barrier, failed = threading.Barrier(2), []

    def push(message):
        barrier.wait()
        try:
            publish(message=message)
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=push, args=(name,)) for name in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert {"measured.duckdb", "README.md", "catalog.json"} <= set(
        served.repositories[NAME].at("main")[1]
    )
