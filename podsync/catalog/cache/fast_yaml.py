"""A fast reader for files in which nothing is unusual.

Most files are plain, and `yaml_reader` spends most of its time on places that only a diagnostic needs. Here
libyaml builds its node tree in C, the tree becomes data, and no places are kept. The answer is None for
everything that `yaml_reader` reports or treats specially: an anchor, a tag, a comment after a text, a
repeated key, a directive, a syntax error. Then `yaml_reader` reads the file. So both readers return the same
data for the same file.

Measured on 10,000 products: `yaml_reader`'s walk over events 3.0 s, this one 1.3 s. A line parser of our own
for a part of YAML was not built: it would be a second grammar to trust.
"""

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import yaml
from yaml.nodes import MappingNode, ScalarNode

from podsync.catalog.authoring import expansion_of
from podsync.catalog.authoring.context import AuthoringContext
from podsync.catalog.cache.fast_schema import check_of
from podsync.catalog.cache.record import ProductRecord, kept_of
from podsync.catalog.discovery import FoundFile
from podsync.catalog.parsing.document import Document
from podsync.catalog.parsing.encoding import decode
from podsync.catalog.parsing.scalars import SUSPECTS, resolve
from podsync.catalog.parsing.source_text import MAX_DEPTH, Text
from podsync.catalog.rules import document_faults
from podsync.model.frozen import EMPTY, freeze
from podsync.model.position import Span
from podsync.model.product import UNPROTECTED, History, Lifecycle
from podsync.providers.knowledge import Provider

#: Larger files are `yaml_reader`'s, which counts values; so few bytes cannot hold too many.
MAX_BYTES = 16_000
#: libyaml builds its tree by recursion: no more brackets than this, and no longer lines.
_MAX_BRACKETS, _MAX_LINE = 500, 2_000
#: What may be an anchor, an alias, a tag, a directive, or a comment behind something. A character
#: is looked for by itself first: that costs next to nothing, and most files have none.
_UNUSUAL = tuple(
    (character, re.compile(pattern, re.MULTILINE))
    for character, pattern in (
        ("&", r"(?:^|[\s\[{},:])&\S"),
        ("*", r"(?:^|[\s\[{},:])\*\S"),
        ("!", r"(?:^|[\s\[{},:])!"),
        ("%", r"^%"),
        (" #", r"\S[ \t]+#"),
        ("\t#", r"\S[ \t]+#"),
    )
)
_LONG_LINE = re.compile(f"[^\n]{{{_MAX_LINE}}}")


class ParsedDocument(NamedTuple):
    """A document's data, and the span of its first key. `plain`: surely no text in it is unusual."""

    data: dict[str, Any]
    start: Span
    plain: bool = False


class _Unusual(Exception):  # noqa: N818 (never leaves this module)
    """Something for `yaml_reader` to look at."""


_Composer: Any = None
if yaml.__with_libyaml__:  # else `yaml_reader` reads every file
    from yaml._yaml import CParser

    class _LibYaml(CParser):
        """Makes nodes whose tag is empty unless one was written; `scalars` decides what they mean.

        The parser asks for a tag and its place at every node. Built-in functions that ignore the question
        take four fifths of the time that our own would.
        """

        resolve = descend_resolver = ascend_resolver = "".format

    _Composer = _LibYaml


def read(raw: bytes) -> list[ParsedDocument] | None:
    """Return the documents of a file from its bytes; None when `yaml_reader` has to read it."""
    if _Composer is None or len(raw) > MAX_BYTES:
        return None
    text, faults = decode("", raw)
    content = text.content
    if faults or (len(content) >= _MAX_LINE and _LONG_LINE.search(content)):
        return None
    if content.count("[") + content.count("{") > _MAX_BRACKETS:
        return None
    if any(character in content and pattern.search(content) for character, pattern in _UNUSUAL):
        return None
    try:
        return list(_documents(_Composer(content), plain=_is_plain(content)))
    except (yaml.YAMLError, ValueError, _Unusual):
        return None


def _is_plain(content: str) -> bool:
    """Whether surely no text in it is unusual (see `rules.document_faults`): asked of all of it at once.

    Without a backslash each text stands in the file as it is. An item of a list that holds a comma is left
    to `yaml_reader` (see `_items`).
    """
    if not content.isascii() or "?" in content or ";" in content or "|" in content or "\\" in content:
        return False
    url = content.find("https://")
    return url < 0 or "," not in content[url:]


def _documents(composer: Any, *, plain: bool) -> Iterator[ParsedDocument]:
    while composer.check_node():
        node = composer.get_node()
        if type(node) is not MappingNode or not node.value:
            raise _Unusual
        first = node.value[0][0]
        begin, end = first.start_mark, first.end_mark
        start = begin.line + 1, begin.column + 1, end.line + 1, end.column + 1
        yield ParsedDocument(_value(node, 1), start, plain)


def _value(node: Any, depth: int) -> Any:
    kind = type(node)
    if kind is ScalarNode:
        return _scalar(node)
    if node.tag or depth > MAX_DEPTH:
        raise _Unusual
    if kind is not MappingNode:
        return _items(node.value, depth + 1)
    data: dict[str, Any] = {}
    for key, value in node.value:
        if type(key) is not ScalarNode or key.tag or not _is_key(key.value):
            raise _Unusual
        data[key.value] = _scalar(value) if type(value) is ScalarNode else _value(value, depth + 1)
    if len(data) != len(node.value):
        raise _Unusual
    return data


def _items(nodes: Any, depth: int) -> list[Any]:
    items = [_scalar(node) if type(node) is ScalarNode else _value(node, depth) for node in nodes]
    for item in items:
        if type(item) is str and "," in item:  # nearly always several items in one
            raise _Unusual
    return items


@lru_cache(maxsize=1024)
def _is_key(text: str) -> bool:
    if not text.isprintable() or text == "<<":
        return False
    return bool(text) and (text[0] not in SUSPECTS or isinstance(resolve(text), str))


def _scalar(node: Any) -> Any:
    text: str = node.value
    if node.tag:
        raise _Unusual
    if node.style:
        if not text.isprintable():
            raise _Unusual
        return text
    if text and text[0] not in SUSPECTS:
        return text
    value = resolve(text)
    if type(value) is float and not math.isfinite(value):
        raise _Unusual
    return value


def quick_read(raw: bytes, by_kind: "Mapping[str, Provider]") -> list[ProductRecord] | None:
    """Return the content of a file without faults or warnings; None if `yaml_reader` has to read it."""
    documents = read(raw)
    if documents is None:
        return None
    kept = []
    for data, start, plain in documents:
        one = quick_record(data, start, by_kind, plain=plain)
        if one is None:
            return None
        kept.append(one)
    return kept


def quick_record(
    data: Mapping[str, Any],
    start: Span,
    by_kind: "Mapping[str, Provider]",
    suffix: str = "",
    *,
    plain: bool = False,
) -> ProductRecord | None:
    """Return the record of a product if its document has no fault and no warning."""
    kind = data.get("kind")
    provider = by_kind.get(kind) if isinstance(kind, str) else None
    # What belongs to some environments only is for `authoring` to say.
    if provider is None or "only" in data or not check_of(provider.kind)(data):
        return None
    address = f"{kind}.{data['name']}{suffix}"
    spec = freeze(data["spec"])
    if document_faults(data, spec, provider, plain=plain):
        return None
    lifecycle = Lifecycle.from_json(data["lifecycle"]) if data.get("lifecycle") else UNPROTECTED
    history = History.of(data, provider.info.bare_id)
    return kept_of(address, start, history, (spec, data.get("labels", EMPTY), lifecycle), provider)


class QuickFile(NamedTuple):
    """The content of a file without faults; `tables` are paths of the files that its keys come from."""

    kept: list[ProductRecord]
    tables: tuple[str, ...] = ()


def quick_products(
    raw: bytes, by_kind: "Mapping[str, Provider]", found: "FoundFile", around: "AuthoringContext"
) -> QuickFile | None:
    """Do what `quick_read` does for documents that draw on other files."""
    from podsync.catalog.authoring.layers import is_plain

    if any(around.judged.get(each.path) for each in around.chain_of(found.path)):
        return None
    kept: list[ProductRecord | None] = []
    tables: dict[str, None] = {}
    documents = _with_places(raw, found)
    for document in documents or ():
        if is_plain(document, found, around):
            kept.append(quick_record(document.data, document.start, by_kind))
            continue
        expansion = expansion_of(document, found, around)
        for product in expansion.products():
            kept.append(quick_record(product.data, document.start, by_kind, product.suffix))
            if kept[-1] is None:
                return None
        if expansion.faults:
            return None
        tables |= dict.fromkeys(each.path for each in expansion.tables)
    known = [one for one in kept if one is not None]
    return None if documents is None or len(known) < len(kept) else QuickFile(known, tuple(tables))


def _with_places(raw: bytes, found: "FoundFile") -> "list[Document] | None":
    """Return the documents, with places only where they have keys: a number is inserted as it was typed."""
    from podsync.catalog.authoring.layers import AUTHORED
    from podsync.catalog.parsing import yaml_reader

    quick = read(raw)
    if quick is not None and all(AUTHORED.isdisjoint(data) for data, *_ in quick):
        text = Text(found.path, raw.decode("utf-8", "replace"))
        return [Document(text, data, start, {}, {}, frozenset()) for data, start, _ in quick]
    parsed = yaml_reader.read(found.path, raw)
    if parsed.diagnostics or any(document.faulty for document in parsed.documents):
        return None
    return list(parsed.documents)
