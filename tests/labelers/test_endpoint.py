"""One question, one answer; every fault a few words, and the key nowhere but in the header."""

import dataclasses
import time

import pytest

from catalog.errors import LabelerFailed, SettingRefused
from catalog.labelers import endpoint as endpoints

ASK = [{"role": "user", "content": "<data>\n{}\n</data>"}]


@pytest.fixture
def asked(endpoint):
    """The server and a client of it that waits for nothing long."""
    endpoint.rule = lambda _data, _body: "yes"
    chosen = dataclasses.replace(endpoints.settings(), timeout=0.5, tries=2)
    return endpoint, endpoints.Endpoint(chosen)


def test_an_answer_with_its_tokens(asked):
    server, client = asked
    reply = client.ask(ASK, 50)
    assert (reply.text, reply.tokens_in, reply.tokens_out) == ("yes", 900, 30)
    assert server.headers[0]["Authorization"] == "Bearer sk-secret-0123456789"
    assert server.asked[0]["model"] == "rule-1" and server.asked[0]["max_tokens"] == 50


def test_a_busy_endpoint_is_waited_for_as_long_as_it_asks(asked):
    server, client = asked
    server.faults, server.again = ["429", "500"], "1"
    begun = time.monotonic()
    assert client.ask(ASK, 50).text == "yes"
    assert time.monotonic() - begun >= 1 and len(server.headers) == 3


@pytest.mark.parametrize(
    "faults, why",
    [
        (["429"] * 9, "busy"),
        (["500"] * 9, "answers 500"),
        (["slow"] * 9, "slow"),
        (["drip"] * 9, "slow"),
        (["page"], "HTML"),
        (["other"], "something else than a chat completion"),
        (["gone"] * 9, "hangs up"),
    ],
)
def test_every_fault_is_a_few_words(asked, faults, why):
    server, client = asked
    server.faults = faults
    with pytest.raises(LabelerFailed, match=why) as caught:
        client.ask(ASK, 50)
    assert "127.0.0.1" not in str(caught.value) and "sk-secret" not in str(caught.value)
    server.faults = []
    assert client.ask(ASK, 50).text == "yes"


def test_an_endpoint_that_is_not_there(asked):
    _, client = asked
    there = dataclasses.replace(client.settings, url="http://127.0.0.1:9/v1", tries=0)
    with pytest.raises(LabelerFailed, match="cannot be reached"):
        endpoints.Endpoint(there).ask(ASK, 50)


def test_a_field_that_the_model_does_not_take_is_left_out_from_then_on(asked):
    server, client = asked
    server.faults = ["400"]
    client.ask(ASK, 50)
    client.ask(ASK, 50)
    assert len(server.headers) == 3
    assert all("max_tokens" not in body and "temperature" in body for body in server.asked)


def test_a_key_that_comes_back_is_not_kept(asked):
    server, client = asked
    server.rule = lambda _data, _body: server.headers[-1]["Authorization"]
    assert client.ask(ASK, 50).text == "Bearer [key]"
    assert "sk-secret" not in repr(client.settings)


def test_questions_keep_their_distance(endpoint):
    endpoint.rule = lambda _data, _body: "yes"
    client = endpoints.Endpoint(dataclasses.replace(endpoints.settings(), per_minute=300))
    begun = time.monotonic()
    for _ in range(3):
        client.ask(ASK, 5)
    assert time.monotonic() - begun >= 0.4


@pytest.mark.parametrize(
    "name, value, said",
    [
        ("URL", "", "DIMS_LABELER_URL"),
        ("MODEL", "", "DIMS_LABELER_MODEL"),
        ("URL", "ftp://host/v1", "no address"),
        ("URL", "http://me:sk-secret-0123456789@host/v1", "DIMS_LABELER_KEY"),
        ("URL", "https://host/v1?key=sk-secret-0123456789", "DIMS_LABELER_KEY"),
        ("TIMEOUT", "soon", "above 0"),
        ("PER_MINUTE", "0", "above 0"),
        ("PER_MINUTE", "nan", "above 0"),
    ],
)
def test_a_wrong_setting_says_what_to_do(endpoint, monkeypatch, name, value, said):
    monkeypatch.setenv(f"DIMS_LABELER_{name}", value)
    with pytest.raises(SettingRefused, match=said) as caught:
        endpoints.settings()
    assert "sk-secret" not in str(caught.value)


def test_whether_an_endpoint_is_on_this_machine(monkeypatch, endpoint):
    assert endpoints.settings().here
    monkeypatch.setenv("DIMS_LABELER_URL", "https://models.example.org/v1")
    assert not endpoints.settings().here
