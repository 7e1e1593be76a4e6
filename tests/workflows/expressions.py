"""GitHub's expressions, as far as the workflows use them; anything else fails loudly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_TOKEN = re.compile(r"\s*('(?:[^']|'')*'|&&|\|\||!=|==|[!(),]|[A-Za-z_][\w.-]*)")
_WORDS = {"&&": " and ", "||": " or ", "!": " not ", "true": "True", "false": "False"}
_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)

Contexts = Mapping[str, Any]
Functions = Mapping[str, Callable[..., Any]]


def evaluate(text: str, contexts: Contexts, functions: Functions) -> Any:
    """Return the value of one expression, with or without `${{ }}`; what is missing is the empty string."""
    whole = _HOLE.fullmatch(text.strip())
    rest, python = (whole[1] if whole else text).strip(), ""
    while rest:
        token = _TOKEN.match(rest)
        assert token is not None, f"not an expression that the runner knows: {text}"
        rest = rest[token.end() :]
        python += _translated(token[1], calls=rest.lstrip().startswith("("))
    known = {"contains": lambda a, b: b in a, "startsWith": lambda a, b: str(a).startswith(b), **functions}
    return eval(python, {"__builtins__": {}, "look": lambda path: look(contexts, path)}, known)  # noqa: S307


def _translated(token: str, *, calls: bool) -> str:
    if token.startswith("'"):
        return repr(token[1:-1].replace("''", "'"))
    if token in _WORDS:
        return _WORDS[token]
    if calls or token in "(),==!=":
        return token
    return f"look({token!r})"


def look(contexts: Contexts, path: str) -> Any:
    """Follow `steps.plan.outputs.exit-code`."""
    found: Any = contexts
    for part in path.split("."):
        found = found.get(part, "") if isinstance(found, Mapping) else ""
    return found


def filled(text: Any, contexts: Contexts, functions: Functions) -> str:
    """Replace every `${{ … }}` in a value of a workflow."""

    def hole(match: re.Match[str]) -> str:
        return written(evaluate(match[1], contexts, functions))

    return _HOLE.sub(hole, written(text))


def written(value: Any) -> str:
    """Return a value as GitHub writes it into a string."""
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
