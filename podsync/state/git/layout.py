"""The files in a commit of the state's branch, read and written.

    podsync.state.json                      the snapshot, as the local store writes it
    lock.json                               who holds the state; no such file, nobody
    journal/0000/00000042-00000066.jsonl    one file a push: the events that no snapshot has yet

Each file of the journal has the form of a local journal: a header that names the snapshot, and a record
with a checksum for each event; together they are without a gap. Git names a file by its contents, so
what is read is what was written; the rest is there to notice what a person edited. Whatever else is
on the branch is kept.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from podsync.files import strict_json
from podsync.model.errors import StateError
from podsync.state.events import Event
from podsync.state.formats import journal, statefile
from podsync.state.formats.dataclass_json import Unfit
from podsync.state.git.branch import Branch, Commit, TreeItem
from podsync.state.local import snapshot
from podsync.state.lock import Holder
from podsync.state.model import State
from podsync.state.reducer.reducer import replay

SNAPSHOT, LOCK, JOURNAL = "podsync.state.json", "lock.json", "journal"
OWN = (SNAPSHOT, LOCK, JOURNAL)
#: So many files a folder: what a push adds to the trees does not grow with the apply.
_A_FOLDER = 64
_FILE = re.compile(r"journal/([0-9]{4,})/([0-9]{8,}-[0-9]{8,}\.jsonl)")
#: A lease that a lock may claim, in seconds.
_LEASES = (1.0, 3600.0)


@dataclass(frozen=True, slots=True)
class BranchContents:
    """A state as it was read; `base` names its snapshot, `fresh` says that there are later events."""

    state: State
    base: str = ""
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock record: its holder promises to move the branch every `lease` seconds at the least."""

    holder: Holder
    lease: float


@dataclass
class BranchFiles:
    """What the next commit will hold."""

    others: dict[str, TreeItem] = field(default_factory=dict)
    snapshot: TreeItem | None = None
    lock: TreeItem | None = None
    journal: dict[str, dict[str, TreeItem]] = field(default_factory=dict)

    @classmethod
    def of(cls, commit: Commit | None) -> BranchFiles:
        """What a commit holds."""
        if commit is None:
            return cls()
        root = commit.root
        files = cls({name: item for name, item in root.items() if name not in OWN}, root.get(SNAPSHOT))
        files.lock = root.get(LOCK)
        for path, item in commit.items.items():
            if (match := _FILE.fullmatch(path)) is not None:
                files.journal.setdefault(match[1], {})[match[2]] = item
        return files

    def add(self, item: TreeItem, first: int, last: int) -> None:
        """Add one file of the journal."""
        newest = max(self.journal, default="0000")
        if len(self.journal.get(newest, {})) >= _A_FOLDER:
            newest = f"{int(newest) + 1:04d}"
        self.journal.setdefault(newest, {})[f"{first:08d}-{last:08d}.jsonl"] = item

    def root(self, branch: Branch, known: dict[str, TreeItem]) -> dict[str, TreeItem]:
        """Make the folders, and return the top folder; `known` keeps those that are full."""
        own = {SNAPSHOT: self.snapshot, LOCK: self.lock}
        root = self.others | {name: item for name, item in own.items() if item is not None}
        newest = max(self.journal, default="")
        for name, items in self.journal.items():
            if name == newest or name not in known:
                known[name] = branch.tree(items)
        if self.journal:
            root[JOURNAL] = branch.tree({name: known[name] for name in self.journal})
        return root


def read_lock(branch: Branch, commit: Commit | None) -> Lock | None:
    """Return the lock that a commit holds; a record that cannot be read still is a lock."""
    item = commit.items.get(LOCK) if commit is not None else None
    if item is None:
        return None
    try:
        data = strict_json.loads(branch.read([item], 65536)[0])
        lease = float(data["lease_seconds"])
        holder = Holder.from_json(data)
        return Lock(holder, min(max(lease, _LEASES[0]), _LEASES[1]))
    except (StateError, Unfit, strict_json.NotStrictError, KeyError, TypeError, ValueError):
        return Lock(Holder(item.id, "somebody", 0, 0.0, "a command that cannot be read"), 120.0)


def lock_data(holder: Holder, lease: float) -> bytes:
    """Return the bytes of a lock record."""
    data = holder.to_json() | {"lease_seconds": lease}
    return (json.dumps(data, sort_keys=True, indent=1) + "\n").encode()


def read(branch: Branch, commit: Commit | None) -> BranchContents:
    """Read the state that a commit holds; raises StateError for what cannot be trusted."""
    if commit is None:
        return BranchContents(State())
    where = f"{SNAPSHOT} on branch {branch.name} ({commit.id[:7]})"
    paths = [path for path in commit.items if path.startswith(f"{JOURNAL}/")]
    files = [path for path in paths if commit.items[path].kind != "tree"]
    item = commit.items.get(SNAPSHOT)
    if item is None and not files:
        return BranchContents(State())
    own = [item, *(commit.items[path] for path in files)]
    if any(each is None or not each.is_file for each in own) or not all(map(_FILE.fullmatch, files)):
        raise damaged(where, "its files are not those of a state")
    files.sort(key=lambda path: int(path.rsplit("/", 1)[1].split("-")[0]))
    data, *texts = branch.read([each for each in own if each is not None], statefile.LIMIT)
    try:
        found = snapshot.parse(data, where)
    except statefile.DamagedStateError as error:
        raise StateError(error.message, _WAY_OUT) from None
    events: list[Event] = []
    for path, text in zip(files, texts, strict=True):
        contents = journal.read(text, path)
        if contents.unfinished or (contents.lineage, contents.base) != (found.state.lineage, found.id):
            raise damaged(where, f"{path} does not belong to it")
        if contents.first != found.state.serial + len(events) + 1:
            raise damaged(where, f"event {found.state.serial + len(events) + 1} is missing")
        events += contents.events
    return BranchContents(replay(found.state, events), found.id, bool(files))


_WAY_OUT = (
    "look at the branch's history (git log) for the last commit whose podsync.state.json is whole, and commit"
    " that on top. Without one, delete the branch: the next apply finds what exists in the providers'"
    " listings and creates nothing twice. The branch was left as it is"
)


def damaged(where: str, what: str) -> StateError:
    """Return the error for a branch that a person edited, or that is not a state's."""
    return StateError(f"{where} is damaged: {what}", _WAY_OUT)
