"""What a JSON Schema validator found, in people's words. Knows schemas, not the validator."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from podsync.catalog.accept import repeated
from podsync.model import Path

#: Tells what a person typed at a path: `012`, where the data only has 12.
Written = Callable[[Path], str]
_SHOWN = 60
#: Findings of one document that are told: more would only bury the first.
_MOST = 100
#: A longer word is no misspelling, and comparing it takes long.
_LONGEST_WORD = 60
_NOUNS = {
    "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "null",
}  # fmt: skip


class Finding(NamedTuple):
    """One keyword that `instance`, standing at `path`, does not satisfy. `in_key`: a key itself."""

    path: Path
    keyword: str
    expected: Any
    schema: Any
    instance: Any
    in_key: bool


class Verdict(NamedTuple):
    """A fault in words. `on_key`: the key at `path` is meant, not its value."""

    path: Path
    on_key: bool
    summary: str
    detail: str


def dotted(path: Path) -> str:
    """Return `spec.materialImages[0].imageUrl`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def in_words(findings: Iterable[Finding], root: Mapping[str, Any], written: Written) -> list[Verdict]:
    """Return one verdict per fault; of several about one value only the first."""
    verdicts: dict[tuple[Path, bool, str], Verdict] = {}
    for finding in islice(findings, _MOST):
        if finding.keyword in {"required", "additionalProperties"}:
            words = _missing(finding) if finding.keyword == "required" else _unknown(finding, root)
        else:
            words = iter([_value(finding, written)])
        for verdict in words:
            about = verdict.summary if finding.keyword == "required" and not verdict.on_key else ""
            verdicts.setdefault((verdict.path, verdict.on_key, about), verdict)
    return list(verdicts.values())


def did_you_mean(wrong: object, known: Iterable[str]) -> str | None:
    """Return the known word that `wrong` is most like, whatever its case."""
    if len(str(wrong)) > _LONGEST_WORD:
        return None
    from difflib import get_close_matches

    by_small = {word.lower(): word for word in known}
    close = get_close_matches(str(wrong).lower(), by_small, n=1, cutoff=0.6)
    return by_small[close[0]] if close else None


def _line(path: Path, text: str) -> str:
    return f"{dotted(path)}: {text}" if path else text


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return repr(short) if isinstance(value, str) else short


def _article(noun: str) -> str:
    vowel = noun[:1].lower() in set("aeio") or noun.startswith("https")
    return f"{'an' if vowel else 'a'} {noun}"


def _example(schema: Mapping[str, Any]) -> str:
    examples = schema.get("examples", ())
    return json.dumps(examples[0], ensure_ascii=False) if examples else ""


def _missing(finding: Finding) -> Iterator[Verdict]:
    properties = finding.schema["properties"]
    absent = [key for key in finding.expected if key not in finding.instance]
    # A misspelt key is reported as unknown, with the right one in its hint: it is not missing too.
    others = (key for key in finding.instance if key not in properties)
    unknown = {key: did_you_mean(key, absent) for key in islice(others, _MOST)}
    absent = [key for key in absent if key not in unknown.values()]
    if finding.schema.get("additionalProperties", True) is not False:
        for key, close in unknown.items():
            if close:
                yield _unknown_key(finding.path, key, f"did you mean '{close}'?")
    if len(absent) > 1 and not finding.path and absent == finding.expected:
        names = ", ".join(f"'{key}'" for key in absent)
        detail = "begin a product with these three; name a file that is none with a first _ or ."
        yield Verdict(finding.path, False, f"this is no product document: it has no {names}", detail)
        return
    for key in absent:
        example = _example(properties[key])
        hint = f"add `{key}: {example}`" if example and example[0] not in "{[" else f"add `{key}:`"
        description = properties[key].get("description", "")
        yield Verdict(
            finding.path, False, _line(finding.path, f"'{key}' is missing"), f"{hint}. {description}"
        )


def _unknown(finding: Finding, root: Mapping[str, Any]) -> Iterator[Verdict]:
    properties = finding.schema["properties"]
    unknown = (key for key in finding.instance if key not in properties)
    for key in islice(unknown, _MOST):
        free = [known for known in properties if known not in finding.instance]
        close = did_you_mean(key, free)
        in_spec = root.get("properties", {}).get("spec", {}).get("properties", {})
        if not finding.path and key in in_spec:
            detail = f"'{key}' belongs under `spec:`"
        elif close:
            detail = f"did you mean '{close}'?"
        else:
            detail = "known keys: " + ", ".join(properties)
        yield _unknown_key(finding.path, key, detail)


def _unknown_key(path: Path, key: str, detail: str) -> Verdict:
    return Verdict((*path, key), True, _line(path, f"unknown key {_shown(key)}"), detail)


def _value(finding: Finding, written: Written) -> Verdict:
    path = (*finding.path, finding.instance) if finding.in_key else finding.path
    if finding.keyword == "uniqueItems":
        path, text, detail = _twice(finding)
    else:
        word = _WORDS.get(finding.keyword, _otherwise)
        text, detail = word(finding, written)
    return Verdict(path, finding.in_key, _line(path, text), detail)


def _twice(finding: Finding) -> tuple[Path, str, str]:
    items: list[Any] = finding.instance
    index = repeated(items) or 0
    return (*finding.path, index), f"{_shown(items[index])} stands twice in this list", "keep one of the two"


def _type(finding: Finding, written: Written) -> tuple[str, str]:
    due = [finding.expected] if isinstance(finding.expected, str) else list(finding.expected)
    noun = " or ".join(_NOUNS[word] for word in due)
    typed = written(finding.path)
    value = finding.instance
    key = finding.path[-1] if finding.path and isinstance(finding.path[-1], str) else ""
    lead = f"{key}: " if key else ""
    if value is None:
        if typed:
            hint = f'; if the text is meant, put it in quotes: {lead}"{typed}"' if "string" in due else ""
            return f"{typed} is no value, but {noun} is due", f"write a value or remove the key{hint}"
        example = _example(finding.schema)
        hint = f", for instance {lead}{example}" if example else ""
        return f"nothing stands here, but {noun} is due", f"write a value{hint}"
    if "string" in due and isinstance(value, bool | int | float):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        return f"{typed} is {kind}, but a text is due", f'put it in quotes: {lead}"{typed}"'
    return f"{_found(value)}, but {noun} is due", _instead(value, due, lead)


def _found(value: Any) -> str:
    if isinstance(value, str):
        return f"{_shown(value)} is a text"
    if isinstance(value, bool | int | float):
        return f"{_shown(value)} is {'a boolean' if isinstance(value, bool) else 'a number'}"
    return f"{'a list' if isinstance(value, list) else 'a mapping'} stands here"


def _instead(value: Any, due: list[str], lead: str) -> str:
    """Return what to write where the type is wrong."""
    if "boolean" in due:
        yes = str(value).lower() in {"yes", "on", "y", "1", "true"}
        return f"write {lead}{'true' if yes else 'false'}, without quotes"
    if {"integer", "number"} & set(due):
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            return f"write a number, such as {lead}2"
        return f"write {lead}{int(number) if number.is_integer() else value}, without quotes"
    if "array" in due and isinstance(value, str):
        return f"write it in brackets: {lead}[{json.dumps(value, ensure_ascii=False)}]"
    if "array" in due:
        return "write a list: one line beginning with `- ` for each item"
    if "object" in due:
        return "write `key: value` lines, indented under the key"
    return "write a single text, in quotes"


def _choice(finding: Finding, _written: Written) -> tuple[str, str]:
    known = list(finding.expected) if finding.keyword == "enum" else [finding.expected]
    words = ", ".join(str(word) for word in known)
    one = "one of " if len(known) > 1 else ""
    close = did_you_mean(finding.instance, (word for word in known if isinstance(word, str)))
    detail = f"did you mean {close}?" if close else finding.schema.get("description", "")
    return f"{_shown(finding.instance)} is not {one}{words}", detail


def _pattern(finding: Finding, _written: Written) -> tuple[str, str]:
    schema = finding.schema
    text = (
        f"{_shown(finding.instance)} is not {_article(schema.get('title', 'text of the right form').lower())}"
    )
    text = text.replace("https url", "https URL")
    return f"{text} such as {_example(schema)}", schema.get("description", "")


def _length(finding: Finding, _written: Written) -> tuple[str, str]:
    text = f"{len(finding.instance)} characters are too many; at most {finding.expected} are taken"
    return text, finding.schema.get("description", "")


def _range(finding: Finding, _written: Written) -> tuple[str, str]:
    side = {"minimum": "below", "exclusiveMinimum": "not above"}.get(finding.keyword, "above")
    return f"{finding.instance} is {side} {finding.expected}", finding.schema.get("description", "")


def _empty(finding: Finding, _written: Written) -> tuple[str, str]:
    return "the list is empty", finding.schema.get("description", "")


def _too_many_items(finding: Finding, _written: Written) -> tuple[str, str]:
    return finding.schema["description"], "keep it and remove the others, or remove it"


def _otherwise(finding: Finding, _written: Written) -> tuple[str, str]:
    return f"{_shown(finding.instance)} does not fit `{finding.keyword}: {finding.expected}`", ""


_WORDS: Mapping[str, Callable[[Finding, Written], tuple[str, str]]] = {
    "type": _type, "enum": _choice, "const": _choice, "pattern": _pattern, "maxLength": _length,
    "minimum": _range, "exclusiveMinimum": _range, "maximum": _range,
    "minItems": _empty, "maxItems": _too_many_items,
}  # fmt: skip
