from __future__ import annotations

import pytest

from tests.contracts import StateStoreContract
from tests.state.git.places import Remote


class TestGitStore(StateStoreContract):
    @pytest.fixture
    def places(self, tmp_path_factory):
        return lambda: Remote(tmp_path_factory.mktemp("state"))
