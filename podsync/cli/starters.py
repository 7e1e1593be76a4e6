"""What `init` writes, as text; the schemas and the examples are copies of those that podsync ships."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import podsync
from podsync.catalog.schemas import schema_names, schema_text

SETTINGS = """\
# yaml-language-server: $schema=schemas/podsync.schema.json
# The settings of podsync. Every key is optional; a line with # shows the default.
version: 1
# catalog: catalog
# sandbox: false              # true: plan and apply use the built-in sandbox, and say SANDBOX
# state: {backend: local, path: podsync.state.json}
#      # {backend: git, remote: origin, branch: podsync-state, lease_seconds: 120}: for teams and CI
# providers:
#   kakaclo:
#     base_url: https://developer.kakaclo.com/openapi
#     account: default        # a name for the shop that the token stands for
#     rate_limit: {burst: 120, per_second: 2}
#     parallelism: 8
#     timeout_seconds: 30
#     settle_seconds: 600     # how long a new product may stay invisible in the listing
#     retry_seconds: 300      # how long "not sent" (429, refused connection) is tried again
#     pictures: unknown       # unknown | kept | rehosted: what the listing does to picture URLs
#   gelato:
#     base_url: https://connect.gelatoapis.com
#     account: default
#     rate_limit: {burst: 10, per_second: 90}
#     parallelism: 8
#     timeout_seconds: 30
#     settle_seconds: 600
#     retry_seconds: 300
# limits: {max_creates: 50, max_replaces: 5, max_orphans: 5}   # per plan; null = no limit
"""

_LOCAL = "# state: {backend: local, path: podsync.state.json}\n"
_BRANCH = "state: {backend: git}         # the branch podsync-state of this repository\n"
_OTHER_BRANCH = "state: {backend: git, branch: %s}   # of this folder: another catalog has another one\n"

#: Without the slash: a link of that name is ignored as well.
IGNORED = (".podsync", "*.state.json.journal", "*.state.json.lock", "*.state.json.backup.*")

_EDITOR = {
    "yaml.schemas": {
        "./schemas/catalog.schema.json": ["catalog/**/*.yaml", "catalog/**/*.yml"],
        "./schemas/podsync.schema.json": "podsync.yaml",
    },
    "yaml.yamlVersion": "1.2",
}


#: What makes an editor complete and check documents by the schemas.
_EXTENSIONS = {"recommendations": ["redhat.vscode-yaml"]}


def starters(*, state_branch: str | None = None) -> Iterator[tuple[Path, str]]:
    """Yield every file of a new catalog repository, state and .gitignore excepted.

    `state_branch` is the branch that holds the state, None where a file does.
    """
    yield Path("podsync.yaml"), _settings(state_branch)
    for name in schema_names():
        yield Path("schemas", f"{name}.schema.json"), schema_text(name)
    for example in sorted(shipped_catalog().rglob("*.yaml")):
        if not example.relative_to(shipped_catalog()).parts[0].startswith((".", "_")):
            # As deep as a document in a folder of the catalog: their `$schema` lines hold there too.
            yield Path("catalog", "_examples", example.name), example.read_text(encoding="utf-8")
    yield Path(".vscode", "settings.json"), json.dumps(_EDITOR, indent=2) + "\n"
    yield Path(".vscode", "extensions.json"), json.dumps(_EXTENSIONS, indent=2) + "\n"


def _settings(state_branch: str | None) -> str:
    if state_branch is None:
        return SETTINGS
    line = _BRANCH if state_branch == "podsync-state" else _OTHER_BRANCH % state_branch
    return SETTINGS.replace(_LOCAL, line)


def shipped_catalog() -> Path:
    """Return the demonstration catalog: inside an installed package, beside it in a checkout."""
    package = Path(podsync.__file__).parent
    installed = package / "demo_catalog"
    return installed if installed.is_dir() else package.parent / "catalog"
