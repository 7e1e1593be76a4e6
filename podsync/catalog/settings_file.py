"""`podsync.yaml` -> settings, with the same strictness and the same diagnostics as products."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from podsync.catalog.discovery import FoundFile, read_bytes, shown
from podsync.catalog.environments import (
    environment_sharing,
    names_of,
    settings_of,
    shared_account,
    shared_things,
)
from podsync.catalog.fast_path import settings_cache
from podsync.catalog.parsing.document import Document, ParsedFile
from podsync.catalog.validation.validator import fits
from podsync.model.address import Address
from podsync.model.diagnostic import Diagnostic, errors_among, in_file_order
from podsync.model.errors import CatalogError
from podsync.model.frozen import EMPTY, freeze, value_at
from podsync.model.settings import Limits, ProviderSettings, RateLimit, Settings
from podsync.providers.registry import default_settings, plugins
from podsync.state.backends import BACKENDS, state_settings


def load(path: Path, root: Path | None = None, environment: str = "") -> Settings:
    """Read the settings file; a missing one means the defaults.

    `environment` is laid over the rest, where the file has it; else `Settings.environment` is empty.
    Diagnostics name it relative to `root` (default: the current folder). Raises CatalogError, with
    every fault, for a file that is not valid. Where `root` has caches already, what a valid file says is
    kept there: a file of the same content is not parsed again.
    """
    if not os.path.lexists(path):
        return defaults()
    root = root or Path.cwd()
    name = shown(path, root)
    raw = read_bytes(FoundFile(str(path), name))
    if isinstance(raw, Diagnostic):
        raise CatalogError([raw])
    cache = settings_cache(root, raw)
    known = cache.recall() if cache is not None else None
    if known is not None:
        return _settings(known, environment)
    data, diagnostics = _read(name, raw)
    if errors_among(diagnostics):
        raise CatalogError(diagnostics)
    if cache is not None:
        cache.remember(data)
    return _settings(data, environment)


def shared_accounts(
    path: Path, environment: str, providers: Iterable[str], urls: Mapping[str, str] = EMPTY
) -> list[Diagnostic]:
    """Return a fault for each of `providers` whose account another environment shares.

    `path` is a settings file without faults, `environment` one of its environments. `urls` are the base
    URLs, by provider, that hold in all of them whatever the file says.
    """
    return [
        shared_account(document, other, environment, provider, url=urls.get(provider))
        for document in _documents(path)
        for provider in providers
        if (other := environment_sharing(document.data, environment, provider, urls.get(provider)))
        is not None
    ]


def ignored_in_vain(
    path: Path, environment: str, owners: Mapping[str, Mapping[str, Address]]
) -> list[Diagnostic]:
    """Return a warning for each id below `ignore` that a document or the state has, at its place.

    `owners` maps, by provider, listed ids to addresses. `path` is a settings file without faults,
    `environment` one of its environments or "".
    """
    places = [("ignore",), *([("environments", environment, "ignore")] if environment else [])]
    found = []
    for document in _documents(path):
        for place in places:
            for provider, ids in (value_at(document.data, place) or {}).items():
                for index, identity in enumerate(ids):
                    address = owners.get(provider, {}).get(plugins()[provider].bare_id(identity))
                    if address is not None:
                        found.append(_in_vain(document, (*place, provider, index), identity, address))
    return found


def _documents(path: Path) -> tuple[Document, ...]:
    name = shown(path, Path.cwd())
    raw = read_bytes(FoundFile(str(path), name))
    return () if isinstance(raw, Diagnostic) else _parsed(name, raw).documents


def _in_vain(document: Document, path: tuple[Any, ...], identity: str, address: Address) -> Diagnostic:
    summary = f"{identity} is ignored, and {address} has it: it stays managed"
    detail = (
        f"take it out of `ignore`; or let it go: remove its document, and write `removed: [{address.word}]` "
        "as a document of its own"
    )
    span = document.places.get(path) or document.start
    return document.text.fault("ignored-managed", span, summary, detail, severity="warning", address=address)


def parse(name: str, raw: bytes) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings in these bytes, and all faults; with faults, the defaults."""
    data, diagnostics = _read(name, raw)
    return _settings(data), diagnostics


def _read(name: str, raw: bytes) -> tuple[Mapping[str, Any], tuple[Diagnostic, ...]]:
    """Return the document, empty if there is none or it has a fault, and all faults."""
    reading = _parsed(name, raw)
    faults = _faults(reading)
    if faults:
        from podsync.catalog.validation.fix_check import proved

        faults = proved(reading.text, faults, lambda text: _faults(_parsed(name, text.encode())))
    if faults or not reading.documents:
        return {}, in_file_order(faults)
    return reading.documents[0].data, ()


def _parsed(name: str, raw: bytes) -> ParsedFile:
    from podsync.catalog.parsing.yaml_reader import read

    return read(name, raw)


def _faults(reading: ParsedFile) -> list[Diagnostic]:
    faults: list[Diagnostic] = []
    sound = all(fits("podsync", document.data) for document in reading.documents)
    if not sound or reading.diagnostics or len(reading.documents) > 1:
        from podsync.catalog.validation.document_rules import faults_of_one

        faults = faults_of_one(reading, "podsync", "schema", "the settings")
    for document in reading.documents if sound else ():
        faults += _places(document)
        if document.data.get("environments") and not faults:
            faults += shared_things(document)
    return faults


def _places(document: Document) -> Iterator[Diagnostic]:
    """Yield a fault for each place of a state that cannot hold one, whatever is there."""
    environments = [("environments", each, "state") for each in names_of(document.data)]
    for block in (("state",), *environments):
        for backend in BACKENDS.values():
            path = (*block, backend.place)
            place = value_at(document.data, path)
            refused = backend.refuse(place) if isinstance(place, str) else None
            if refused is not None:
                yield document.fault("schema", path, f"{'.'.join(path)}: {refused[0]}", refused[1])


def defaults() -> Settings:
    """Return the settings of a catalog without a settings file."""
    return _settings({})


def _settings(data: Mapping[str, Any], environment: str = "") -> Settings:
    standard = Settings()
    environments = names_of(data)
    if environment in environments:
        data = settings_of(data, environment)
    providers, ignored = data.get("providers", {}), data.get("ignore", {})
    return Settings(
        catalog=data.get("catalog", standard.catalog),
        moved=tuple(data.get("moved", ())),
        sandbox=data.get("sandbox", standard.sandbox),
        state=state_settings(data.get("state", {})),
        providers={
            name: _provider(base, providers.get(name, {}))._replace(ignored=tuple(ignored.get(name, ())))
            for name, base in default_settings().items()
        },
        limits=Limits(**data.get("limits", {})),
        vars=freeze(data.get("vars", {})),
        environment=environment if environment in environments else "",
        environments=environments,
    )


def _provider(base: ProviderSettings, own: Mapping[str, Any]) -> ProviderSettings:
    changed = dict(own)
    if "rate_limit" in changed:
        changed["rate_limit"] = RateLimit(
            burst=changed["rate_limit"].get("burst", base.rate_limit.burst),
            per_second=changed["rate_limit"].get("per_second", base.rate_limit.per_second),
        )
    if "base_url" in changed:
        # Paths are appended to it, and hosts are compared with the state's.
        changed["base_url"] = changed["base_url"].rstrip("/")
    return base._replace(**changed)
