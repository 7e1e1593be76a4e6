"""The words for one value that a schema does not take: what is wrong with it, and what to write."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from podsync.catalog.validation.fixes import Fixing, block, flow, line_of, quoted
from podsync.catalog.validation.nearest import culprit, did_you_mean, fits, is_local, nearest
from podsync.catalog.validation.schemas import repeated
from podsync.model.frozen import Path

#: Tells what a person typed at a path: `012`, where the data only has 12.
Written = Callable[[Path], str]
_SHOWN = 60
_NOUNS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "null",
}  # fmt: skip
_YES, _NO = frozenset({"yes", "on", "y", "1", "true"}), frozenset({"no", "off", "n", "0", "false"})


class SchemaFinding(NamedTuple):
    """One keyword that `instance`, standing at `path`, does not satisfy.

    `in_key`: a key itself; `needed`: whether the value may not be left out.
    """

    path: Path
    keyword: str
    expected: Any
    schema: Any
    instance: Any
    in_key: bool
    needed: bool = True

    @property
    def lead(self) -> str:
        """`key: `, where the value stands behind a key."""
        key = self.path[-1] if self.path and not self.in_key else ""
        return f"{key}: " if isinstance(key, str) and key else ""


class SchemaVerdict(NamedTuple):
    """A fault in words. `on_key`: the key at `path` is meant, not its value.

    `mend` is what the detail says to write, `mark` a character of the value that is the cause.
    """

    path: Path
    on_key: bool
    summary: str
    detail: str
    mend: Fixing | None = None
    mark: str = ""


class ValueMessage(NamedTuple):
    """What is wrong with a value, what to do, and both as data."""

    text: str
    detail: str
    mend: Fixing | None = None
    mark: str = ""


def dotted(path: Path) -> str:
    """Return `spec.pictures[0].url`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def line(path: Path, text: str) -> str:
    """Return a text with the path before it."""
    return f"{dotted(path)}: {text}" if path else text


def shown(value: Any) -> str:
    """Return a value for a message: a text in quotes, cut where it is long."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return repr(short) if isinstance(value, str) else short


def example_of(schema: Mapping[str, Any]) -> Any:
    """Return a value that the schema takes, with all that it requires; None where it does not say."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    known = schema.get("properties", {})
    if schema.get("type") == "object" and schema.get("required"):
        return {key: example_of(known[key]) for key in schema["required"]}
    return None


def about_value(finding: SchemaFinding, written: Written) -> SchemaVerdict:
    """Return the verdict on a value, or on a key that is none."""
    path = (*finding.path, finding.instance) if finding.in_key else finding.path
    if finding.keyword == "uniqueItems":
        items: list[Any] = finding.instance
        path = (*finding.path, repeated(items) or 0)
        summary = f"{shown(items[repeated(items) or 0])} appears twice in this list"
        return SchemaVerdict(path, False, line(path, summary), "keep one of the two", Fixing("drop"))
    words = _WORDS.get(finding.keyword, _otherwise)(finding, written)
    return SchemaVerdict(path, finding.in_key, line(path, words.text), words.detail, words.mend, words.mark)


def _example(schema: Mapping[str, Any]) -> str:
    example = example_of(schema)
    return "" if example is None else json.dumps(example, ensure_ascii=False)


def _put(finding: SchemaFinding, yaml: str, before: str = "write", after: str = "") -> tuple[str, Fixing]:
    """Return `write key: value`, and the same as data."""
    return f"{before} {finding.lead}{yaml}{after}", Fixing("name" if finding.in_key else "put", yaml)


def _type(finding: SchemaFinding, written: Written) -> ValueMessage:
    due = [finding.expected] if isinstance(finding.expected, str) else list(finding.expected)
    noun = " or ".join(_NOUNS[word] for word in due)
    typed, value = written(finding.path), finding.instance
    if value is None:
        return _nothing(finding, noun, typed, due)
    if "string" in due and isinstance(value, bool | int | float):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        text = f"{typed} is {kind}, but text is expected"
        meant = nearest(typed, finding.schema)
        if meant is None:
            return ValueMessage(text, finding.schema.get("description", ""))
        return ValueMessage(
            text, *_put(finding, quoted(meant), "put it in quotes:" if meant == typed else "write")
        )
    return ValueMessage(f"{_found(value)}, but {noun} is expected", *_instead(finding, due, typed))


def _nothing(finding: SchemaFinding, noun: str, typed: str, due: list[str]) -> ValueMessage:
    text = f"{typed or 'there'} is {'not a value' if typed else 'nothing here'}, but {noun} is expected"
    example = example_of(finding.schema)
    if typed and "string" in due and fits(typed, finding.schema):
        before = "write a value or remove the key; if the text is meant,"
        return ValueMessage(text, *_put(finding, quoted(typed), before))
    if not finding.needed or example is None:
        drop = None if finding.needed else Fixing("drop")
        return ValueMessage(text, "write a value or remove the key", drop)
    if isinstance(example, dict) and finding.path == ("spec",):
        lines = "\n".join("  " + each for each in block(example).split("\n"))
        mend = None if typed else Fixing("put", "\n" + lines)
        return ValueMessage(text, f"write its fields below it, for instance\n{lines}", mend)
    yaml = line_of("", example).removeprefix(": ")
    return ValueMessage(text, *_put(finding, yaml, "write a value, for instance"))


def _found(value: Any) -> str:
    if isinstance(value, str):
        return f"{shown(value)} is text"
    if isinstance(value, bool | int | float):
        return f"{shown(value)} is {'a boolean' if isinstance(value, bool) else 'a number'}"
    return f"{'a list' if isinstance(value, list) else 'a mapping'} stands here"


def _instead(finding: SchemaFinding, due: list[str], typed: str) -> tuple[str, Fixing | None]:
    value = finding.instance
    if "boolean" in due:
        word = str(value).lower()
        if word not in _YES | _NO:
            return f"write {finding.lead}true or {finding.lead}false", None
        return _put(finding, "true" if word in _YES else "false", after=", without quotes")
    if {"integer", "number"} & set(due):
        return _number(finding, due, value)
    if "array" in due:
        return _as_list(finding, typed)
    if "object" in due:
        return "write `key: value` lines, indented under the key", None
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        return _put(finding, quoted(value[0]), "write a single text:")
    if isinstance(value, dict) and typed.startswith("{") and typed.endswith("}"):
        return _put(finding, quoted(typed), "if the braces belong to the text, put it in quotes:")
    return "write a single text, in quotes", None


def _number(finding: SchemaFinding, due: list[str], value: Any) -> tuple[str, Fixing | None]:
    noun = "a whole number" if "number" not in due else "a number"
    text = str(value).strip()
    if re.fullmatch(r"[0-9]+,[0-9]{1,2}", text) and "number" in due:
        text = text.replace(",", ".")
    usual = re.fullmatch(r"[-+]?[0-9]{1,15}(\.[0-9]+)?", text)
    if isinstance(value, bool | list | dict) or not usual or (due == ["integer"] and float(text) % 1):
        example = example_of(finding.schema)
        return f"write {noun}, such as {finding.lead}{2 if example is None else example}", None
    number = float(text)
    return _put(finding, str(int(number)) if number.is_integer() else text, after=", without quotes")


def _as_list(finding: SchemaFinding, typed: str) -> tuple[str, Fixing | None]:
    value, items = finding.instance, finding.schema.get("items", {})
    texts = items.get("type") == "string"
    if isinstance(value, dict) and texts and typed.startswith("{") and set(value.values()) == {None}:
        return _put(finding, flow(list(value)), "write it in brackets:")
    if isinstance(value, dict) and typed.startswith("{") and typed.endswith("}"):
        return _put(finding, f"[{typed}]", "write it in brackets:")
    if not texts or isinstance(value, dict):
        return "write a list: one line beginning with `- ` for each item", None
    if isinstance(value, str):
        between = "[,;|\n]" if re.search("[,;|]", value) else " "
        parts = [part.strip().strip("[]\"'") for part in re.split(between, value)]
    else:
        parts = [typed]
    words = [word for word in parts if word and fits(word, items)]
    if not words:
        return "write a list: one line beginning with `- ` for each item", None
    return _put(finding, flow(list(dict.fromkeys(words))), "write it in brackets:")


def _choice(finding: SchemaFinding, _written: Written) -> ValueMessage:
    known = list(finding.expected) if finding.keyword == "enum" else [finding.expected]
    words = ", ".join(str(word) for word in known)
    text = f"{shown(finding.instance)} is not {'one of ' if len(known) > 1 else ''}{words}"
    strings = [word for word in known if isinstance(word, str)]
    close = did_you_mean(finding.instance, strings)
    if close is None:
        return ValueMessage(text, finding.schema.get("description", ""))
    cause = culprit(str(finding.instance))
    if cause is not None:
        return ValueMessage(cause[1], *_put(finding, flow(close)), cause[0])
    return ValueMessage(text, f"did you mean {close}?", _put(finding, flow(close))[1])


def _pattern(finding: SchemaFinding, written: Written) -> ValueMessage:
    schema, value = finding.schema, str(finding.instance)
    noun = schema.get("title", "text of the right form").lower().replace("https url", "https URL")
    vowel = noun[:1] in set("aeio") or noun.startswith("https")
    text = f"{shown(value)} is not {'an' if vowel else 'a'} {noun} such as {_example(schema)}"
    rule = schema.get("description", "")
    if "URL" in noun and is_local(value):
        remedy = "the provider fetches the picture itself: upload it, and write its address on the web"
        return ValueMessage(f"{shown(value)} is a file on this machine", remedy)
    first, whole = written(finding.path).strip("\"' "), value.replace(" ", "")
    if "URL" in noun and value.startswith(f"{first} ") and fits(whole, schema):
        # YAML makes one space of a line's end.
        return ValueMessage(
            "the URL goes on on the next line", *_put(finding, quoted(whole), "write it in one:")
        )
    meant = nearest(value, schema)
    if meant is None:
        return ValueMessage(text, rule)
    yaml = flow(meant) if finding.in_key or finding.path[-1:] == ("name",) else quoted(meant)
    cause = culprit(value)
    if cause is not None:
        return ValueMessage(cause[1], *_put(finding, yaml), cause[0])
    return ValueMessage(text, *_put(finding, yaml, after=f". {rule}" if rule else ""))


def _length(finding: SchemaFinding, _written: Written) -> ValueMessage:
    text = f"{len(finding.instance)} characters are too many; at most {finding.expected} are taken"
    return ValueMessage(text, finding.schema.get("description", ""))


def _range(finding: SchemaFinding, _written: Written) -> ValueMessage:
    side = {"minimum": "below", "exclusiveMinimum": "not above"}.get(finding.keyword, "above")
    return ValueMessage(
        f"{finding.instance} is {side} {finding.expected}", finding.schema.get("description", "")
    )


def _empty(finding: SchemaFinding, _written: Written) -> ValueMessage:
    return ValueMessage("the list is empty", finding.schema.get("description", ""))


def _too_many_items(finding: SchemaFinding, _written: Written) -> ValueMessage:
    text, others = finding.schema["description"], [item for item in finding.instance if item != "*"]
    if "*" not in finding.instance or not others:
        return ValueMessage(text, "remove all but one")
    return ValueMessage(
        text, *_put(finding, flow(others), after=f', or {finding.lead}["*"] for every customer')
    )


def _otherwise(finding: SchemaFinding, _written: Written) -> ValueMessage:
    return ValueMessage(f"{shown(finding.instance)} does not fit `{finding.keyword}: {finding.expected}`", "")


_WORDS: Mapping[str, Callable[[SchemaFinding, Written], ValueMessage]] = {
    "type": _type, "enum": _choice, "const": _choice, "pattern": _pattern, "maxLength": _length,
    "minimum": _range, "exclusiveMinimum": _range, "maximum": _range,
    "minItems": _empty, "maxItems": _too_many_items,
}  # fmt: skip
