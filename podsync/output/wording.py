"""How counts, times, durations and providers are put into words. All times are UTC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from podsync.model.frozen import Json
from podsync.model.position import Position
from podsync.output.escape import safe
from podsync.providers.registry import plugins


def title(provider: str) -> str:
    """Return the provider's name as people read it."""
    info = plugins().get(provider)
    return safe(provider if info is None else info.title)


def by_hand(provider: str) -> str:
    """Where a person removes a product: no API is asked to."""
    info = plugins().get(provider)
    return f"at {title(provider)}" if info is None else info.by_hand


def visible_id(provider: str, shown: Mapping[str, Json], *, word: bool = True) -> str:
    """Return the id that people see, `No. 00911` or without its word; "" where they see only a name."""
    info = plugins().get(provider)
    if info is None or not info.visible_id[1]:
        return ""
    noun, key = info.visible_id
    found = shown.get(key)
    if isinstance(found, str | int) and str(found):
        return f"{noun} {safe(str(found))}" if word else safe(str(found))
    nested = (
        visible_id(provider, value, word=word) for value in shown.values() if isinstance(value, Mapping)
    )
    return next((text for text in nested if text), "")


def place_of(at: Position | None) -> str:
    """Return `file:line`, "" where there is none."""
    return "" if at is None else f"{safe(at.path)}:{at.line}"


def number(count: int) -> str:
    """Group digits: 10,000."""
    return f"{count:,}"


def counted(count: int, word: str, plural: str = "") -> str:
    """Return `1 create`, `10,000 creates`."""
    return f"{number(count)} {word if count == 1 else plural or word + 's'}"


def listed(words: Sequence[str]) -> str:
    """Return `a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def some(words: Sequence[str], most: int) -> str:
    """Return the first words, and how many more there are."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {number(len(words) - most)} more"


def duration(seconds: float) -> str:
    """Round up to what people say: `1 s`, `2 min 34 s`, `3 h 12 min`."""
    whole = max(1, -int(-seconds // 1))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{number(hours)} h {minutes} min" if minutes else f"{number(hours)} h"
    if minutes:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{rest} s"


def _utc(at: float, form: str) -> str:
    try:
        return datetime.fromtimestamp(at, UTC).strftime(form)
    except (OverflowError, ValueError, OSError):
        return "at an unknown time"


def day(at: float) -> str:
    """Return `2026-11-20`."""
    return _utc(at, "%Y-%m-%d")


def minute(at: float) -> str:
    """Return `2026-11-20 14:02 UTC`."""
    return _utc(at, "%Y-%m-%d %H:%M UTC")


def second(at: float) -> str:
    """Return `2026-11-20 14:02:59 UTC`."""
    return _utc(at, "%Y-%m-%d %H:%M:%S UTC")


def time_of_day(at: float, *, on: float) -> str:
    """Return `14:02:59 UTC`, with the day where it is another one than that of `on`."""
    return _utc(at, "%H:%M:%S UTC") if day(at) == day(on) else second(at)


def run_name(run: str) -> str:
    """Return `run 8101` for the address of a GitHub run, any other text as it is."""
    match = re.search(r"/actions/runs/(\d+)", run)
    return f"run {match[1] if match else safe(run)}"


def sentences(parts: Iterable[str]) -> str:
    """Join what is not empty."""
    return " ".join(part for part in parts if part)


def in_words(text: str) -> str:
    """Put what the providers are called into a text: `{kind}` is that of the first one, `{kinds}` all."""
    if "{" not in text:
        return text
    infos = list(plugins().values())
    titles = [info.title for info in infos]
    for word, value in {
        "{provider}": infos[0].name,
        "{kind}": infos[0].kind,
        "{kinds}": ", ".join(info.kind for info in infos),
        "{titles}": listed(titles),
        "{owners}": listed([f"{title}'s" for title in titles]),
        "{keys}": " or ".join(info.key_variable for info in infos),
    }.items():
        text = text.replace(word, value)
    return text
