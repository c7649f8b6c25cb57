"""Comments that name people: who is meant, who finds it, and when it is read."""

import pytest

from catalog.errors import LabelRefused
from catalog.workspace import mentions, queue, runs
from tests.workspace.given import event, opened, say, subjects

S = subjects()
KNOWN = {"ada", "Ada Lovelace", "bob@lab.example", "Zoë", "o'neil"}


def texts(workspace, person):
    return [one.text for one in mentions.waiting(workspace, person)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@ada look", ["ada"]),
        ("@Ada Lovelace, and @ada.", ["Ada Lovelace", "ada"]),
        ("@ADA! (@zoë)", ["ada", "Zoë"]),
        ("@bob@lab.example: see", ["bob@lab.example"]),
        ("@eve@lab.example.", ["eve@lab.example"]),
        ("@adam and @o'neil", ["adam", "o'neil"]),
        ("write to eve@lab.example", []),
        ("@@ @ @, a@b", []),
        ("@ada @ada @ada", ["ada"]),
        ("<b>@eve</b> *@x-1*", ["eve", "x-1"]),
        ("", []),
    ],
)
def test_who_a_comment_names(text, expected):
    assert mentions.named(text, KNOWN) == expected


def test_who_is_named_finds_the_comment_until_it_is_read(workspace):
    say(workspace, "bob", S[5])
    assert mentions.comment(workspace, "c1", "ada", S[0], "cats? @Bob @eve @ada") == ["bob", "eve"]
    [found] = mentions.waiting(workspace, "bob")
    assert (found.person, found.subject, found.comment) == ("ada", S[0], "c1")
    assert texts(workspace, "ada") == []  # nobody is called by their own words
    mentions.read(workspace, event(), "bob", ["c1"])
    mentions.read(workspace, event(), "bob", ["c1"])
    assert texts(workspace, "bob") == [] and len(texts(workspace, "eve")) == 1
    mentions.comment(workspace, "c2", "eve", S[0], "@bob once more")
    assert texts(workspace, "bob") == ["@bob once more"]


def test_a_comment_sent_twice_names_once(workspace):
    for _ in range(2):
        mentions.comment(workspace, "c1", "ada", S[0], "@bob")
    assert len(texts(workspace, "bob")) == 1


def test_a_comment_taken_back_calls_nobody(workspace):
    mentions.comment(workspace, "c1", "ada", S[0], "@bob")
    assert not mentions.take_back(workspace, event(), "bob", "c1")  # another's
    assert mentions.take_back(workspace, event(), "ada", "c1")
    assert not mentions.take_back(workspace, event(), "ada", "c1")
    assert texts(workspace, "bob") == [] and runs.held(workspace, "comment", None) == []


def test_nobody_is_called_to_what_is_hidden_from_them(workspace):
    mentions.comment(workspace, event(), "ada", S[0], "clearly cats, @bob")
    mentions.comment(workspace, event(), "ada", S[3], "and this, @bob?")
    line = opened(workspace, "bob", S[:2])
    assert texts(workspace, "bob") == ["and this, @bob?"]
    queue.close_queue(workspace, line.key)
    assert len(texts(workspace, "bob")) == 2


def test_a_comment_names_at_most_so_many(workspace):
    crowd = " ".join(f"@p{number}" for number in range(21))
    with pytest.raises(LabelRefused, match="names 21 people"):
        mentions.comment(workspace, event(), "ada", S[0], crowd)
    assert runs.held(workspace, "comment", None) == []


def test_a_name_is_cut_where_no_name_is_longer(workspace):
    assert mentions.comment(workspace, event(), "ada", S[0], "@" + "x" * 200) == ["x" * 80]
    assert len(texts(workspace, "x" * 80)) == 1
    assert mentions.comment(workspace, event(), "ada", S[0], "@\u202eeve") == []
