"""The text of `_known.yaml`: parsed, and written a model a line, so that a change is a line of a diff."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from podsync.catalog.parsing import yaml_writer
from podsync.catalog.parsing.encoding import UNWANTED
from podsync.catalog.parsing.yaml_reader import read
from podsync.model.diagnostic import Diagnostic, errors_among
from podsync.model.known_ids import AccountIds, Accounts, KnownModel
from podsync.model.position import Position

_HEAD = """\
# What each account was seen to have, written by models --save. Committed, so that what a supplier changes
# is a diff. By provider, host and account.
"""
#: The fields of a model beside its id, in the order in which they are written.
_WORDS = ("name", "code", "category", "price", "sizes", "left")
#: A longer id is none that a document could name; YAML has keys of up to 1,024 characters.
_LONGEST = 200


def parsed(path: str, raw: bytes) -> tuple[Accounts, tuple[Diagnostic, ...]]:
    """Return the ids of a file, and its faults; with a fault there are no ids."""
    reading = read(path, raw)
    faults = errors_among(reading.diagnostics)
    if faults or not reading.documents:
        return {}, faults
    try:
        return dict(_accounts(reading.documents[0].data)), ()
    except (TypeError, ValueError, AttributeError, KeyError):
        summary = "this is not what is written here"
        remedy = "take it back from Git, or remove it and write it anew: podsync models --save"
        return {}, (Diagnostic("error", "known-ids", summary, Position(path, 1, 1), remedy),)


def _accounts(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str, str], AccountIds]]:
    for provider, hosts in data.items():
        for host, accounts in hosts.items():
            for account, account_data in accounts.items():
                yield (provider, host, account), _account(account_data)


def _account(data: Mapping[str, Any]) -> AccountIds:
    models = {}
    for identity, each in data.get("models", {}).items():
        words = {word: _text(each[word]) for word in _WORDS if word in each and word != "sizes"}
        models[identity] = KnownModel(identity, sizes=tuple(map(_text, each.get("sizes", ()))), **words)
    parts = {part: tuple(map(_text, ids)) for part, ids in data.get("parts", {}).items()}
    return AccountIds(models, parts, tuple(map(_text, data.get("customers", ()))), data.get("listed") is True)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def written(accounts: Accounts) -> str:
    """Return the text of the file: a model a line, so that a change is a line of a diff.

    Words of a supplier lose the characters that no file of a catalog may hold; ids with some are left out.
    """
    lines: list[str] = []
    for provider in dict.fromkeys(key[0] for key in sorted(accounts)):
        lines.append(f"{yaml_writer.scalar(provider)}:")
        for host in dict.fromkeys(key[1] for key in sorted(accounts) if key[0] == provider):
            lines.append(f"  {yaml_writer.scalar(host)}:")
            for key in sorted(accounts):
                if key[:2] == (provider, host):
                    lines += _account_lines(key[2], accounts[key])
    return _HEAD + "\n".join(lines) + "\n"


def _account_lines(account: str, ids: AccountIds) -> Iterator[str]:
    yield f"    {yaml_writer.scalar(account)}:"
    yield f"      listed: {'true' if ids.listed else 'false'}"
    models, parts, customers = (
        list(filter(_is_writable, each)) for each in (ids.models, ids.parts, ids.customers)
    )
    if models:
        yield "      models:"
        for identity in sorted(models, key=_in_order):
            model = ids.models[identity]
            columns = {word: value for word in _WORDS if (value := _clean(getattr(model, word)))}
            yield f"        {yaml_writer.in_flow(identity)}: {yaml_writer.in_flow(columns)}"
    if parts:
        yield "      parts:"
        for part in sorted(parts):
            values = tuple(filter(_is_writable, ids.parts[part]))
            yield f"        {yaml_writer.in_flow(part)}: {yaml_writer.in_flow(values)}"
    if customers:
        yield "      customers:"
        yield from (f"        - {yaml_writer.in_flow(each)}" for each in sorted(customers))


def _clean(words: str | tuple[str, ...]) -> str | tuple[str, ...]:
    if isinstance(words, tuple):
        return tuple(re.sub(UNWANTED, "", word) for word in words)
    return re.sub(UNWANTED, "", words)


def _is_writable(identity: str) -> bool:
    return len(identity) <= _LONGEST and re.search(UNWANTED, identity) is None


def _in_order(identity: str) -> tuple[int, str]:
    """Numbers by their value, before texts."""
    return (int(identity), "") if identity.isdecimal() and len(identity) < 19 else (1 << 63, identity)
