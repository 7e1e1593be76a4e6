"""What a provider is, as plain values: all that the rest of podsync knows of its words.

An entry point of the group `podsync.providers` names one `ProviderInfo`. It imports nothing slow: the modules
beside it that compare, read and write are imported when they are asked for.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from podsync.model.frozen import EMPTY, Spec
from podsync.model.settings import ProviderSettings

if TYPE_CHECKING:
    from podsync.model.clock import Clock, Pace
    from podsync.network.certificates import Trust
    from podsync.providers.contract import Reader, Writer


class FieldRoles(NamedTuple):
    """Which field of a spec means what; empty where the provider has no such thing.

    `pictures` are (label, field) pairs of mock-ups, the front first. `artwork`, `options` and `parts` are
    fields with lists of mappings; the names with a prefix are keys inside of these. `option_choices` are what
    a buyer can choose, each with its `choice` and what it stands for, part by part. `everybody` is the
    customer that stands for all of them.
    """

    name: str = ""
    model: str = ""
    colour: str = ""
    pictures: tuple[tuple[str, str], ...] = ()
    artwork: str = ""
    artwork_name: str = ""
    artwork_url: str = ""
    customers: str = ""
    everybody: str = ""
    options: str = ""
    option_name: str = ""
    option_parts: str = ""
    option_part: str = ""
    option_values: str = ""
    option_choices: str = ""
    choice: str = ""
    choice_default: str = ""
    choice_parts: str = ""
    choice_attributes: str = ""
    parts: str = ""
    part_name: str = ""
    part_count: str = ""

    @property
    def front(self) -> str:
        """The field of the picture that is shown first."""
        return self.pictures[0][1] if self.pictures else ""

    def name_of(self, spec: Spec) -> str:
        """Return the name that people see, of a spec or of what a listing shows."""
        return str(spec.get(self.name) or "")

    def to_json(self) -> dict[str, Any]:
        """Plain data, without what is empty."""
        return {name: value for name, value in self._asdict().items() if value}


#: The roles of a provider that is not installed: its fields are shown as they are.
NO_ROLES = FieldRoles()


class ProviderInfo(NamedTuple):
    """One provider.

    name: the key in `podsync.yaml` and in a state. title: the name that people read; `long_title` is that
    of the product they have an account with. kind: of its documents. rank: where it stands in lists, before
    others of a higher rank.

    package: where `schema.json` says what a `spec` holds, `provider.py` has `provider(settings)`, which
    returns the knowledge, and `api.py` has `client(http)`, which returns what reads and what writes.

    hosts: its own ones, real and for tests, in small letters and without a port: a key goes elsewhere only
    where a person has allowed it. key_header: the header that tells the key, `{}` standing for it.
    key_variable and url_variable: the environment variables of the key and of another base URL. renew:
    where a person gets a key. by_hand: where a person looks for a product and removes it. id_prefix: stands
    before an id in some answers, and not in listings. visible_id: the word for the id that people see, and
    its key in what is shown.

    mutable: fields that an update can change in place. unlisted: fields that no listing returns. replaces:
    whether a change of any other field may create anew; else it is refused, with `replace_remedy`.
    tells_ids: whether the answer to a create tells the id of what it made. unique_names: whether orders find
    a product by its name.

    steps: what is added to a product after its create, a request each, in order: name -> what people read.
    swaps: whether a replace may make the new product under another name and exchange the names then.

    settings: the defaults. settings_schema: keys of `podsync.yaml` that only this provider has.
    """

    name: str
    title: str
    kind: str
    package: str
    roles: FieldRoles
    settings: ProviderSettings
    hosts: tuple[str, ...]
    key_variable: str
    key_header: tuple[str, str]
    url_variable: str
    renew: str
    by_hand: str
    long_title: str = ""
    rank: int = 100
    id_prefix: str = ""
    visible_id: tuple[str, str] = ("", "")
    mutable: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()
    replaces: bool = False
    replace_remedy: str = "make a new document with a name of its own, or undo the change here"
    tells_ids: bool = True
    unique_names: bool = False
    steps: Mapping[str, str] = EMPTY
    swaps: bool = False
    settings_schema: Mapping[str, Any] = EMPTY

    @property
    def telling(self) -> tuple[str, ...]:
        """Listed spec fields, the name first: products that share none of them never match."""
        return (self.roles.name, *(field for _, field in self.roles.pictures))

    def schema_text(self) -> str:
        """Return `schema.json`: `title` and `description` of the kind, and the schema of its `spec`."""
        return _schema_text(self.package)

    def examples(self) -> Iterator[tuple[str, str]]:
        """Yield name and text of each file in `examples/` beside the schema: for who starts a catalog."""
        folder = Path(sys.modules[self.package].__file__ or "").with_name("examples")
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            yield path.name, path.read_text(encoding="utf-8")

    @property
    def required(self) -> tuple[str, ...]:
        """Fields of a spec without which nothing can be made."""
        return _required(self.package)

    def bare_id(self, identity: str) -> str:
        """Return an id as listings tell it."""
        return identity.removeprefix(self.id_prefix)

    def connect(
        self,
        settings: ProviderSettings,
        key: str,
        clock: "Clock",
        pace: "Pace",
        proxies: Mapping[str, str],
        trust: "Trust | None" = None,
    ) -> "tuple[Reader, Writer]":
        """Return what looks at the provider, and what writes to it.

        `proxies` is scheme -> URL of the proxy; `network.certificates` makes what TLS is checked with, None:
        the system's.
        """
        from podsync.network.http import Http

        header, form = self.key_header
        headers = {header: form.replace("{}", key)}
        http = Http(
            self.title, settings, headers,
            key=key, clock=clock, pace=pace, proxies=proxies, trust=trust,
        )  # fmt: skip
        found: tuple[Reader, Writer] = import_module(f"{self.package}.api").client(http)
        return found


def _schema_text(package: str) -> str:
    module = sys.modules[package].__file__ or ""
    return Path(module).with_name("schema.json").read_text(encoding="utf-8")


@cache
def _required(package: str) -> tuple[str, ...]:
    return tuple(json.loads(_schema_text(package))["spec"]["required"])
