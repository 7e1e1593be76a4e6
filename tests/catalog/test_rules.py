"""Rules of one document: whoever reads it finds the same, quickly or closely."""

from __future__ import annotations

from pathlib import Path

import pytest

from podsync.catalog.cache.fast_yaml import quick_read
from podsync.catalog.rules import DOCUMENT_RULES, TEXT_RULES
from podsync.model.settings import Settings
from podsync.providers.registry import default_settings, providers
from tests.catalog.conftest import CUSTOMER, DESIGNED
from tests.catalog.loading import load

PROVIDERS = providers(Settings(providers=default_settings()))
BY_KIND = {provider.kind: provider for provider in PROVIDERS.values()}
#: Rule -> a document that breaks it and nothing else.
BROKEN = {
    "signed-url": DESIGNED.replace("a.png", "a.png?token=1"),
    "odd-text": CUSTOMER.replace("[a, b]", '["a, b"]'),
    "print": DESIGNED.replace("spec:", "print:\n  front: {width_mm: 300, height_mm: 300}\nspec:"),
}


def test_each_rule_has_an_example() -> None:
    assert len(BROKEN) == len(TEXT_RULES) + len(DOCUMENT_RULES)


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_holds_whoever_reads_the_document(rule: str, tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    (tmp_path / "catalog" / "one.yaml").write_text(BROKEN[rule], encoding="utf-8")

    assert quick_read(BROKEN[rule].encode(), BY_KIND) is None
    assert [each.rule for each in load(tmp_path, "catalog", PROVIDERS).diagnostics] == [rule]
