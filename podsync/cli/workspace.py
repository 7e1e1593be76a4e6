"""A folder with a catalog, as values: settings, catalog, state, hosts; real or sandbox."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podsync.catalog import loader, settings_file
from podsync.catalog.known_file import NO_FILE, KnownFile
from podsync.cli.app.formats import say_diagnostics
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session, program, quoted
from podsync.cli.chosen_environment import check_environment, sandbox_folder
from podsync.cli.environment.credentials import base_urls, with_base_urls
from podsync.cli.environment.origin import absence
from podsync.cli.environment.own_folder import FOLDER, refuse_foreign
from podsync.cli.environment.placement import must_be_its_catalog, must_stay_in_tree
from podsync.files.seal import key_folder, own_seal
from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic, in_file_order
from podsync.model.errors import CatalogError, ProtectedError, StateError, UsageError
from podsync.model.frozen import Json
from podsync.model.product import Catalog
from podsync.model.settings import Authoring, Settings, StateSettings
from podsync.network.hosts import host_of
from podsync.providers.knowledge import Provider
from podsync.providers.registry import plugins, providers
from podsync.state.backends import state_files, state_settings
from podsync.state.store import StateStore

if TYPE_CHECKING:
    from podsync.catalog.source_lookup import Sources
    from podsync.output.forecast import PlanFacts
    from podsync.plan.model import Plan
    from podsync.state.model import State

SETTINGS_FILE = "podsync.yaml"
CACHE = Path(FOLDER)
#: A lock that is held has its holder's name in it, one that is not has two bytes.
_NAMED = 3


class Workspace:
    """The folder that podsync works in. `sandbox` tells whether this run is play."""

    def __init__(
        self, session: Session, settings: Settings, settings_path: Path | None, sandbox: bool = False
    ) -> None:
        self.session, self.settings, self.settings_path = session, settings, settings_path
        self.sandbox, self.known_file = sandbox, NO_FILE
        #: What was read last, by word: `catalog`.
        self._kept: dict[str, Any] = {}

    @classmethod
    def open(cls, session: Session, *, in_any: bool = False, anywhere: bool = False) -> Workspace:
        """Find and read the settings; CatalogError for bad ones.

        UsageError where there is no catalog, unless it is to work `anywhere`. `in_any`: what is done is the
        same in every environment, so that none has to be named.
        """
        refuse_foreign()
        path = _settings_path(session.config)
        if path is not None and session.config is None:
            must_stay_in_tree("settings", SETTINGS_FILE)  # the faults of a file are shown with its lines
        settings = settings_file.load(path or Path(SETTINGS_FILE), environment=session.env)
        if session.env or not in_any:
            check_environment(settings, session)
        kept = any(file.exists() for file in state_files(settings.state))
        exists = path is not None or Path(settings.catalog).is_dir() or kept
        space = cls(session, settings, path, session.sandbox or settings.sandbox)
        # Without its settings and its state a catalog looks new.
        if missing := [file for file in space.kept_files if not os.path.lexists(file)]:
            space.refuse_absence(missing, thorough=not exists and not anywhere)
        if not exists and not anywhere:
            message = "no catalog here: neither podsync.yaml nor a folder catalog"
            raise UsageError(message, _where_else(session))
        session.detail(f"settings: {path or 'none, defaults hold'}; catalog: {settings.catalog}")
        if session.verbose and own_seal(Path()) is None:
            where = key_folder() or "any home folder"
            session.detail(f"no key of this user yet in {where}: nothing kept is believed")
        must_stay_in_tree("catalog", settings.catalog, space.given)
        for file in state_files(space.state_settings):
            must_stay_in_tree("state.path", str(file), space.given)
        space.settings = settings if space.sandbox else with_base_urls(settings, os.environ)
        space.known_file = KnownFile.of(Path(settings.catalog))
        hosts = {name: host_of(str(space.host(name)["base_url"])) for name in space.settings.providers}
        space.settings = space.known_file.with_known_ids(space.settings, hosts)
        return space

    @classmethod
    def open_for(
        cls, outputs: Outputs, session: Session, *, anywhere: bool = False, quiet: bool = False
    ) -> Workspace:
        """Open it for a command that writes `outputs`, and announce where it works.

        UsageError where an output would overwrite a file of podsync's own. `quiet`: the text announces it.
        """
        space = cls.open(session, anywhere=anywhere)
        outputs.refuse(space.own_files)
        if not (quiet and outputs.screen == "text"):
            space.announce()
        return space

    # -- what is in the folder

    @property
    def own_files(self) -> list[Path]:
        """What no output may overwrite."""
        beside = [Path(f"{state}{end}") for state in self.kept_files[1:] for end in (".journal", ".lock")]
        return [Path(self.settings.catalog), *self.kept_files, *beside]

    @property
    def kept_files(self) -> list[Path]:
        """The settings, and the state where it is a file."""
        return [self.settings_path or Path(SETTINGS_FILE), *state_files(self.state_settings)]

    @property
    def state_settings(self) -> StateSettings:
        """Where the state is kept; the sandbox has one of its own, beside its data."""
        own = {"path": str(self.sandbox_folder / "podsync.state.json")}
        return state_settings(own) if self.sandbox else self.settings.state

    @property
    def sandbox_folder(self) -> Path:
        """Where the sandbox keeps what it has."""
        return sandbox_folder(self.environment)

    @property
    def environment(self) -> str:
        """The environment of the settings that this run is in; "" where they have none."""
        return self.settings.environment

    @property
    def given(self) -> Path | None:
        """The settings file, where the command line names it."""
        return self.settings_path if self.session.config is not None else None

    @property
    def waits(self) -> dict[str, float]:
        """For how many seconds after a request no listing need show what it made, by provider."""
        providers = self.settings.providers
        return {name: each.timeout_seconds + each.settle_seconds for name, each in providers.items()}

    def plan_facts(self, plan: Plan, orphans: int = 0) -> PlanFacts:
        """Return what views may know beside a plan; earlier applies left `orphans` products to remove."""
        from podsync.output.forecast import PlanFacts

        rates = {name: each.rate_limit for name, each in self.settings.providers.items()}
        return PlanFacts(rates, self._levels(plan), self.sandbox, orphans, self.session.as_typed)

    def _levels(self, plan: Plan) -> dict[str, float]:
        """Return how many requests each provider's bucket still holds, of those that the plan writes to."""
        from podsync.cli.environment.stores import levels_of

        names = () if self.sandbox else {change.provider for change in plan.work}
        settings = {name: self.settings.providers[name] for name in names}
        return {
            name: levels_of(name, each, time.time).read(each.rate_limit.per_second)
            for name, each in settings.items()
        }

    @cached_property
    def store(self) -> StateStore:
        """The state's store."""
        from podsync.cli.environment.stores import open_store

        place = str(self.sandbox_folder) if self.sandbox else str(CACHE)
        return open_store(self.state_settings, lambda note: self.session.console.say(f"note: {note}"), place)

    @property
    def accounts(self) -> dict[str, str]:
        """What tells the account at each provider from every other one."""
        return {name: " ".join(self.host(name).values()) for name in self.settings.providers}

    def load(self, *, tell: bool = True) -> State:
        """Load the state to work with; StateError where it was moved elsewhere, or is another catalog's.

        With `tell`, a person is told where it is missing, and a backup is there.
        """
        from podsync.state.migration import refuse_moved

        state = refuse_moved(self.store.recalled(self.accounts), self.state_label)
        if strange := sorted(state.providers - plugins().keys()):
            raise StateError(
                f"{self.state_label} knows products at {', '.join(strange)}: there is no such provider here",
                "install its package where podsync is installed; nothing was done",
            )
        if state.catalog and not self.sandbox:
            must_be_its_catalog(state.catalog, self.settings, self.state_label)
        if tell and not state.lineage and (back := self.store.undo()) is not None:
            # Nothing would be lost by an apply, which looks before it creates; but it would ask much more.
            undo_hint = self.session.as_typed(back)
            self.session.console.say(f"warning: {self.state_label} is missing or empty; {undo_hint}")
        return state

    def tell_of_writers(self) -> None:
        """Say who is changing the state just now: what is read may be an instant of it."""
        for file in state_files(self.state_settings):
            lock = Path(f"{file}.lock")
            if not lock.exists() or lock.stat().st_size < _NAMED:
                return
            from podsync.state.local.lock import read_holder, runs

            holder = read_holder(lock)
            if holder is not None and runs(holder):
                note = f"note: {holder} is writing {self.state_label}"
                self.session.console.say(f"{note}; what it has not finished looks in doubt or undone here")

    @property
    def state_label(self) -> str:
        """How people know the state; its environment, and SANDBOX where it is play, stand first."""
        words = [self.environment.upper(), "SANDBOX" if self.sandbox else "", self.store.label]
        return " ".join(filter(None, words))

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """Knowledge of every provider; no network."""
        return providers(self.settings)

    def catalog(self) -> Catalog:
        """Read the catalog; warnings go to stderr, errors are a CatalogError."""
        loaded = _valid(self.read_catalog())
        self._say(loaded.diagnostics)
        return loaded.catalog

    def read_catalog(self, paths: Sequence[str] = ()) -> loader.Loaded:
        """Read the catalog with all that is wrong with it; `paths` narrow what is told."""
        with self.reading(paths) as run:
            loaded = run.finish()
        self.refuse_absence([Path(self.settings.catalog)], thorough=not len(loaded.catalog))
        return loaded._replace(diagnostics=(*self.known_file.parsed[1], *loaded.diagnostics))

    def reading(self, paths: Sequence[str] = ()) -> loader.CatalogRun:
        """Begin to read the catalog: while the block does something else, other processors are at it."""
        return loader.begin(
            Path(), self.settings.catalog, self.providers, paths,
            remember_from=loader.WORTH_A_CACHE, authoring=self.authoring,
        )  # fmt: skip

    @property
    def authoring(self) -> Authoring:
        """What documents may draw on."""
        return self.settings.authoring._replace(file=str(self.settings_path or SETTINGS_FILE))

    @property
    def catalog_read(self) -> Catalog:
        """The catalog as `plan` has read it last; empty before."""
        catalog: Catalog = self._kept.get("catalog") or Catalog(())
        return catalog

    # -- planning

    def hosts(self, catalog: Catalog, state: State) -> dict[str, Json]:
        """Return host and account of every provider that is wanted, known or remembered."""
        wanted = catalog.providers | set(state.hosts) | state.providers
        known = sorted(name for name in wanted if name in self.settings.providers)
        self._refuse_shared_accounts(known)
        return {name: self.host(name) for name in known}

    def _refuse_shared_accounts(self, providers: Sequence[str]) -> None:
        """Refuse a provider of which two environments have one account: each state would make all in it."""
        if self.environment and self.settings_path is not None:
            # A base URL of the process is that of every environment: what hosts told apart may meet there.
            urls = {} if self.sandbox else base_urls(os.environ)
            found = settings_file.shared_accounts(self.settings_path, self.environment, providers, urls)
            if found:
                raise CatalogError(found)

    def host(self, name: str) -> Json:
        """Return where this run would speak to a provider."""
        url, account = self.settings.providers[name].base_url, self.settings.providers[name].account
        if self.sandbox:
            from podsync.plan.model import SANDBOX_URL

            url = f"{SANDBOX_URL}/{name}"
        return {"base_url": url, "account": account}

    def plan(
        self,
        state: State,
        reading: loader.CatalogRun,
        selection: Selection,
        allow: Mapping[str, int],
        *,
        every: bool = False,
    ) -> Plan:
        """Work out what apply would do; asks nobody. With `every`, unchanged ones are listed too.

        Warnings about files that it changes are part of the plan, for those who review it; the rest goes
        to stderr.
        """
        from podsync.plan.action import Action
        from podsync.plan.planner import make_plan

        catalog, warnings = _valid(reading.finish())
        self._kept["catalog"] = catalog
        if not len(catalog):
            self.refuse_absence(self.own_files, thorough=True)
            self._refuse_emptiness(state, frozenset(catalog.removed))
        made = make_plan(
            catalog,
            state,
            self.providers,
            hosts=self.hosts(catalog, state),
            limits=self.settings.limits,
            allow=allow,
            selection=selection,
            state_label=self.state_label,
            environment=self.environment,
            every=every,
            defaults=lambda: self._sources,
        )
        self.refuse_absence(self.own_files, thorough=made.summary[Action.ORPHAN] > 0)
        if made.work and self.known_file.parsed[1]:  # what models are called is told of what changes
            raise CatalogError(self.known_file.parsed[1])
        more = self._ignored_in_vain(state, catalog)
        if made.unwanted:
            from podsync.plan.planner import of_refusals

            more += of_refusals(made, state, time.time(), self.waits)
        made = replace(made, diagnostics=in_file_order((*made.diagnostics, *more)))
        return self._with_warnings(made, warnings)

    def _ignored_in_vain(self, state: State, catalog: Catalog) -> list[Diagnostic]:
        """Return a warning for each id that the settings ignore and something here manages."""
        ignoring = {name for name, each in self.settings.providers.items() if each.ignored}
        if not ignoring or self.settings_path is None:
            return []
        owners: dict[str, dict[str, Address]] = {name: {} for name in ignoring}
        for product in catalog:
            if product.history.adopt is not None and product.provider in ignoring:
                owners[product.provider][product.history.adopt] = product.address
        for address, entry in state.entries.items():
            if entry.id is not None and entry.provider in ignoring:
                owners[entry.provider][entry.id] = address
        return settings_file.ignored_in_vain(self.settings_path, self.environment, owners)

    @cached_property
    def _sources(self) -> Sources:
        """The documents with their places, for what few changes want to know."""
        from podsync.catalog.source_lookup import Sources

        return Sources(Path(), self.authoring, self.settings.catalog)

    def _with_warnings(self, made: Plan, warnings: Sequence[Diagnostic]) -> Plan:
        """Return the plan with the warnings that concern it; foreign hosts first, where no view cuts them."""
        found = made.diagnostics
        if warnings:
            changed = {change.source.path for change in made.work if change.source is not None}
            relevant = [one for one in warnings if one.at is not None and one.at.path in changed]
            self._say([one for one in warnings if one not in relevant])
            found = in_file_order((*found, *relevant))
        if not self.sandbox:
            from podsync.cli.environment.hosts import with_foreign_hosts

            found = with_foreign_hosts(found, made.hosts, plugins())
        return made if found == made.diagnostics else replace(made, diagnostics=found)

    def refuse_absence(self, needed: Sequence[Path], *, thorough: bool) -> None:
        """Refuse a checkout that lacks files which are needed: products would look gone, or new."""
        found = absence(os.environ, Path.cwd(), needed, thorough=thorough)
        if found is not None:
            raise ProtectedError(found.message, f"{found.remedy}; nothing was done")

    def _refuse_emptiness(self, state: State, lets_go: Collection[str]) -> None:
        """Refuse a catalog without a document where there should be some; nothing was done yet.

        One that names under `removed` all that the state has says so on purpose.
        """
        if not state.entries:
            self.must_have_a_catalog()
            return
        if all(str(address) in lets_go for address in state.entries):
            return
        known = "1 product" if len(state.entries) == 1 else f"{len(state.entries)} products"
        raise ProtectedError(
            f"{self.settings.catalog} has no document, but the state knows {known}",
            "restore the documents (git checkout), or set `catalog:` in podsync.yaml; nothing was done\n"
            f"if none is wanted any more, forget each, which stays on sale until a person removes it: "
            f"{self.command_line('state', 'rm', 'ADDRESS')}",
        )

    # -- talking

    def must_have_a_catalog(self) -> None:
        """Refuse to take a folder that is not there for a catalog without products."""
        if not Path(self.settings.catalog).exists():
            self.refuse_absence(self.own_files, thorough=True)
            raise UsageError(
                f"no catalog here: there is no folder {self.settings.catalog}",
                f"start one: {self.command_line('init')}\nor set `catalog:` in podsync.yaml",
            )

    def _say(self, diagnostics: Sequence[Diagnostic]) -> None:
        say_diagnostics(diagnostics, self.session)

    def command_line(self, *words: str) -> str:
        """Return a command for people to paste, with the global options of this run."""
        return self.session.command_line(*words)

    def tell_environment(self) -> None:
        """Say in capitals on stderr which environment this is, if it is one."""
        if self.environment:
            from podsync.output.text.plan_head import environment_line

            self.session.console.say(environment_line(self.environment))

    def announce(self) -> None:
        """Say in capitals on stderr which environment this is, and that it is play."""
        self.tell_environment()
        if self.sandbox:
            text = f"SANDBOX: nothing reaches a real provider; all of it is kept in {self.sandbox_folder}/"
            self.session.console.say(text)


def _valid(loaded: loader.Loaded) -> loader.Loaded:
    if loaded.errors:
        raise CatalogError(loaded.diagnostics)
    return loaded


def _settings_path(config: str | None) -> Path | None:
    if config is not None:
        if not Path(config).is_file():
            raise UsageError(f"--config: no such file: {config}")
        return Path(config)
    path = Path(SETTINGS_FILE)
    return path if os.path.lexists(path) else None


def _where_else(session: Session) -> str:
    start = session.command_line("init")
    for folder in Path.cwd().parents:
        if (folder / SETTINGS_FILE).is_file():
            above = folder if session.chdir is not None else os.path.relpath(folder)
            there = quoted(program(), "-C", str(above))
            return f"start one: {start}\nor work in the one above: {there} …"
    return f"start one: {start}"
