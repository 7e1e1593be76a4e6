from __future__ import annotations

import pytest

from tests.contracts import StateStoreContract


class TestPostgresStore(StateStoreContract):
    @pytest.fixture
    def places(self, places):
        return places
