"""From a workspace to providers that can be spoken to: with real keys, or with the sandbox."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]

from podsync.apply.context import Connection
from podsync.apply.pacing import Bucket
from podsync.cli.credentials import is_loopback, proxies_from, read_keys
from podsync.cli.workspace import SANDBOX, Workspace, levels_of
from podsync.errors import PodsyncError
from podsync.plan.plan import Action, Plan
from podsync.ports import Clock
from podsync.providers.registry import plugins
from podsync.settings import ProviderSettings

#: Actions that send nothing and ask nobody.
_SILENT = frozenset({Action.MOVE, Action.NOTE, Action.ORPHAN})
#: The sandbox lists at once: a doubt there need not wait for minutes.
_SANDBOX_SETTLE = 5.0


def spoken_to(plan: Plan) -> frozenset[str]:
    """Return the providers that carrying out `plan` has to speak to."""
    needed = {
        change.provider
        for change in plan.work
        # What is taken back has to be seen first, under whatever address.
        if change.action not in _SILENT or change.orphan_created_at is not None
    }
    return frozenset(needed | {name for name, count in plan.unbound.items() if count})


@contextmanager
def connected(
    space: Workspace, names: Collection[str], keys: Mapping[str, str], clock: Clock
) -> Iterator[dict[str, Connection]]:
    """Connect to the providers in `names`; the sandbox, if it is play, lives as long as this."""
    with ExitStack() as stack:
        settings = {name: space.settings.providers[name] for name in sorted(names)}
        if space.sandbox and settings:
            urls, own = stack.enter_context(_sandbox())
            settings = {name: _in_sandbox(told, urls[name], own) for name, told in settings.items()}
        yield {name: _connection(name, told, keys[name], clock, stack) for name, told in settings.items()}


def keys_for(space: Workspace, names: Collection[str]) -> dict[str, str]:
    """Return the keys that a run needs; the sandbox has its own, and real ones are not read then."""
    if space.sandbox:
        from podsync.sandbox import Rules

        rules = Rules()
        return {"kakaclo": rules.kakaclo_tokens[0], "gelato": rules.gelato_keys[0]}
    return read_keys(names, plugins(), os.environ)


def _connection(
    name: str, settings: ProviderSettings, key: str, clock: Clock, stack: ExitStack
) -> Connection:
    plugin = plugins()[name]
    levels = levels_of(name, settings, clock.now)
    pace = Bucket(settings.rate_limit, clock, levels.read(settings.rate_limit.per_second))
    stack.callback(lambda: levels.write(pace.level()))
    reader, writer = plugin.connect(settings, key, clock, pace, _proxies(settings.base_url))
    return Connection(plugin.provider(settings), reader, writer, pace, settings)


def _proxies(base_url: str) -> dict[str, str]:
    host = urlsplit(base_url).hostname or ""
    found = proxies_from(os.environ)
    if is_loopback(host) or proxy_bypass_environment(host, found):
        return {}
    found.pop("no", None)
    return found


def _in_sandbox(told: ProviderSettings, url: str, own: bool) -> ProviderSettings:
    settle = min(told.settle_seconds, _SANDBOX_SETTLE) if own else told.settle_seconds
    return told._replace(base_url=url, settle_seconds=settle)


@contextmanager
def _sandbox() -> Iterator[tuple[dict[str, str], bool]]:
    """Serve the sandbox, or use the one that serves this folder already; yields the base URLs."""
    from podsync.sandbox import Sandbox, SandboxBusyError, SandboxDataError

    sandbox = Sandbox(data=SANDBOX / "data", record=0)
    try:
        sandbox.start()
    except SandboxBusyError as error:
        if error.url is None:
            raise PodsyncError(str(error), "wait until it has ended, or stop it") from None
        yield {"kakaclo": f"{error.url}/openapi", "gelato": error.url}, False
        return
    except (SandboxDataError, OSError) as error:
        remedy = f"delete {SANDBOX}/ to begin anew"
        raise PodsyncError(f"the sandbox does not start: {error}", remedy) from None
    try:
        yield {"kakaclo": sandbox.kakaclo_url, "gelato": sandbox.gelato_url}, True
    finally:
        sandbox.stop()
