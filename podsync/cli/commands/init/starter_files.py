"""The files that `init` writes, as text, and where each went; schemas and examples are podsync's own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import podsync
from podsync.catalog.validation.schemas import schema_names, schema_text
from podsync.model.errors import PodsyncError
from podsync.output.wording import counted
from podsync.providers.descriptor import ProviderInfo
from podsync.providers.registry import plugins
from podsync.state.git.environment import root_of

_TEMPLATES = Path(__file__).parents[2] / "starter"
#: File of the templates -> its path in a catalog repository. Tables keep the line ends of `podsync fmt` on
#: every system; the editor's extension completes and checks documents by the schemas.
_AS_THEY_ARE = {
    "gitattributes": Path(".gitattributes"),
    "settings.json": Path(".vscode", "settings.json"),
    "extensions.json": Path(".vscode", "extensions.json"),
}

#: Comments on the settings of the first provider.
_SAID = {
    "account": "a name for the shop that the token stands for",
    "settle_seconds": "how long a new product may stay invisible in the listing",
    "retry_seconds": 'how long "not sent" (429, refused connection) is tried again',
}

_LOCAL = "# state: {backend: local, path: podsync.state.json}\n"
_BRANCH = "state: {backend: git}         # the branch podsync-state of this repository\n"
_OTHER_BRANCH = "state: {backend: git, branch: %s}   # of this folder: another catalog has another one\n"

#: Without a slash, so that a link of that name is ignored too.
IGNORED = (".podsync", "*.state.*json.journal", "*.state.*json.lock", "*.state.*json.backup.*")


def starters(*, state_branch: str | None) -> Iterator[tuple[Path, str]]:
    """Yield every file of a new catalog repository except the state and .gitignore.

    `state_branch` is the branch of the state, None if the state is a file.
    """
    yield Path("podsync.yaml"), settings_text(state_branch)
    for name in schema_names():
        yield Path("schemas", f"{name}.schema.json"), schema_text(name)
    for example in sorted(shipped_catalog().rglob("*.yaml")):
        if not example.relative_to(shipped_catalog()).parts[0].startswith((".", "_")):
            # As deep as a document in a folder of the catalog, so that its `$schema` line is right there.
            yield Path("catalog", "_examples", example.name), example.read_text(encoding="utf-8")
    for info in plugins().values():
        for name, text in info.examples():
            yield Path("catalog", "_examples", name), text
    for name, path in _AS_THEY_ARE.items():
        yield path, (_TEMPLATES / name).read_text(encoding="utf-8")


def settings_text(state_branch: str | None = None) -> str:
    """Return `podsync.yaml` with every default as a comment."""
    blocks = (_block(info, _SAID if at == 0 else {}) for at, info in enumerate(plugins().values()))
    template = (_TEMPLATES / "podsync.yaml.in").read_text(encoding="utf-8")
    text = template.replace("PROVIDERS\n", "".join(blocks))
    if state_branch is None:
        return text
    line = _BRANCH if state_branch == "podsync-state" else _OTHER_BRANCH % state_branch
    return text.replace(_LOCAL, line)


def _block(info: ProviderInfo, descriptions: Mapping[str, str]) -> str:
    settings = info.settings._asdict()
    del settings["ignored"], settings["known"]  # set by `ignore` and `_known.yaml`
    limit = ", ".join(f"{key}: {value}" for key, value in settings.pop("rate_limit")._asdict().items())
    settings = {
        "base_url": settings.pop("base_url"),
        "account": settings.pop("account"),
        "rate_limit": f"{{{limit}}}",
        **settings,
    }
    lines = [f"#   {info.name}:"]
    for key, value in settings.items():
        own = info.settings_schema.get(key)
        if key not in descriptions and own is None and key == "pictures":
            continue  # only some providers have it
        words = descriptions.get(key, "")
        if own is not None:
            about = own["description"].partition(":")[0]
            words = f"{' | '.join(own['enum'])}: {about[:1].lower()}{about[1:]}"
        lines.append(f"#     {key}: {value}".ljust(30 if words else 0) + (f"# {words}" if words else ""))
    return "\n".join(lines) + "\n"


def shipped_catalog() -> Path:
    """Return the demonstration catalog: in an installed package, or next to it in a checkout."""
    package = Path(podsync.__file__).parent
    installed = package / "demo_catalog"
    return installed if installed.is_dir() else package.parent / "catalog"


@dataclass
class InitResult:
    """The files below `root` that were made, extended, and kept."""

    root: Path
    made: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def file(self, path: Path, text: str) -> bool:
        """Write a file unless it exists; False if there is another one in its place."""
        target = self.root / path
        if os.path.lexists(target):
            self.kept.append(path.as_posix())
            return target.is_file() and target.read_bytes() == text.encode()
        self._stay(target.parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
        self.made.append(path.as_posix())
        return True

    def _stay(self, place: Path) -> None:
        """Raise PodsyncError if a link leads out of the repository: whoever filled it may have set it."""
        top = root_of(self.root) or self.root.resolve()
        if not place.resolve().is_relative_to(top):
            raise PodsyncError(
                f"{place} is a link that leads out of the repository; nothing more was written",
                f"remove it, or put a folder of its own in its place: rm {place}",
            )

    def ignore(self, lines: Iterable[str]) -> None:
        """Append the lines that `.gitignore` lacks."""
        target = self.root / ".gitignore"
        if not os.path.lexists(target):
            self.file(Path(".gitignore"), "# what podsync keeps beside a state\n" + "\n".join(lines) + "\n")
            return
        there = target.read_bytes()
        known = {line.strip() for line in there.decode("utf-8", "replace").splitlines()}
        missing = [line for line in lines if line not in known]
        if not missing:
            self.kept.append(".gitignore")
            return
        self._stay(target)
        joint = "" if there.endswith(b"\n") or not there else "\n"
        with target.open("ab") as stream:
            stream.write((joint + "\n".join(missing) + "\n").encode())
        self.added.append(f".gitignore (at its end: {counted(len(missing), 'line')})")
