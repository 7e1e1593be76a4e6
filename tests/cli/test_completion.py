from __future__ import annotations

import pytest

from podsync.cli.app.completion import addresses_in


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(podsync, shell):
    run = podsync("completion", shell)

    assert run.code == 0
    assert f"_PODSYNC_COMPLETE={shell}_complete" in run.out
    assert run.err == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("podsync pl", "plan"),
        ("podsync render de", "designed_product.tee"),
        ("podsync plan --target cu", "customer_product.tote"),
        ("podsync plan --exc", "--exclude"),
        ("podsync state sh", "show"),
        ("podsync completion f", "fish"),
    ],
)
def test_words_are_completed(process, catalog, words, expected):
    count = len(words.split()) - 1
    env = {"_PODSYNC_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(count)}

    run = process(env=env)

    assert [line.partition(",")[2] for line in run.out.splitlines()] == [expected]


def test_addresses_are_found_without_parsing(folder):
    (folder / "catalog" / "_examples").mkdir(parents=True)
    (folder / "catalog" / "_examples" / "x.yaml").write_text("kind: designed_product\nname: no\n")
    (folder / "catalog" / "a.yaml").write_text(
        "kind: a_kind\nname: one\n---\n'odd': [\nname: two\nkind: a_kind\n"
    )
    (folder / "catalog" / "b.yml").write_bytes(b"\xff\xfe broken")

    assert addresses_in(folder / "catalog") == {"a_kind.one", "a_kind.two"}


def test_no_catalog_completes_nothing(folder):
    assert addresses_in(folder / "catalog") == set()
