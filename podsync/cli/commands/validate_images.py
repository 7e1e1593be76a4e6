"""`validate --images` and `audit --images`: from URLs to the faults of the pictures behind them."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from podsync.catalog.loader import Loaded, scope
from podsync.catalog.source_lookup import Sources
from podsync.cli.app.progress import progress_bar
from podsync.cli.app.session import Session
from podsync.cli.environment.clock import SystemClock
from podsync.cli.environment.credentials import proxy_for
from podsync.cli.workspace import CACHE, Workspace
from podsync.images.cache import ImageCache
from podsync.images.check import Sight, look_at_all
from podsync.images.facts import Mode, SeenImage
from podsync.images.fetch import Fetcher
from podsync.images.https import Network
from podsync.images.places import places
from podsync.images.rules import faults_of, judge
from podsync.inventory.audit import AccountAudit
from podsync.inventory.products import pictures_of
from podsync.model.diagnostic import in_file_order
from podsync.network.certificates import trust_of
from podsync.output.escape import safe
from podsync.providers.contract import Role

#: Pictures that are remembered between runs; more make the file slow to read.
_REMEMBERED = 50_000


def with_pictures(space: Workspace, loaded: Loaded, mode: Mode, paths: Sequence[str]) -> tuple[Loaded, int]:
    """Return the verdict with what is wrong with the pictures of the products asked for, and their number."""
    in_scope = scope(Path(os.path.abspath(".")), space.settings.catalog, paths)  # noqa: PTH100 (as in load)
    products = [product for product in loaded.catalog if product.declared_at.path in in_scope]
    wanted = tuple(
        places(products, space.providers, Sources(Path(), space.authoring, space.settings.catalog).of)
    )
    seen = look([place.url for place in wanted], mode, space.session)
    found = in_file_order((*loaded.diagnostics, *judge(wanted, seen)))
    return loaded._replace(diagnostics=found), len(seen)


def look(urls: Sequence[str], mode: Mode, session: Session) -> dict[str, Sight]:
    """Look at each URL, and remember what may be asked about again, however the run ends."""
    if not urls:
        return {}
    network = session.network or replace(
        Network(), proxy=lambda host: proxy_for(host, os.environ), trusted=trust_of(os.environ)
    )
    cache = ImageCache(CACHE)
    known = cache.read()
    sights: dict[str, Sight] = {}
    with _progress(session, len(set(urls))) as advance:

        def heard(url: str, sight: Sight) -> None:
            sights[url] = sight
            session.detail(_line(url, sight))
            advance(len(sights))

        try:
            look_at_all(urls, Fetcher(mode, network, SystemClock()).look, known, heard)
        finally:
            new = {url: sight for url, sight in sights.items() if isinstance(sight, SeenImage)}
            older = {url: sight for url, sight in known.items() if url not in sights}
            if len(older) + len(new) > _REMEMBERED:
                older = {}
            cache.write({**older, **new})
    return sights


@contextmanager
def _progress(session: Session, total: int) -> Iterator[Callable[[int], None]]:
    """Draw a bar on stderr, on a terminal only."""
    if not session.console.draws or session.verbose:
        yield lambda _: None
        return
    bar, task = progress_bar(session, "pictures")
    with bar:
        yield lambda done: bar.update(
            task, description=f"{done:,} of {total:,} pictures", completed=done, total=total
        )


def _line(url: str, sight: Sight) -> str:
    if not isinstance(sight, SeenImage):
        return safe(f"picture {url}: {sight.reason}")
    header = sight.header
    facts = [header.kind]
    if header.width is not None:
        facts.append(f"{header.width} × {header.height or '?'}")
    if header.alpha is not None:
        facts.append("alpha" if header.alpha else "no alpha")
    if sight.size is not None:
        facts.append(f"{sight.size:,} bytes")
    return safe(f"picture {url}: {', '.join(facts)}")


def with_picture_faults(audits: Sequence[AccountAudit], mode: Mode, session: Session) -> list[AccountAudit]:
    """Return the audits with the picture faults of each product; each URL is asked once."""
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
    """Yield each picture that may be fetched, with the id of its product."""
    for one in audit.products:
        for picture in pictures_of(audit.provider, one.row.fields):
            if not picture.problem:
                yield one.row.id, Role(picture.label), picture.url
