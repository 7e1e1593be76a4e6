"""Connects a workspace to its providers, real or simulated."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from podsync.apply.context import ProviderConnection
from podsync.apply.history import Lost, StateHistory
from podsync.apply.lookup.preview import preview
from podsync.apply.rate_limit import Bucket
from podsync.cli.environment.credentials import key_of, proxies_to, read_keys, renewal
from podsync.cli.environment.hosts import refuse_foreign_hosts
from podsync.cli.environment.stores import levels_of
from podsync.cli.workspace import CACHE, Workspace
from podsync.evidence.findings import Findings
from podsync.model.clock import Clock
from podsync.model.errors import PodsyncError, UnauthorizedError, UnreachableError, UsageError
from podsync.model.frozen import EMPTY
from podsync.model.known_ids import KnownModel
from podsync.model.settings import ProviderSettings
from podsync.plan.action import Action
from podsync.plan.model import Plan
from podsync.providers.contract import Listing, ModelLister, Query, Reader
from podsync.providers.registry import plugins, provider_of
from podsync.state.local.account_lock import account_digest
from podsync.state.local.remembered_rows import RememberedRows
from podsync.state.model import State
from podsync.state.reducer.reducer import replay
from podsync.state.run_history import RunHistory

#: Actions that need no request.
_SILENT = frozenset({Action.MOVE, Action.NOTE, Action.ORPHAN})
_REACH = "does this machine reach it (a firewall, a proxy, a VPN)? Nothing was sent; try again"
#: Seconds. The sandbox lists at once, so a doubt there need not wait for minutes.
_SANDBOX_SETTLE = 5.0


def spoken_to(plan: Plan) -> frozenset[str]:
    """Return the providers that applying `plan` has to ask."""
    needed = {
        change.provider
        for change in plan.work
        # An orphan that is taken back has to be seen first.
        if change.action not in _SILENT or change.orphan_created_at is not None or change.accepts
    }
    return frozenset(needed.union(plan.unwanted, (name for name, count in plan.unbound.items() if count)))


def with_keys(space: Workspace) -> frozenset[str]:
    """Return the providers that have a key."""
    if space.sandbox:
        from podsync.sandbox import sides

        return frozenset(space.settings.providers) & sides().keys()
    return frozenset(
        name
        for name, plugin in plugins().items()
        if name in space.settings.providers and key_of(plugin, os.environ, space.environment)[1]
    )


@contextmanager
def connected(
    space: Workspace,
    names: Collection[str],
    clock: Clock,
    *,
    keys: Mapping[str, str] | None = None,
    paged: Callable[[str, int, int], None] | None = None,
) -> Iterator[dict[str, ProviderConnection]]:
    """Connect to the providers in `names`; the sandbox, if it is used, runs until the block ends.

    `keys` are read from the environment if they are not given (`keys_for`). `paged` is called after every
    page of a listing, with the provider, the number of rows so far, and the total (0 if it is not known).
    """
    keys = keys_for(space, names) if keys is None else keys
    with ExitStack() as stack:
        settings = {name: space.settings.providers[name] for name in sorted(names)}
        if space.sandbox and settings:
            urls, own = stack.enter_context(_sandbox(space.sandbox_folder))
            for name, each in settings.items():
                settle = min(each.settle_seconds, _SANDBOX_SETTLE) if own else each.settle_seconds
                settings[name] = each._replace(base_url=urls[name], settle_seconds=settle)
        yield {n: _connection(n, each, keys[n], clock, stack, space, paged) for n, each in settings.items()}


def keys_for(space: Workspace, names: Collection[str]) -> dict[str, str]:
    """Return the keys of these providers; the sandbox has its own, and real ones are not read then.

    Raises ProtectedError for a host that is not the provider's own, not this machine and not allowed.
    """
    if space.sandbox:
        return _sandbox_keys(names)
    refuse_foreign_hosts({name: space.settings.providers[name].base_url for name in names}, plugins())
    return read_keys(names, plugins(), os.environ, space.environment)


def _sandbox_keys(names: Collection[str]) -> dict[str, str]:
    """Return the sandbox's keys; raises UsageError for a provider that is not simulated."""
    from podsync.sandbox import Rules, first_keys

    keys = first_keys(Rules())
    for name in names:
        if name not in keys:
            raise UsageError(
                f"there is no sandbox of {plugins()[name].title}",
                "its package brings none (an entry point of podsync.sandboxes); nothing was sent",
            )
    return keys


def _connection(
    name: str,
    settings: ProviderSettings,
    key: str,
    clock: Clock,
    stack: ExitStack,
    space: Workspace,
    paged: Callable[[str, int, int], None] | None,
) -> ProviderConnection:
    plugin = plugins()[name]
    levels = levels_of(name, settings, clock.now)
    pace = Bucket(settings.rate_limit, clock, levels.read(settings.rate_limit.per_second))
    stack.callback(lambda: levels.write(pace.level()))
    proxies, trust = proxies_to(settings.base_url, os.environ), None
    if settings.base_url.startswith("https:"):
        from podsync.network.certificates import trust_of

        trust = trust_of(os.environ)
    reader, writer = plugin.connect(settings, key, clock, pace, proxies, trust)
    account, provider = account_digest(name, settings.base_url, key), provider_of(plugin, settings)
    if hasattr(reader, "on_long_reading"):
        reader.on_long_reading = lambda rows, requests: space.session.console.say(
            f"note: {provider.title} lists {rows:,} products; that takes about {requests:,} requests, "
            f"{_minutes(requests, settings, pace.level())}"
        )
    if paged is not None and hasattr(reader, "on_page"):
        reader.on_page = partial(paged, name)
    kind = _AdvisedModelLister if isinstance(reader, ModelLister) else _AdvisedReader
    advising = kind(reader, renewal(plugin, space.environment))
    return ProviderConnection(provider, advising, writer, pace, settings, account)


def rows_seen(space: Workspace) -> RememberedRows:
    """Return the rows that looks without the lock have shown at these accounts."""
    folder, say = space.sandbox_folder if space.sandbox else CACHE, space.session.console.say
    place = (folder / "remembered").relative_to(CACHE).as_posix()
    return RememberedRows(CACHE, space.accounts, lambda note: say(f"note: {note}"), place=place)


def findings_of(
    space: Workspace,
    plan: Plan,
    state: State,
    connections: Mapping[str, ProviderConnection],
    clock: Clock,
    *,
    first_contact: bool = False,
    compares: bool = False,
    doubted: bool = False,
    missed: Mapping[str, Mapping[str, float]] = EMPTY,
) -> Mapping[str, Findings]:
    """Look at each provider once, as apply does; the state is not written.

    Rows that an apply would record are remembered beside it. With `doubted` the state counts as lost.
    `compares` and `missed` are those of `preview`.
    """
    rows = rows_seen(space)
    memory = StateHistory(RunHistory(CACHE, space.store.identity), space.store, clock, lambda _: None, rows)
    return preview(
        plan,
        replay(state, rows.read(state)),
        space.catalog_read,
        connections,
        clock=clock,
        lost=Lost() if doubted else memory.lost(state),
        first_contact=first_contact,
        compares=compares,
        missed=missed,
        keep=rows.keep,
    )


@dataclass(frozen=True, slots=True)
class _AdvisedReader:
    """A reader whose errors say what a person can do."""

    reader: Reader
    renewal: str

    def find(self, query: Query) -> Listing:
        with self._advice():
            return self.reader.find(query)

    @contextmanager
    def _advice(self) -> Iterator[None]:
        try:
            yield
        except UnauthorizedError as error:
            error.remedy = error.remedy or self.renewal
            raise
        except UnreachableError as error:
            error.remedy = error.remedy or _REACH
            raise


class _AdvisedModelLister(_AdvisedReader):
    """The same for a provider that lists its models."""

    __slots__ = ()

    def models(self) -> tuple[KnownModel, ...]:
        assert isinstance(self.reader, ModelLister)  # noqa: S101 (`_connection` has checked it)
        with self._advice():
            return self.reader.models()

    def details(self, model: KnownModel) -> KnownModel:
        assert isinstance(self.reader, ModelLister)  # noqa: S101
        with self._advice():
            return self.reader.details(model)


def _minutes(requests: int, settings: ProviderSettings, level: float) -> str:
    """Return how long so many requests take at the provider's rate, as text."""
    limit = settings.rate_limit
    seconds = max(0.0, requests - (limit.burst - level)) / limit.per_second
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} minutes"


@contextmanager
def _sandbox(folder: Path) -> Iterator[tuple[dict[str, str], bool]]:
    """Serve the sandbox, or use the one that serves this folder; yield its base URLs, and if it is ours."""
    from podsync.sandbox import Sandbox, SandboxBusyError, SandboxDataError, base_urls

    sandbox = Sandbox(data=folder / "data", record=0)
    try:
        sandbox.start()
    except SandboxBusyError as error:
        if error.url is None:
            raise PodsyncError(str(error), "wait until it has ended, or stop it") from None
        yield base_urls(error.url), False
        return
    except (SandboxDataError, OSError) as error:
        remedy = f"delete {folder}/ to begin anew"
        raise PodsyncError(f"the sandbox does not start: {error}", remedy) from None
    try:
        yield base_urls(sandbox.url), True
    finally:
        sandbox.stop()
