"""podsync.yaml: defaults, and the same faults in the same words as products."""

from __future__ import annotations

import pytest

from podsync.catalog.cache.settings_cache import SettingsMemory
from podsync.catalog.settings_file import defaults, load, parse
from podsync.model.errors import CatalogError
from podsync.model.settings import Limits, RateLimit

CONTRACT = b"""\
version: 1
catalog: catalog
sandbox: false
state: {backend: local, path: podsync.state.json}
providers:
  kakaclo:
    base_url: https://developer.kakaclo.com/openapi
    account: default        # a name for the shop
    rate_limit: {burst: 120, per_second: 2}
    parallelism: 8
    timeout_seconds: 30
    settle_seconds: 600
    retry_seconds: 300
    pictures: unknown
  gelato:
    base_url: https://connect.gelatoapis.com
    account: default
    rate_limit: {burst: 10, per_second: 90}
    parallelism: 8
    timeout_seconds: 30
    settle_seconds: 600
    retry_seconds: 300
limits: {max_creates: 50, max_replaces: 5, max_orphans: 5}
"""


def faults(content: str) -> list[str]:
    return [f"{d.at} {d.rule}: {d.summary}" for d in parse("podsync.yaml", content.encode())[1]]


def test_the_defaults_written_out_are_the_defaults():
    assert parse("podsync.yaml", CONTRACT) == (defaults(), ())


@pytest.mark.parametrize("content", [b"", b"# nothing\n", b"---\n", b"version: 1\n"])
def test_every_key_is_optional(content):
    assert parse("podsync.yaml", content) == (defaults(), ())


def test_a_missing_file_means_the_defaults(tmp_path):
    assert load(tmp_path / "podsync.yaml") == defaults()


def test_what_is_said_is_taken():
    settings, diagnostics = parse(
        "podsync.yaml",
        b"catalog: goods\nsandbox: true\nstate: {path: /var/s.json}\nlimits: {max_creates: null}\n"
        b"providers: {kakaclo: {base_url: 'http://127.0.0.1:9/x/', rate_limit: {burst: 3}, "
        b"pictures: kept}}\n",
    )

    assert diagnostics == ()
    assert (settings.catalog, settings.sandbox, settings.state.keys["path"]) == ("goods", True, "/var/s.json")
    assert settings.limits == Limits(max_creates=None)
    assert settings.providers["kakaclo"].rate_limit == RateLimit(3, 2)
    assert settings.providers["kakaclo"].base_url == "http://127.0.0.1:9/x"
    assert settings.providers["gelato"] == defaults().providers["gelato"]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("version: 2\n", "1:10 schema: version: 2 is not 1"),
        ("catalogue: x\n", "1:1 schema: unknown key 'catalogue'"),
        ("providers: {kakaklo: {}}\n", "1:13 schema: providers: unknown key 'kakaklo'"),
        ("sandbox: yes\n", "1:10 schema: sandbox: 'yes' is text, but true or false is expected"),
        ("limits: {max_creates: -1}\n", "1:23 schema: limits.max_creates: -1 is below 0"),
        (
            "providers: {gelato: {base_url: 'http://api.test'}}\n",
            (
                "1:32 schema: providers.gelato.base_url: 'http://api.test' is not an https URL "
                'such as "https://connect.gelatoapis.com"'
            ),
        ),
        ("state: {backend: gti}\n", "1:18 schema: state.backend: 'gti' is not one of local, git, postgres"),
        ("catalog: a\ncatalog: b\n",
         "2:1 duplicate-key: the key 'catalog' appears on line 1 and again on line 2"),
        ("a\n", "1:1 schema: a document must be a mapping of `key: value` lines; this is text"),
        ("sandbox: true\n---\nsandbox: true\n", "3:1 schema: the settings are one document; this is another"),
    ],
)  # fmt: skip
def test_what_is_wrong(content, fault):
    assert faults(content) == [f"podsync.yaml:{fault}"]


@pytest.mark.parametrize(
    "branch",
    ["HEAD", "refs/heads/x", "refs/v1", "a/../b", "a..b", "a//b", "a/", "a.", "a/.b", "a.lock", "a.lock/b"],
)  # fmt: skip
def test_what_git_takes_for_no_branch_is_refused_where_it_stands(branch):
    content = f"state: {{backend: git, branch: {branch}}}\nenvironments: {{}}\n"
    nested = f"environments:\n  prod: {{state: {{branch: {branch}}}}}\n"

    assert [each.split(" ", 2)[:2] for each in faults(content)] == [["podsync.yaml:1:31", "schema:"]]
    assert [each for each in faults(nested) if " schema: " in each] == [
        f"podsync.yaml:2:26 schema: environments.prod.state.branch: '{branch}' is no name of a branch"
    ]


@pytest.mark.parametrize("branch", ["podsync-state", "a/b.c", "heads/HEAD", "lock", "refs-x"])
def test_what_git_takes_for_a_branch_is_taken(branch):
    assert faults(f"state: {{backend: git, branch: {branch}}}\n") == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("x" * 300, "a name in it has 300 bytes, more than 180"),
        ("\N{CJK UNIFIED IDEOGRAPH-4E00}" * 61, "a name in it has 183 bytes, more than 180"),
        ("/".join(["folder"] * 200), "it has 1399 bytes, more than 1000"),
        (".podsync/x.json", "it leads into .podsync"),
        ("shop/../.PodSync/x.json", "it leads into .podsync"),
        ("catalog/a.yaml", "that is a YAML file"),
        ("podsync.YML", "that is a YAML file"),
        ("shop/..", "that is no file's name"),
    ],
)
def test_a_state_is_not_kept_where_it_cannot_stay(path, told):
    (fault,) = faults(f'state: {{path: "{path}"}}\n')

    assert fault.startswith("podsync.yaml:1:15 schema: state.path: ")
    assert fault.endswith(told)


def test_an_invalid_file_raises_all_its_faults(tmp_path):
    path = tmp_path / "podsync.yaml"
    path.write_text("version: 2\nsandbox: 1\n")

    with pytest.raises(CatalogError) as caught:
        load(path, tmp_path)
    assert [str(d.at) for d in caught.value.diagnostics] == ["podsync.yaml:1:10", "podsync.yaml:2:10"]


# -- what is remembered of it


def in_a_folder_with_caches(tmp_path, content: str):
    (tmp_path / ".podsync" / "cache").mkdir(parents=True, exist_ok=True)
    path = tmp_path / "podsync.yaml"
    path.write_text(content, encoding="utf-8")
    return path


def kept_in(tmp_path):
    return tmp_path / ".podsync" / "cache" / "settings"


@pytest.mark.shortcuts
def test_a_file_that_was_read_before_is_not_parsed_again(tmp_path):
    path = in_a_folder_with_caches(tmp_path, "limits: {max_creates: null}\ncatalog: goods\n")
    first = load(path, tmp_path)
    kept = kept_in(tmp_path).read_bytes()

    again = load(path, tmp_path)

    assert again == first == defaults()._replace(catalog="goods", limits=Limits(max_creates=None))
    assert kept_in(tmp_path).read_bytes() == kept


def test_a_file_of_another_content_is_read_anew(tmp_path):
    path = in_a_folder_with_caches(tmp_path, "catalog: goods\n")
    load(path, tmp_path)
    in_a_folder_with_caches(tmp_path, "catalog: other\n")

    assert load(path, tmp_path).catalog == "other"
    assert load(path, tmp_path).catalog == "other"


def test_nothing_is_kept_of_a_file_with_a_fault(tmp_path):
    path = in_a_folder_with_caches(tmp_path, "catalogue: goods\n")
    with pytest.raises(CatalogError):
        load(path, tmp_path)

    assert not kept_in(tmp_path).exists()


def test_nothing_is_kept_where_there_is_no_cache_yet(tmp_path):
    path = tmp_path / "podsync.yaml"
    path.write_text("catalog: goods\n", encoding="utf-8")
    load(path, tmp_path)

    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_cannot_be_looked_into_is_no_place_to_remember(tmp_path, monkeypatch):
    def refuse(*_args, **_more):
        raise PermissionError(13, "Permission denied")

    memory = SettingsMemory.beside(tmp_path, b"version: 1")
    monkeypatch.setattr("pathlib.Path.stat", refuse)

    memory.remember({"version": 1})

    monkeypatch.undo()
    assert not list(tmp_path.iterdir())


def test_where_keys_are_sent_to_is_read_from_the_file_itself(tmp_path):
    text = "providers: {gelato: {base_url: 'https://api.test'}}\n"
    path = in_a_folder_with_caches(tmp_path, text)

    assert load(path, tmp_path).providers["gelato"].base_url == "https://api.test"
    assert not kept_in(tmp_path).exists()


@pytest.mark.parametrize(
    "kept",
    ['{"providers":{"gelato":{"base_url":"https://evil.test"}}}', "[]", "{", "null", '{"providers":[]}'],
)
def test_a_cache_that_says_what_none_would_is_not_believed(kept, tmp_path):
    path = in_a_folder_with_caches(tmp_path, "catalog: goods\n")
    memory = SettingsMemory.beside(tmp_path, path.read_bytes())
    with memory.cache.drafting() as draft:
        memory.cache.write(draft, [[kept.encode()]])

    assert load(path, tmp_path) == defaults()._replace(catalog="goods")


@pytest.mark.shortcuts
def test_a_damaged_cache_counts_as_none(tmp_path):
    path = in_a_folder_with_caches(tmp_path, "catalog: goods\n")
    load(path, tmp_path)
    kept_in(tmp_path).write_bytes(kept_in(tmp_path).read_bytes().replace(b"goods", b"gooods"))

    assert load(path, tmp_path) == defaults()._replace(catalog="goods")
