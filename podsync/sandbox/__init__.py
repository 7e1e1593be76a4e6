"""The providers' APIs, simulated over real HTTP on loopback, with faults on demand.

It serves `podsync sandbox`, `--sandbox` and `podsync demo`, and it is the fake that the tests talk to.
Nothing here knows the rest of podsync: it is written from the vendors' pages, so that a mistake in
a provider's adapter cannot hide behind the same mistake here.
"""

from podsync.sandbox.datafile import SandboxBusyError, SandboxDataError
from podsync.sandbox.faults.schedule import KINDS, Fault, parse_fault
from podsync.sandbox.faults.schedule import AllRules as Rules
from podsync.sandbox.server import Recorded, Sandbox
from podsync.sandbox.sides import base_urls, first_keys, sides

__all__ = [
    "KINDS",
    "Fault",
    "Recorded",
    "Rules",
    "Sandbox",
    "SandboxBusyError",
    "SandboxDataError",
    "base_urls",
    "first_keys",
    "parse_fault",
    "sides",
]
