"""Carries a plan out (stub: signatures only)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from podsync.model import Json
from podsync.plan.plan import Plan
from podsync.ports import Clock, Provider, Reader, StateStore, Writer
from podsync.report import Outcome, Report
from podsync.settings import ProviderSettings
from podsync.state.state import State


@dataclass(frozen=True, slots=True)
class Connection:
    """One provider, ready to be read and written."""

    provider: Provider
    reader: Reader
    writer: Writer
    settings: ProviderSettings


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line may ask of an apply."""

    wait: bool = True
    first_contact: bool = False
    limit: int | None = None
    max_failures: int | None = None


class Listener(Protocol):
    """Hears what happens while it happens; called from several threads, one call at a time."""

    def outcome(self, outcome: Outcome, done: int, total: int) -> None:
        """A change ended."""

    def waiting(self, provider: str, what: str, until: float) -> None:
        """Something is waited for, until that moment (epoch seconds); stopping is safe."""

    def note(self, text: str) -> None:
        """Report a fact worth a line."""


class Stop(Protocol):
    """Whether the run was asked to stop: the signal's number, 0 for no."""

    @property
    def signal(self) -> int:
        """2, 15 or 0."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Who applies and from what: kept in the state's `last_apply`."""

    commit: str | None = None
    actor: str | None = None
    run_url: str | None = None


def carry_out(
    plan: Plan,
    state: State,
    store: StateStore,
    connections: Mapping[str, Connection],
    *,
    clock: Clock,
    listener: Listener,
    stop: Stop,
    options: Options = Options(),  # noqa: B008 (frozen)
    origin: Origin = Origin(),  # noqa: B008 (frozen)
    memory: Mapping[str, Json] | None = None,
) -> Report:
    """Carry `plan` out; the caller holds the store's lock and has checked that the plan is not stale."""
    raise NotImplementedError
