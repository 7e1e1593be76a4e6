from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres.place import Schema
from tests.postgres.server import Server, binaries


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One for each worker of the test run."""
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL server here (apt-get install postgresql)")
    server = Server(programs)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def places(server):
    return lambda: Schema(server)


@pytest.fixture
def place(places) -> Schema:
    return places()
