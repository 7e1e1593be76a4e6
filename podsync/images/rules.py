"""Facts about pictures -> diagnostics at the place of the URL. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from podsync.images.facts import SeenImage, UnseenImage
from podsync.images.places import ImagePlace, PrintSize
from podsync.model.diagnostic import Diagnostic
from podsync.model.position import Severity
from podsync.providers.contract import Role

#: A picture whose longer side has fewer pixels is a thumbnail or a placeholder.
LEAST_PIXELS = 500
#: Programs that decode pictures refuse more pixels than this.
MOST_PIXELS = 500_000_000
#: What a picture is called, and the bytes from which on a mock-up makes shop pages slow, or an artwork is
#: refused.
_ROLES: Final[Mapping[Role, tuple[str, int]]] = {
    Role.FRONT: ("the front picture", 10_000_000),
    Role.BACK: ("the back picture", 10_000_000),
    Role.ARTWORK: ("the artwork", 100_000_000),
}
#: How many further places of one fault are named.
_NAMED = 3


class _ImageFinding(NamedTuple):
    """A fault of the picture at one place: `clause` goes on from "the front picture "."""

    rule: str
    severity: Severity
    clause: str
    remedy: str


def judge(
    places: Iterable[ImagePlace], sights: Mapping[str, SeenImage | UnseenImage]
) -> tuple[Diagnostic, ...]:
    """Return every fault, at the first place that has it; further places of the same URL are named there."""
    ordered = sorted(places, key=lambda place: (place.at, place.path))
    where: dict[tuple[str, _ImageFinding], list[ImagePlace]] = {}
    for place in ordered:
        sight = sights[place.url]
        found = (
            _unseen(sight) if isinstance(sight, UnseenImage) else _faults(place.role, place.print_size, sight)
        )
        for finding in found:
            where.setdefault((place.url, finding), []).append(place)
    diagnostics = [_diagnostic(finding, of) for (_, finding), of in where.items()]
    return (*diagnostics, *_same_fronts(ordered, sights))


def faults_of(role: Role, sight: SeenImage | UnseenImage) -> tuple[str, ...]:
    """Return the faults of one picture, a sentence each, wherever it is used."""
    found = _unseen(sight) if isinstance(sight, UnseenImage) else _faults(role, None, sight)
    return tuple(f"{_ROLES[role][0]} {finding.clause}" for finding in found)


def _diagnostic(finding: _ImageFinding, of: list[ImagePlace]) -> Diagnostic:
    first, rest = of[0], of[1:]
    lines = [finding.remedy]
    if rest:
        named = ", ".join(f"{place.at.path}:{place.at.line}" for place in rest[:_NAMED])
        more = f" and {len(rest) - _NAMED:,} more" if len(rest) > _NAMED else ""
        lines.append(f"the same picture stands at {named}{more}")
    summary = f"{_ROLES[first.role][0]} {finding.clause}"
    detail = "\n".join(line for line in lines if line)
    return Diagnostic(
        finding.severity, finding.rule, summary, first.at, detail, first.address, first.snippet or None
    )


def _unseen(sight: UnseenImage) -> Iterator[_ImageFinding]:
    yield _ImageFinding(sight.rule, "error", f"cannot be fetched: {sight.reason}", sight.remedy)


def _faults(role: Role, size: PrintSize | None, seen: SeenImage) -> Iterator[_ImageFinding]:
    header = seen.header
    if header.verdict == "other":
        remedy = "is it the address of a page about the picture? it has to be that of the picture itself"
        yield _ImageFinding("picture-not-an-image", "error", f"is not a picture ({header.kind})", remedy)
    elif header.verdict == "damaged":
        clause = f"is a broken {header.kind}: its header makes no sense or breaks off"
        yield _ImageFinding("picture-not-an-image", "error", clause, "export it and upload it again")
    else:
        yield from _format(seen)
        yield from _pixels(role, size, seen)
        yield from _bytes(role, seen)
    yield from _passing(seen)


def _format(seen: SeenImage) -> Iterator[_ImageFinding]:
    kind, media = seen.header.kind, seen.media_type
    if seen.header.verdict == "unusual":
        clause = f"has a format that browsers and shops may not show: {kind}"
        yield _ImageFinding("picture-format", "warning", clause, "use PNG, JPEG or WebP")
    elif media and not media.startswith("image/") and not media.endswith("octet-stream"):
        clause = f"is {kind}, but its server calls it {media}"
        yield _ImageFinding(
            "picture-media-type", "warning", clause, "have it served with its own Content-Type"
        )


def _pixels(role: Role, size: PrintSize | None, seen: SeenImage) -> Iterator[_ImageFinding]:
    width, height, alpha = seen.header.width, seen.header.height, seen.header.alpha
    if role is Role.ARTWORK and alpha is False:
        clause = f"has no transparency ({seen.header.kind}): its background is printed as well"
        yield _ImageFinding(
            "picture-opaque", "warning", clause, "if that is not meant, export it as PNG with alpha"
        )
    if width is None or height is None:
        return
    shown = f"{width:,} × {height:,} pixels"
    if width * height > MOST_PIXELS:
        clause = f"has {shown}, more than most services unpack"
        yield _ImageFinding("picture-huge", "warning", clause, "export it smaller")
    if size is not None:
        dpi = size.dpi(width, height)
        if dpi < size.min_dpi:
            clause = (
                f"has {dpi:.0f} dpi when it is printed {size.width_mm:g} × {size.height_mm:g} mm ({shown}); "
                f"at least {size.min_dpi:g} are wanted"
            )
            remedy = "use a larger picture, or print it smaller (print: in this document)"
            yield _ImageFinding("picture-low-dpi", "warning", clause, remedy)
    elif max(width, height) < LEAST_PIXELS:
        clause = f"has only {shown}"
        yield _ImageFinding("picture-small", "warning", clause, "is it a thumbnail, or a placeholder?")


def _bytes(role: Role, seen: SeenImage) -> Iterator[_ImageFinding]:
    _, most = _ROLES[role]
    if seen.size is not None and seen.size > most:
        clause = f"has {seen.size / 1e6:,.0f} MB, more than {most / 1e6:,.0f}"
        yield _ImageFinding("picture-large", "warning", clause, "export it smaller, or as JPEG or WebP")


def _passing(seen: SeenImage) -> Iterator[_ImageFinding]:
    if seen.signed:
        clause = f"lies behind a redirect to a signed address ('{seen.signed}'), which expires"
        remedy = "whoever keeps that address loses the picture: give the picture a lasting one"
        yield _ImageFinding("picture-signed", "warning", clause, remedy)
    if seen.expires:
        clause = f"will be deleted by its store: {seen.expires}"
        yield _ImageFinding("picture-expires", "warning", clause, "keep it where no such rule holds")


def _same_fronts(
    places: Iterable[ImagePlace], sights: Mapping[str, SeenImage | UnseenImage]
) -> Iterator[Diagnostic]:
    """Warn of one front picture under two addresses, for two products.

    One address for two products is seen offline; artwork is shared on purpose, and so is a bare back.
    """
    firsts: dict[Hashable, tuple[ImagePlace, SeenImage]] = {}
    for place in places:
        seen = sights[place.url]
        if (
            place.role is not Role.FRONT
            or not isinstance(seen, SeenImage)
            or seen.header.verdict != "picture"
        ):
            continue
        matches = [firsts.setdefault(key, (place, seen)) for key in _fingerprints(seen)]
        others = (one for one, as_seen in matches if one is not place and not _differ(seen, as_seen))
        other = next(others, place)
        if other.url == place.url or other.address == place.address:
            continue
        spot = f"{other.at.path}:{other.at.line}"
        finding = _ImageFinding(
            "picture-duplicate",
            "warning",
            f"is the very one of {other.address} at {spot}, under another address",
            "is it the right picture? each product should have its own mock-up",
        )
        yield _diagnostic(finding, [place])


def _fingerprints(seen: SeenImage) -> Iterator[Hashable]:
    """Yield what only the same file has: its digest, or a strong ETag with equal size and beginning."""
    if seen.digest is not None:
        yield seen.digest
    if seen.etag.startswith('"') and seen.size is not None:
        yield seen.etag, seen.size, seen.start


def _differ(one: SeenImage, other: SeenImage) -> bool:
    return one.digest is not None and other.digest is not None and one.digest != other.digest
