"""What panels let a person copy: recorded while pages are drawn, and run as a person would."""

import ast
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from dashboard.common import parts
from dashboard.common.answers import Answer


def record(monkeypatch: pytest.MonkeyPatch) -> dict[str, Answer]:
    """Answers of the panels drawn from now on, by title; empty it before a page is opened."""
    found: dict[str, Answer] = {}
    tools = parts.tools

    def noting(title: str, answer: Answer, what: str) -> None:
        found[title] = answer
        tools(title, answer, what)

    monkeypatch.setattr(parts, "tools", noting)
    return found


def outcome(text: str) -> object:
    """Value of the last line of copied Python, run with nothing but what it imports itself.

    It imports the public package alone; DIMS_DATA says where catalogs lie.
    """
    tree = ast.parse(text)
    imported = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]
    assert imported == ["catalog"], text
    last = tree.body.pop()
    assert isinstance(last, ast.Expr), text
    names: dict[str, object] = {}
    exec(compile(tree, "copied", "exec"), names)
    return eval(compile(ast.Expression(last.value), "copied", "eval"), names)


def same(answer: Answer, path: Path) -> None:
    """Assert that what an answer lets one copy gives its frame; SQL in a plain DuckDB session."""
    if answer.language == "python":
        given = outcome(answer.copy)
    else:
        with duckdb.connect(path, read_only=True) as plain:
            given = plain.execute(answer.copy).df()
    assert isinstance(given, pd.DataFrame), answer.copy
    assert len(given), answer.copy
    pd.testing.assert_frame_equal(given.reset_index(drop=True), answer.frame, check_dtype=False)
