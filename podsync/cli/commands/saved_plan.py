"""Reading a plan that was saved with `plan -o json=FILE`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from podsync.cli.app.session import Session
from podsync.cli.environment.hosts import with_foreign_hosts
from podsync.model.errors import PodsyncError, UsageError
from podsync.plan import planfile
from podsync.plan.model import Plan
from podsync.providers.registry import plugins

#: A plan of 10,000 products has some 30 MB.
SIZE_LIMIT = 512 * 1024 * 1024


def read_plan(file: str, session: Session) -> Plan:
    """Read and check a saved plan; its hash says whether somebody changed it."""
    path = Path(file)
    make = f"make one: {session.command_line('plan', '-o', 'json=plan.json')}"
    try:
        if not path.exists():
            raise UsageError(f"no such plan file: {file}", make)
        if path.is_dir():
            raise UsageError(f"{file} is a folder, not a plan", make)
        if path.stat().st_size > SIZE_LIMIT:
            raise PodsyncError(f"{file} is not a plan: it is larger than {SIZE_LIMIT >> 20} MiB")
        raw = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        raise PodsyncError(f"{file} cannot be read: {reason}") from None
    plan = planfile.load(raw)
    # The author of the file may have removed the warning, so it is computed again.
    diagnostics = (
        plan.diagnostics if plan.sandbox else with_foreign_hosts(plan.diagnostics, plan.hosts, plugins())
    )
    return replace(plan, diagnostics=diagnostics)
