"""The plain name of a colour, so that `#A72525` says something to a person."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import repeat
from math import dist
from typing import TypeAlias

_Lab: TypeAlias = tuple[float, float, float]

#: Names that people use for clothes and prints; a made-up but typical value for each.
_NAMES: Mapping[str, str] = {
    "black": "000000", "charcoal": "36454f", "dark grey": "555555", "grey": "808080",
    "light grey": "c8c8c8", "white": "ffffff", "cream": "fff6d9", "beige": "e1d3b0", "sand": "c9b48a",
    "brown": "7b4a24", "dark brown": "3f2614", "light brown": "ad7f52", "brown-red": "a52a2a",
    "maroon": "6b0f1a", "wine": "722f37", "red": "e0201b", "crimson": "dc143c", "coral": "ff7f50",
    "salmon": "fa9a8a", "peach": "ffd2b0", "orange": "ff8800", "rust": "b7410e", "mustard": "d6a420",
    "gold": "ffcc00", "yellow": "ffee00", "light yellow": "fff8a0", "olive": "6b6b1f", "lime": "a4de02",
    "green": "1f9d3a", "light green": "a6e3a1", "dark green": "0b4a22", "army green": "4b5320",
    "mint": "b5f0d5", "teal": "117a7a", "turquoise": "30d5c8", "cyan": "00d8ff", "light blue": "a9d4f5",
    "sky blue": "5ab4f0", "blue": "1f4fe0", "royal blue": "2a48b8", "navy": "10204a", "slate": "5f7386",
    "denim": "3b5b85", "indigo": "3a2a8c", "purple": "7d2a9c", "dark purple": "3c1450",
    "lavender": "cdbdf2", "violet": "9b5de5", "magenta": "e0119d", "pink": "ffa6c9",
    "light pink": "ffdce6", "hot pink": "ff4fa3", "dusty rose": "c98a90",
}  # fmt: skip


@lru_cache(maxsize=4096)
def colour_name(value: str) -> str:
    """Return the name nearest to `#A72525` or `#abc`, "" for anything else."""
    match = re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", value)
    if match is None:
        return ""
    digits = match[1] if len(match[1]) == 6 else "".join(digit * 2 for digit in match[1])
    # No loop of our own: a plan of 10,000 products asks for thousands of colours.
    far = list(map(dist, repeat(_oklab(digits)), _PLACES))
    return _BY_NAME[far.index(min(far))]


def _oklab(digits: str) -> _Lab:
    """Convert to OKLab (https://bottosson.github.io/posts/oklab/), where distance is what eyes see."""
    r, g, b = (_LINEAR[channel] for channel in bytes.fromhex(digits))
    x = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    y = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    z = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * x + 0.7936177850 * y - 0.0040720468 * z,
        1.9779984951 * x - 2.4285922050 * y + 0.4505937099 * z,
        0.0259040371 * x + 0.7827717662 * y - 0.8086757660 * z,
    )


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


_LINEAR = tuple([_linear(channel / 255) for channel in range(256)])
#: The names by alphabet, which settles what is equally near, and where each of them is.
_BY_NAME = sorted(_NAMES)
_PLACES: Sequence[_Lab] = [_oklab(_NAMES[name]) for name in _BY_NAME]
