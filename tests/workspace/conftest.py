"""A workspace of each kind: every test that asks for one runs against both."""

import os
import tempfile
import uuid
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from catalog.workspace.file import open_workspace

SERVER = os.environ.get("DIMS_TEST_POSTGRESQL")


@pytest.fixture
def memory():
    """A folder in memory where there is one: a killed process loses nothing there either."""
    shared = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=shared) as folder:
        yield Path(folder)


@pytest.fixture
def fresh(request, memory):
    """A function that returns the address of another empty workspace."""
    kind = getattr(request, "param", "sqlite")
    if kind == "sqlite":
        yield lambda: str(memory / f"{uuid.uuid4().hex}.sqlite")
        return
    if not SERVER:
        pytest.skip("DIMS_TEST_POSTGRESQL names no server")
    engine = create_engine(SERVER.replace("postgresql://", "postgresql+psycopg://"))
    made = []

    def make():
        name = f"t{uuid.uuid4().hex}"
        with engine.begin() as connection:
            connection.execute(text(f"CREATE SCHEMA {name}"))
        made.append(name)
        return f"{SERVER}?options=-csearch_path%3D{name}"

    yield make
    with engine.begin() as connection:
        for name in made:
            connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


def pytest_generate_tests(metafunc):
    if "fresh" in metafunc.fixturenames:
        metafunc.parametrize("fresh", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def workspace(fresh):
    with open_workspace(fresh()) as opened:
        yield opened
