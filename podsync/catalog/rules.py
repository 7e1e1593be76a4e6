"""The rules of one document that its schema cannot say; `podsync help rules` is the table of all rules.

A rule of a single provider is not here but in the provider's `check`. Both readers of a document ask
`document_faults`, so a rule that stands here holds everywhere.
"""

import pathlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import podsync
from podsync.catalog.validation.nearest import did_you_mean
from podsync.model.characters import hidden, name_of, seen
from podsync.model.diagnostic import Rule, SpecFault
from podsync.model.frozen import Path, Spec
from podsync.network.signed_url import signing_key
from podsync.providers.knowledge import Provider

_SEPARATORS: Final = frozenset("?;|")
#: A row of `podsync help rules`: id, severity, title, help.
_ROW: Final = r"^\| `([a-z-]+)` \| (error|warning|notice) \| (.+?) \| (.+) \|$"


class CheckedDocument(NamedTuple):
    """What a rule looks at: a document that fits its schema. `spec` is that of `data`, frozen."""

    data: Mapping[str, Any]
    spec: Spec
    provider: "Provider"


def document_faults(
    data: Mapping[str, Any], spec: Spec, provider: "Provider", *, plain: bool = False
) -> list[SpecFault]:
    """Return what the provider's rules and all of these find in a document that fits its schema.

    The unusual texts of a document are those below `labels` and `spec` that hold `?`, `;`, `|` or a character
    outside of ASCII, and the URLs and items of lists that hold `,`. `plain`: the caller knows that there are
    none. What the provider says about a text needs no warning beside it.
    """
    found = [fault._replace(path=("spec", *fault.path)) for fault in provider.check(spec)]
    if not plain:
        faulty = {fault.path for fault in found}
        for path, text in _unusual({name: data[name] for name in ("labels", "spec") if name in data}):
            said = (fault for look in TEXT_RULES for fault in look(path, text))
            found += (fault for fault in said if fault.severity == "error" or path not in faulty)
    document = CheckedDocument(data, spec, provider)
    for check in DOCUMENT_RULES:
        found += check(document)
    return found


def signed_urls(spec: Any) -> Iterator[SpecFault]:
    """Yield each URL with a signature, an expiry or a key; a spec need not fit its schema for that."""
    for path, text in _unusual({"spec": spec}):
        yield from _signed(path, text)


def _signed(path: Path, text: str) -> Iterator[SpecFault]:
    if "?" in text and path[0] == "spec" and (key := signing_key(text)) is not None:
        summary = f"the URL carries '{key}', a signature, an expiry or a key"
        detail = (
            "use the picture's public address without it: "
            "the URL is kept in the state and shown in comments, and it must not expire"
        )
        yield SpecFault("signed-url", path, summary, detail)


def known_rules(providers: "Iterable[Provider]") -> Mapping[str, Rule]:
    """Return every rule by its id: those of `podsync help rules`, and those of these providers."""
    page = pathlib.Path(podsync.__file__).with_name("docs") / "rules.md"
    written = (Rule(*row) for row in re.findall(_ROW, page.read_text(encoding="utf-8"), re.MULTILINE))
    own = (rule for provider in providers for rule in provider.rules())
    return {rule.id: rule for rule in (*written, *own)}


def _unusual(data: Mapping[str, Any]) -> list[tuple[Path, str]]:
    """Return the unusual texts in `data` with their paths, level by level."""
    if _is_plain(data):
        return []
    found: list[tuple[Path, str]] = []
    pending: list[tuple[Path, Any]] = [((), data)]
    for path, value in pending:
        for key, item in value.items() if type(value) is dict else enumerate(value):
            kind = type(item)
            if kind is dict or kind is list:
                pending.append(((*path, key), item))
            elif kind is str and (
                not (item.isascii() and _SEPARATORS.isdisjoint(item))
                or ("," in item and (type(key) is int or item.startswith("https://")))
            ):
                found.append(((*path, key), item))
    return found


def _is_plain(data: Mapping[str, Any]) -> bool:
    """Whether no text in `data` is unusual, asked of all at once: every document is asked."""
    texts: list[str] = []
    items: list[str] = []
    pending: list[Any] = [data]
    for value in pending:
        inside, into = (value.values(), texts) if type(value) is dict else (value, items)
        for item in inside:
            kind = type(item)
            if kind is str:
                into.append(item)
            elif kind is dict or kind is list:
                pending.append(item)
    listed, whole = "".join(items), "".join(texts)
    if "," in listed or ("," in whole and any("," in one for one in texts if one[:8] == "https://")):
        return False
    whole += listed
    return whole.isascii() and not ("?" in whole or ";" in whole or "|" in whole)


def _odd(path: Path, text: str) -> Iterator[SpecFault]:
    """Yield a warning for a text that looks like another one, or like several."""
    if unseen := hidden(text):
        clean = seen(text).strip()
        summary = f"there is an invisible character in the text: {name_of(unseen)}"
        detail = f"type the text anew: {clean}" if clean else "nothing else stands in it: write what is meant"
        yield SpecFault("odd-text", path, summary, detail, "warning", clean or None)
    elif text.startswith("https://"):
        if re.search("[,;|] *https?://", text):
            yield SpecFault("odd-url", path, "two URLs stand in it", "keep one of them", "warning")
        elif end := re.search("[,;|]+$", text):
            whole = text[: end.start()]
            detail = f"the URL ends with {end[0]}"
            yield SpecFault("odd-url", path, detail, f"if that is not part of it: {whole}", "warning", whole)
    elif isinstance(path[-1], int) and re.search(r"\w[,;|] *\w", text):
        detail = "if these are several, make each an item of its own"
        yield SpecFault("odd-text", path, f"{text!r} is one item of the list", detail, "warning")


def _print_sizes(document: CheckedDocument) -> Iterable[SpecFault]:
    """Refuse a print size for an artwork that does not exist: it would check nothing."""
    sizes = document.data.get("print")
    return _without_artwork(document, sizes) if sizes else ()


def _without_artwork(document: CheckedDocument, sizes: Iterable[str]) -> Iterator[SpecFault]:
    from podsync.providers.contract import Role

    provider = document.provider
    roles = provider.info.roles
    known = {one.name for one in provider.depictions(document.spec) if one.role is Role.ARTWORK}
    for name in sizes:
        if name not in known:
            near = did_you_mean(name, known)
            summary = f"there is no artwork '{name}' in spec.{roles.artwork}"
            detail = f"did you mean '{near}'?" if near else f"use the {roles.artwork_name} of an artwork"
            yield SpecFault("print", ("print", name), summary, detail, instead=near, in_key=True)


#: Of an unusual text and its path.
TEXT_RULES: Final[Sequence[Callable[[Path, str], Iterable[SpecFault]]]] = (_signed, _odd)
#: Of a document. What `podsync help rules` says of all these rules stands there.
DOCUMENT_RULES: Final[Sequence[Callable[[CheckedDocument], Iterable[SpecFault]]]] = (_print_sizes,)
