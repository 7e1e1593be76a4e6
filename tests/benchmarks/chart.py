"""Lines over logarithmic axes as SVG, small enough to need no library.

A plotting library would be a heavy dependency for one picture, and its SVG changes with each version;
this one is the same bytes for the same figures, and follows the reader's light or dark scheme.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH, _HEIGHT = 860, 500
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 262, 52, 56
#: Labels at the lines' ends stand at least so far apart.
_APART = 17
#: What XML cannot hold, escaped or not.
_UNSPEAKABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: Dark enough for white, light enough for black; the shapes tell them apart without colour.
_COLOURS = (("#0550ae", "#79c0ff"), ("#8250df", "#d2a8ff"), ("#953800", "#ffa657"), ("#1a7f37", "#7ee787"))
_DASHES = ("", "7 4", "2 3", "10 3 2 3")
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.ground { fill: #ffffff }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.line { fill: none; stroke-width: 2 }
.lead { stroke-width: 1; opacity: 0.5 }
"""
_DARK = "text { fill: #f0f6fc } .ground { fill: #0d1117 } .grid { stroke: #3d444d }"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: points from left to right, all above 0; a group shares colour and shape, a style dashes."""

    label: str
    points: tuple[tuple[float, float], ...]
    group: int = 0
    style: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis from one power of ten to another, over pixels."""

    low: int
    high: int
    start: float
    end: float

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float) -> Scale:
        """Take whole powers of ten around the values."""
        low = math.floor(math.log10(min(values)) + 1e-9)
        high = math.ceil(math.log10(max(values)) - 1e-9)
        return cls(low, max(high, low + 1), start, end)

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Return the powers of ten on it."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def svg(title: str, lines: Sequence[Line], *, across: str, up: str) -> str:
    """Return a picture of the lines; `across` and `up` say what the axes measure."""
    lines = [line for line in lines if line.points]
    if not lines:
        raise ValueError("nothing to draw")
    x = Scale.over([point[0] for line in lines for point in line.points], _LEFT, _WIDTH - _RIGHT)
    y = Scale.over([point[1] for line in lines for point in line.points], _HEIGHT - _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{text(title)}</title>",
        f"<style>{_STYLE}{_palette()}</style>",
        f'<rect class="ground" width="{_WIDTH}" height="{_HEIGHT}" rx="8"/>',
        f'<text class="title" x="{_LEFT}" y="30">{text(title)}</text>',
        *_axes(x, y, across, up),
        *(_drawn(line, x, y) for line in lines),
        *_labels(lines, x, y),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text(words: str) -> str:
    """Return words as text of an XML document, whatever they hold."""
    return escape(_UNSPEAKABLE.sub("\ufffd", words), {'"': "&quot;", "'": "&apos;"})


def _palette() -> str:
    def rules(index: int) -> str:
        return " ".join(
            f".line.g{group} {{ stroke: {pair[index]} }} .lead.g{group} {{ stroke: {pair[index]} }} "
            f".dot.g{group} {{ fill: {pair[index]} }}"
            for group, pair in enumerate(_COLOURS)
        )

    return f"{rules(0)}\n@media (prefers-color-scheme: dark) {{ {_DARK} {rules(1)} }}\n"


def _axes(x: Scale, y: Scale, across: str, up: str) -> Iterator[str]:
    for tick in x.ticks():
        at = x.at(tick)
        yield f'<path class="grid" d="M{at} {y.start}V{y.end}"/>'
        yield f'<text x="{at}" y="{y.start + 20}" text-anchor="middle">{tick:,.0f}</text>'
    for tick in y.ticks():
        at = y.at(tick)
        yield f'<path class="grid" d="M{x.start} {at}H{x.end}"/>'
        yield f'<text x="{x.start - 8}" y="{at + 4}" text-anchor="end">{tick:,.10g}</text>'
    middle = (x.start + x.end) / 2
    yield f'<text x="{middle}" y="{_HEIGHT - 14}" text-anchor="middle">{text(across)}</text>'
    height = (y.start + y.end) / 2
    yield f'<text transform="translate(20 {height}) rotate(-90)" text-anchor="middle">{text(up)}</text>'


def _drawn(line: Line, x: Scale, y: Scale) -> str:
    group = line.group % len(_COLOURS)
    places = [(x.at(across), y.at(up)) for across, up in line.points]
    path = "M" + "L".join(f"{across} {up}" for across, up in places)
    dash = _DASHES[line.style % len(_DASHES)]
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    dots = "".join(_dot(group, *place) for place in places)
    return f'<path class="line g{group}"{dashed} d="{path}"/>{dots}'


def _dot(group: int, x: float, y: float) -> str:
    shapes = (
        f"M{x - 4} {y}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
        f"M{x - 4} {y - 4}h8v8h-8z",
        f"M{x} {y - 5}l5 9h-10z",
        f"M{x} {y - 5}l5 5l-5 5l-5 -5z",
    )
    return f'<path class="dot g{group}" d="{shapes[group]}"/>'


def _labels(lines: Sequence[Line], x: Scale, y: Scale) -> Iterator[str]:
    """Each at the end of its line, pushed down where it would cover the one above it."""
    ends = sorted((y.at(line.points[-1][1]), number) for number, line in enumerate(lines))
    left = x.end + 26
    for at, (end, number) in zip(spread([end for end, _ in ends]), ends, strict=True):
        line = lines[number]
        start = x.at(line.points[-1][0])
        yield (
            f'<path class="lead g{line.group % len(_COLOURS)}" d="M{start + 7} {end}L{left - 5} {at}"/>'
            f'<text x="{left}" y="{at + 4}">{text(line.label)}</text>'
        )


def spread(places: Sequence[float]) -> list[float]:
    """Move places, which ascend, so far down that none is too near to the one before it."""
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + _APART) if moved else place)
    return moved
