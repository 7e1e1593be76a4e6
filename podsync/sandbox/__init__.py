"""Both provider APIs, simulated over real HTTP on loopback, with faults on demand.

It serves `podsync sandbox`, `--sandbox` and `podsync demo`, and it is the fake that the tests talk to.
Nothing here knows the rest of podsync: it is written from the vendors' pages, so that a mistake in
a provider's adapter cannot hide behind the same mistake here.
"""

from podsync.sandbox.datafile import SandboxBusyError, SandboxDataError
from podsync.sandbox.faults import Fault
from podsync.sandbox.faulttext import parse_fault
from podsync.sandbox.kinds import KINDS
from podsync.sandbox.rules import Model, Rules
from podsync.sandbox.server import Recorded, Sandbox

__all__ = [
    "KINDS",
    "Fault",
    "Model",
    "Recorded",
    "Rules",
    "Sandbox",
    "SandboxBusyError",
    "SandboxDataError",
    "parse_fault",
]
