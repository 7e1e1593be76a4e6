"""Which rules the source raises: every literal that is given to a parameter or a field called `rule`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple, TypeAlias

from tests import house


class Raised(NamedTuple):
    """One place that raises a rule; `*` in `rule` stands for what is worked out there.

    `severity` is an error where none is named, and empty where it is passed on.
    """

    rule: str
    severity: str
    where: str


#: Name of what is called -> the positions at which it takes `rule`; -1 for one of that name that takes none.
_Positions: TypeAlias = Mapping[str, Sequence[int]]


def raised() -> Iterator[Raised]:
    """Yield every place of the source that raises a rule.

    Raises AssertionError for a place where nobody can say which.
    """
    for module in house.modules():
        for scope in (house.tree(module), *_functions(module)):
            for node in _inside(scope):
                for rule in _rules(module, scope, node):
                    yield Raised(rule, _severity(node), f"{module}:{node.lineno}")


def _functions(module: str) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(house.tree(module)) if isinstance(node, ast.FunctionDef))


def _inside(scope: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Yield what stands in one scope, without the functions inside."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef):
            if isinstance(child, ast.expr | ast.stmt):
                yield child
            yield from _inside(child)


@cache
def _positions(*modules: str) -> _Positions:
    found: dict[str, list[int]] = defaultdict(list)
    for module in modules:
        for node in ast.walk(house.tree(module)):
            if isinstance(node, ast.FunctionDef):
                names = [each.arg for each in (*node.args.args, *node.args.kwonlyargs)]
                names = [name for name in names if name not in {"self", "cls"}]
            elif isinstance(node, ast.ClassDef):
                names = [ast.unparse(each.target) for each in node.body if isinstance(each, ast.AnnAssign)]
            else:
                continue
            found[node.name].append(names.index("rule") if "rule" in names else -1)
    return {name: sorted({*places}) for name, places in found.items()}


def _rules(module: str, scope: ast.AST, node: ast.AST) -> Iterable[str]:
    if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "rule" and node.value is not None:
        return _values(scope, node.value) or ()
    if not isinstance(node, ast.Call):
        return ()
    places: Sequence[int] = ()
    if isinstance(node.func, ast.Name):
        places = _positions(module).get(node.func.id, ())
    name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
    places = places or _positions(*house.modules()).get(name, ())
    given = [each.value for each in node.keywords if each.arg == "rule"]
    given += [node.args[place] for place in places if 0 <= place < len(node.args)]
    for each in given if max(places, default=-1) >= 0 else ():
        values = _values(scope, each)
        if values is not None and not any(" " in value for value in values):
            return values
    assert not given or -1 in places, f"{module}:{node.lineno} raises a rule that nobody can name"
    return ()


def _severity(node: ast.AST) -> str:
    given = [*node.args, *(each.value for each in node.keywords)] if isinstance(node, ast.Call) else []
    named = {ast.unparse(each).rpartition(".")[2].strip("'") for each in given}
    if "severity" in named:
        return ""
    return next((one for one in ("warning", "notice") if one in named), "error")


def _values(scope: ast.AST, node: ast.expr) -> list[str] | None:
    """Return what an expression may be, nothing where it is passed on; None where nobody can say."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.IfExp(body=one, orelse=other):
            return [*(_values(scope, one) or ()), *(_values(scope, other) or ())]
        case ast.JoinedStr(values=parts):
            return ["".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in parts)]
        case ast.Starred():  # a fault that was made before
            return []
        case ast.Attribute(attr="rule") | ast.Subscript(slice=ast.Constant(value="rule")):
            return []
        case ast.Name(id=name):
            own = _assigned(scope, name)
            if name == "rule" and not own:
                return []
            everywhere = (value for each in house.modules() for value in _assigned(house.tree(each), name))
            return [text for each in own or everywhere for text in _values(scope, each) or ()] or None
    return None


def _assigned(scope: ast.AST, name: str) -> list[ast.expr]:
    body = scope.body if isinstance(scope, ast.Module) else ast.walk(scope)
    return [
        node.value
        for node in body
        if isinstance(node, ast.Assign) and any(ast.unparse(each) == name for each in node.targets)
    ]
