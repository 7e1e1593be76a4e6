"""The plan as data: ordered, serialisable, with a hash; decided once, here.

Views and apply ask these values and never work anything out again. `reason` and `risks` are for
people: no code branches on them.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from podsync.model.address import Address, Selection
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.digests import digest_of_rows
from podsync.model.frozen import EMPTY, Json

if TYPE_CHECKING:
    from podsync.plan.change import Change
    from podsync.plan.drift.values import Compared, Drift
from podsync.plan.action import Action

#: What plans and states of the sandbox say as the host of a provider, its name behind it: the port of the
#: sandbox changes from run to run. No settings can say the same: plain http is for this machine's addresses.
SANDBOX_URL = "http://sandbox.localhost"
#: The rule of a warning about a host that is not the provider's own.
FOREIGN_HOST = "foreign-host"


@dataclass(frozen=True)
class Plan:
    """Everything that apply will do, in order.

    `hosts` maps provider -> {"base_url", "account"} for every provider that the plan touches or the
    state knows. `state_at` is when the state was last applied to (epoch seconds, None: never), and
    `state_run` the CI run of it. By provider: `unbound` counts products whose ids are not known yet,
    `unwanted` are the addresses of creates that were refused and that no document wants any more (apply sees
    whether they were made all the same), `unmanaged` counts products that a refresh saw and nobody here owns.
    `left_out` is how many changes where nothing differs are counted but not listed: a saved plan has them
    with `--detail full` only.
    `drift` is what a refresh saw changed at the providers, `compared` what it has compared.
    `environment` is the one of the settings that it was made in, "" where they have none. `models` maps
    the models that changes name to what they are called, as far as that is known.
    """

    lineage: str
    serial: int
    hosts: Mapping[str, Json]
    catalog_digest: str
    changes: "tuple[Change, ...]"
    selection: Selection = Selection()  # noqa: RUF009 (frozen)
    refreshed: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()
    documents: int = 0
    files: int = 0
    state_label: str = ""
    state_at: float | None = None
    state_run: str | None = None
    unbound: Mapping[str, int] = EMPTY
    unwanted: "Mapping[str, tuple[Address, ...]]" = EMPTY
    unmanaged: Mapping[str, int] = EMPTY
    left_out: int = 0
    environment: str = ""
    models: Mapping[str, str] = EMPTY

    drift: "tuple[Drift, ...]" = ()
    compared: "tuple[Compared, ...]" = ()

    @cached_property
    def work(self) -> "tuple[Change, ...]":
        """The changes without those where nothing differs."""
        return tuple(c for c in self.changes if c.action is not Action.NOOP)

    @cached_property
    def summary(self) -> Mapping[Action, int]:
        """How many changes of each action, every action named."""
        held = self.not_adopted
        counts = Counter(change.action for change in self.changes if change.address not in held)
        counts[Action.NOOP] += self.left_out
        return {action: counts[action] for action in Action}

    @property
    def not_adopted(self) -> "frozenset[Address]":
        """Addresses whose documents name a product that a look has shown not to be theirs to take."""
        found = (one.address for one in self.diagnostics if one.rule == "not-adopted")
        return frozenset(address for address in found if address is not None)

    @property
    def sandbox(self) -> bool:
        """Whether all its providers are the sandbox's."""
        urls = {name: host.get("base_url") for name, host in self.hosts.items()}
        return bool(urls) and all(url == f"{SANDBOX_URL}/{name}" for name, url in urls.items())

    @property
    def errored(self) -> bool:
        """Whether something is refused or over a limit."""
        return bool(errors_among(self.diagnostics))

    @property
    def applyable(self) -> bool:
        """Whether apply would carry it out: something to do and nothing refused."""
        return not self.errored and bool(self.work)

    @cached_property
    def hash(self) -> str:
        """What people approve: environment, lineage, selection, hosts, accounts and each change."""
        named = [self.environment] if self.environment else []
        head = [*named, self.lineage, self.selection.to_json(), self.hosts]
        ordered = sorted(self.work, key=lambda change: str(change.address))
        return digest_of_rows(head, (change.key for change in ordered))


def last_line(plan: Plan) -> str:
    """Return the frozen last line of this plan; what was changed at the providers is no match."""
    if plan.not_adopted:
        return _counts_line(plan.summary)
    if plan.work or not plan.drift:
        return summary_line(plan.summary)
    count = len({drift.address for drift in plan.drift})
    many = f"{count} products are not as podsync left them"
    drifted = "1 product is not as podsync left it" if count == 1 else many
    return f"No changes. The catalog matches the state, and {drifted}."


def summary_line(counts: Mapping[Action, int]) -> str:
    """Return the frozen last line of a plan."""
    if not any(counts[action] for action in Action if action is not Action.NOOP):
        return "No changes. The catalog matches the state."
    return _counts_line(counts)


def _counts_line(counts: Mapping[Action, int]) -> str:
    rare = (Action.SETTLE, Action.ADOPT, Action.RESTORE, Action.MOVE, Action.NOTE)
    always = (Action.CREATE, Action.UPDATE, Action.REPLACE, Action.ORPHAN)
    parts = [f"{counts[a]} to {a.value}" for a in rare if counts[a]]
    parts += [f"{counts[a]} to {a.value}" for a in always]
    return f"Plan: {', '.join(parts)}."
