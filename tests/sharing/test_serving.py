"""Serving to others: what is refused, what the server is told, its health and figures."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from catalog.commands import serve
from catalog.errors import SettingRefused
from catalog.sharing.serving import Serving, networks, place_of
from catalog.workspace import labels, roles
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances
from tests.given import synthetic, visitor

AUTH = {
    "redirect_uri": "https://lab.example.org/oauth2callback",
    "cookie_secret": "s" * 64,
    "client_id": "dims",
    "client_secret": "secret",
    "server_metadata_url": "https://id.example.org/.well-known/openid-configuration",
}


def secrets(folder, **changed):
    held = {name: value for name, value in {**AUTH, **changed}.items() if value is not None}
    path = folder / "secrets.toml"
    path.write_text("[auth]\n" + "".join(f'{n} = "{v}"\n' for n, v in held.items()))
    return path


@pytest.fixture
def started(monkeypatch):
    """Commands that were started, with their environments; nothing is."""
    made = []

    def run(command, env, **_):
        made.append((command, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(serve.subprocess, "run", run)
    return made


@pytest.mark.parametrize("address", ["0.0.0.0", "192.168.1.5", "::", "lab.example.org"])
def test_an_address_that_others_reach_is_refused_without_sign_in(dims, started, address):
    told = dims("serve", "--address", address, "--no-browser")
    assert told.code == 1 and "without sign-in anybody could change labels" in told.sentence
    assert not started


def test_this_machine_alone_needs_nobody_to_sign_in(dims, started):
    assert dims("serve", "--port", "0", "--no-browser").code == 0
    ((command, environment),) = started
    assert environment[roles.MODE] == "" and environment["FORWARDED_ALLOW_IPS"] == "none"
    assert command[command.index("--server.address") + 1] == "127.0.0.1"


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"client_id": None, "client_secret": None}, "lacks client_id, client_secret"),
        ({"cookie_secret": "short"}, "cookie_secret in .* is shorter than 32 characters"),
        ({"redirect_uri": "https://lab.example.org"}, "with /oauth2callback behind"),
    ],
)
def test_secrets_that_let_nobody_in_or_everybody(tmp_path, changed, sentence):
    asked = Serving("0.0.0.0", sign_in="oidc", secrets=secrets(tmp_path, **changed))
    with pytest.raises(SettingRefused, match=sentence):
        asked.check()


def test_files_of_secrets_that_are_none(tmp_path):
    with pytest.raises(SettingRefused, match="needs --secrets FILE"):
        Serving(sign_in="oidc").check()
    with pytest.raises(SettingRefused, match="cannot be read: name a file of secrets"):
        Serving(sign_in="oidc", secrets=tmp_path / "none.toml").check()
    (tmp_path / "broken.toml").write_text("[auth")
    with pytest.raises(SettingRefused, match="is not TOML"):
        Serving(sign_in="oidc", secrets=tmp_path / "broken.toml").check()


def test_what_the_server_is_told_holds_no_secret(dims, started, tmp_path):
    path = secrets(tmp_path)
    told = dims(
        "serve", "--port", "0", "--address", "0.0.0.0", "--sign-in", "oidc", "--secrets", path
    )
    assert told.code == 0, told.err
    ((command, environment),) = started
    said = " ".join([*command, *environment.values()])
    assert AUTH["cookie_secret"] not in said and "client_secret" not in said
    hosts = [command[n + 1] for n, one in enumerate(command) if one == "--server.allowedHosts"]
    assert hosts == ["127.0.0.1", "localhost", "lab.example.org"]
    assert environment[roles.MODE] == "oidc" and environment["DIMS_SESSION_HOURS"] == "12"


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"sign_in": "proxy"}, "needs --proxy ADDRESS"),
        ({"sign_in": "proxy", "proxies": ("here",)}, "is an address or a network"),
        ({"sign_in": "proxy", "proxies": ("0.0.0.0/0",)}, "anybody could be anybody"),
        ({"sign_in": "proxy", "proxies": ("10.0.0.2",)}, "--host lab.example.org"),
        ({"sign_in": "read-only"}, "--host lab.example.org"),
        ({"sign_in": "ldap"}, "--sign-in is oidc or proxy"),
        ({"sign_in": "read-only", "hosts": ("x",), "hours": 0}, "--hours is between 1 and 720"),
        ({"sign_in": "read-only", "hosts": ("x",), "metrics": "here"}, "--metrics is a port"),
    ],
)
def test_settings_that_do_not_hold(asked, sentence):
    with pytest.raises(SettingRefused, match=sentence):
        Serving("0.0.0.0", **asked).check()


def test_looking_alone_sees_no_workspace(dims, started, data):
    with open_workspace():
        pass
    told = dims(
        "serve", "--port", "0", "--read-only", "--address", "0.0.0.0", "--host", "show.example.org"
    )
    assert told.code == 0 and started[0][1][roles.MODE] == "read-only"
    assert not os.path.exists(started[0][1]["DIMS_WORKSPACE"])
    told = dims("serve", "--read-only", "--sign-in", "oidc")
    assert told.code == 1 and "--read-only is for everybody" in told.sentence


def test_places():
    assert place_of("9090") == ("127.0.0.1", 9090) and place_of("0.0.0.0:1") == ("0.0.0.0", 1)
    assert [str(one) for one in networks(("10.0.0.2", "10.1.0.0/24"))] == [
        "10.0.0.2/32",
        "10.1.0.0/24",
    ]


def test_roles_on_the_command_line(dims, data):
    assert "ada holds: admin" in dims("roles", "grant", "ada", "admin").out
    assert "(as before)" in dims("roles", "grant", "ada", "admin").out
    told = dims("roles", "revoke", "ada", "admin")
    assert told.code == 1 and "ada is the only admin" in told.sentence
    told = dims("roles", "grant", "ada", "owner")
    assert told.code == 1 and "There is no role 'owner'" in told.sentence
    dims("roles", "grant", "bob", "label")
    rows = dims("roles", "list", "--json").json
    assert [(one["person"], one["role"]) for one in rows] == [("ada", "admin"), ("bob", "label")]
    lines = dims("roles", "log", "--json").json
    assert [one["what"] for one in lines] == ["label to bob", "admin to ada"]
    assert "label to bob" in dims("roles", "log").out and "admin" in dims("roles", "list").out


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@contextmanager
def running(asked, data):
    """A server as it is asked for, over a data folder, until the block ends."""
    command = [sys.executable, "-P", "-m", "dashboard.server", *asked.options(),
               "--server.headless", "true"]  # fmt: skip
    environment = {**os.environ, **asked.environment(), "DIMS_DATA": str(data)}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            address = f"http://127.0.0.1:{asked.port}"
            deadline = time.monotonic() + 60
            while True:
                try:
                    if get(f"{address}/_stcore/health")[0] == 200:
                        break
                except OSError:
                    pass
                assert time.monotonic() < deadline and server.poll() is None, "no server"
            yield address
        finally:
            server.terminate()
            server.wait(20)


@pytest.fixture
def secret(data):
    """A data folder whose names would be seen if they were told."""
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=60, dims=12, slug="SECRETCATALOG")
    synthetic.write(data / "catalogs" / "secretcatalog.duckdb", recipe)
    with open_workspace() as opened:
        about = dimension("m", "r", "bare", "resid.1", 0)
        said = Answer(about, "SECRETPERSON", "label", "+", text="SECRETLABEL")
        labels.answer(opened, "e", said, Circumstances("page"))
        roles.grant(opened, "g", roles.COMMAND_LINE, "ada@lab.example", "look")
    return data


def test_health_and_figures_of_a_real_server_and_what_they_never_say(secret):
    figures = free_port()
    with running(Serving(port=free_port(), metrics=str(figures)), secret) as address:
        status, told = get(f"http://127.0.0.1:{figures}/health")
        assert status == 200
        assert json.loads(told) == {"pages": "ok", "workspace": "ok", "catalogs": "ok"}
        visitor.seen(address, "dimensions", {"catalog": "secretcatalog"})
        status, told = get(f"http://127.0.0.1:{figures}/metrics")
        assert status == 200 and 'dims_page_seconds_count{view="dimensions"} 1.0' in told
        assert "process_resident_memory_bytes" in told and "dims_jobs_unfinished 0.0" in told
        assert "SECRET" not in told.upper() and str(secret) not in told
        assert get(f"http://127.0.0.1:{figures}/other")[0] == 404
        (secret / "workspace.sqlite").write_bytes(b"broken")
        status, told = get(f"http://127.0.0.1:{figures}/health")
        assert status == 503 and json.loads(told)["workspace"] == "WorkspaceUnreadable"
        assert str(secret) not in told


def visited(address, headers, called=""):
    return visitor.seen(address, "dimensions", {}, headers, called).said


ADA = {"X-Forwarded-Email": "ada@lab.example"}


def test_a_proxy_of_this_machine_names_the_user(secret):
    asked = Serving(port=free_port(), sign_in="proxy", proxies=("127.0.0.1",))
    with running(asked, secret) as address:
        assert "Dimensions" in visited(address, ADA)
        for headers in ({}, {"X-Forwarded-Email": "bob@lab.example"}, {"X-Forwarded-User": "ada"}):
            said = visited(address, headers)
            assert "Dimensions" not in said and "SECRET" not in said.upper()
        assert "bob@lab.example may not do this here" in visited(
            address, {"X-Forwarded-Email": "bob@lab.example"}
        )


def test_nobody_else_is_believed_not_even_about_where_they_come_from(secret):
    asked = Serving(port=free_port(), sign_in="proxy", proxies=("10.0.0.2",))
    with running(asked, secret) as address:
        for headers in (ADA, {**ADA, "X-Forwarded-For": "10.0.0.2", "X-Real-IP": "10.0.0.2"}):
            assert "You are not signed in" in visited(address, headers)


def test_other_hosts_are_refused(secret):
    asked = Serving(port=free_port(), sign_in="read-only", hosts=("show.example.org",))
    with running(asked, secret) as address:
        assert "Dimensions" in visited(address, {}, "show.example.org")
        with pytest.raises(Exception, match=r"403|1008|rejected"):
            visited(address, {}, "evil.example.org")
