"""`audit --images`: what is wrong with the pictures that the accounts list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from podsync.cli.commands.validate_images import look
from podsync.images.rules import faults_of
from podsync.inventory.products import pictures_of
from podsync.providers.contract import Role

if TYPE_CHECKING:
    from podsync.cli.app.session import Session
    from podsync.images.facts import Mode
    from podsync.inventory.audit import AccountAudit


def with_picture_faults(audits: Sequence[AccountAudit], mode: Mode, session: Session) -> list[AccountAudit]:
    """Return the audits with the faults of each product's pictures; every URL is asked once."""
    wanted = {url for audit in audits for _, _, url in _named(audit)}
    seen = look(sorted(wanted), mode, session)
    found = []
    for audit in audits:
        faults: dict[str, list[str]] = defaultdict(list)
        for identity, role, url in _named(audit):
            faults[identity] += faults_of(role, seen[url])
        picture_faults = {identity: tuple(each) for identity, each in faults.items() if each}
        found.append(replace(audit, picture_faults=picture_faults))
    return found


def _named(audit: AccountAudit) -> Iterator[tuple[str, Role, str]]:
    """Yield each picture that may be asked for, with its product's id."""
    for one in audit.products:
        for picture in pictures_of(audit.provider, one.row.fields):
            if not picture.problem:
                yield one.row.id, Role(picture.label), picture.url
