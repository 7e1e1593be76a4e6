"""Commands that podsync prints: where its source names them, and what of its output is one."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "podsync"
#: The global options of the runs here: every printed command has to repeat them.
GLOBALS = ("-C", "shop", "--config", "settings.yaml")
_VERBS = (
    "apply|audit|doctor|export|import|models|plan|validate|show|init|demo|review|render|schema|state [a-z]+"
)
_PLAIN = re.compile(rf"podsync (?P<words>(?:{_VERBS})\b(?! --help)(?: --[a-z-]+)?)")
_ENDS = r"(?=, |; |\)|\s+or: |\s{5}|\s*$)"
_TYPED = re.compile(rf"podsync {re.escape(' '.join(GLOBALS))} .*?{_ENDS}", re.MULTILINE)


def inventory() -> set[str]:
    """Return `module: command` for each command that a text of the source names."""
    return {
        f"{path.relative_to(SOURCE).as_posix()}: {words}"
        for path in sorted(SOURCE.rglob("*.py"))
        for words in _named(ast.parse(path.read_text(encoding="utf-8")))
    }


def _named(tree: ast.Module) -> Iterator[str]:
    skipped = {id(node) for each in _unspoken(tree) for node in ast.walk(each)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(value) for value in node.values}
        text = _template(node)
        if text is not None:
            yield from (match["words"] for match in _PLAIN.finditer(text))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "command_line":
            words = [arg.value if isinstance(arg, ast.Constant) else "…" for arg in node.args]
            yield re.sub(r"…( …)+", "…", " ".join(words))


def _template(node: ast.AST) -> str | None:
    """The text of a literal, with … where a value is put in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
    return None


def _unspoken(tree: ast.Module) -> Iterator[ast.AST]:
    """Docstrings, and examples of the help."""
    for node in ast.walk(tree):
        if (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) or (
            isinstance(node, ast.keyword) and node.arg == "examples"
        ):
            yield node


def unquoted() -> list[str]:
    """Return `module: text` for each command in which an address stands as it is: keys need quotes."""
    return [
        f"{path.relative_to(SOURCE).as_posix()}: {before}{{{ast.unparse(value)}}}"
        for path in sorted(SOURCE.rglob("*.py"))
        for before, value in _put_in(ast.parse(path.read_text(encoding="utf-8")))
        if re.search(rf"podsync (?:{_VERBS})\b[^,;)\n]* $", before)
        and ast.unparse(value).rpartition(".")[2].strip("()") in ("address", "holder", "known")
    ]


def _put_in(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Yield each value that a text takes, and what of the text stands before it."""
    for node in ast.walk(tree):
        before = ""
        for part in node.values if isinstance(node, ast.JoinedStr) else ():
            if isinstance(part, ast.FormattedValue):
                yield before, part.value
            before += str(part.value) if isinstance(part, ast.Constant) else "…"


def typed(text: str) -> list[str]:
    """Return the commands in an output that repeat the global options."""
    return [match[0] for match in _TYPED.finditer(text)]


def untyped(text: str) -> list[str]:
    """Return the commands in an output that would not work where they are printed."""
    return [match[0] for match in _PLAIN.finditer(text)]


def words_of(command: str) -> list[str]:
    """Return the words of a printed command without podsync, its global options and `[ID …]`."""
    return shlex.split(command.removesuffix(" [ID …]"))[1 + len(GLOBALS) :]
