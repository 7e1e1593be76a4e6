"""The figures of the house, measured from the code: `python -m tests.house` prints them.

A *part* is what stands directly below `podsync`. Type-only imports count like all others: whoever reads a
module has to know what it names.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent
#: Where imports may stand inside functions: a command imports what it needs when it runs, a format when it is
#: asked for, the environment when it is looked at, a provider when it is spoken to; `catalog.cache` and
#: `state.lazy` leave away what a warm run has no use for. Everybody else imports at the top.
LAZY = (
    "podsync.cli.main",
    "podsync.cli.workspace",
    "podsync.cli.commands",
    "podsync.cli.environment",
    "podsync.cli.app.formats",
    "podsync.catalog.cache",
    "podsync.catalog.fast_path",
    "podsync.catalog.known_file",
    "podsync.state.lazy",
    "podsync.providers",
)
#: A door by itself: a store is imported when one is opened, and what makes several products of a document for
#: one that does.
LAZY_DOORS = (
    "podsync.catalog.authoring",
    "podsync.state.local",
    "podsync.state.git",
    "podsync.state.postgres",
)


class Import(NamedTuple):
    """One imported module, or the module that a name was imported from."""

    module: str
    line: int
    deferred: bool


@cache
def modules() -> Mapping[str, Path]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted((ROOT / "podsync").rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


@cache
def tree(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def part(module: str) -> str:
    """`podsync.plan.diff` -> `plan`; the package itself -> `podsync`."""
    return module.split(".")[1] if "." in module else module


@cache
def imports(module: str) -> Sequence[Import]:
    """Return what a module imports of podsync, type-only imports too."""
    return tuple(_imports(tree(module), deferred=False))


def _imports(node: ast.AST, *, deferred: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ImportFrom) and (child.module or "").split(".")[0] == "podsync":
            names = {f"{child.module}.{alias.name}" for alias in child.names}
            whole = names & modules().keys()
            for name in sorted(whole | ({child.module or ""} if names - whole else set())):
                yield Import(name, child.lineno, deferred)
        elif isinstance(child, ast.Import):
            for alias in child.names:
                if alias.name.split(".")[0] == "podsync":
                    yield Import(alias.name, child.lineno, deferred)
        else:
            inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, deferred=deferred or inside)


def arrows() -> Mapping[str, frozenset[str]]:
    """Return which parts each part imports."""
    found: dict[str, set[str]] = {part(module): set() for module in modules()}
    for module in modules():
        found[part(module)] |= {part(each.module) for each in imports(module)} - {part(module)}
    return {name: frozenset(others) for name, others in found.items()}


def levels() -> Sequence[Sequence[str]]:
    """Return the parts by level, those that import nothing first; parts of a circle are left out."""
    graph, found = dict(arrows()), []
    known: set[str] = set()
    while level := sorted(name for name, others in graph.items() if others <= known):
        found.append(level)
        known |= set(level)
        for name in level:
            del graph[name]
    return found


def circles(graph: Mapping[str, frozenset[str]]) -> Sequence[Sequence[str]]:
    """Return the groups of names that reach each other, each sorted."""
    reach: dict[str, set[str]] = {}
    for name in graph:
        seen: set[str] = set()
        ahead = list(graph[name])
        while ahead:
            each = ahead.pop()
            if each not in seen:
                seen.add(each)
                ahead += graph.get(each, ())
        reach[name] = seen
    groups = {tuple(sorted(n for n in reach[name] if name in reach.get(n, ()))) for name in graph}
    return sorted(group for group in groups if group)


def module_graph() -> Mapping[str, frozenset[str]]:
    """Return which modules each module imports."""
    return {module: frozenset(each.module for each in imports(module)) - {module} for module in modules()}


def folders() -> Mapping[str, int]:
    """Return how many modules each package holds, without its `__init__` and its packages."""
    found: dict[str, int] = defaultdict(int)
    for path in modules().values():
        if path.name != "__init__.py":
            found[path.parent.relative_to(ROOT).as_posix()] += 1
    return found


def deferred() -> Sequence[tuple[str, Import]]:
    """Return the imports inside functions that stand elsewhere than at the places of `LAZY`."""
    return [
        (module, each)
        for module in modules()
        if not module.startswith(LAZY) and module not in LAZY_DOORS
        for each in imports(module)
        if each.deferred
    ]


def classes() -> Mapping[str, Sequence[str]]:
    """Return class name, without underscores before it -> the modules that define one of that name."""
    found: dict[str, list[str]] = defaultdict(list)
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ClassDef):
                found[node.name.lstrip("_")].append(module)
    return found


def public(package: str) -> frozenset[str]:
    """Return the `__all__` of a package: the names and modules that other parts may import."""
    for node in tree(package).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def main() -> None:
    """Print the figures."""
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in modules().values())
    sizes = sorted(folders().items(), key=lambda row: -row[1])
    every = [each for module in modules() for each in imports(module) if each.deferred]
    print(f"parts {len(arrows())}, levels {len(levels())}, arrows {sum(map(len, arrows().values()))}")
    for number, level in enumerate(levels()):
        print(f"  {number}: {', '.join(level)}")
    print(f"circles of parts {len(circles(arrows()))}, of modules {len(circles(module_graph()))}")
    print(f"modules {len(modules())}, lines {lines}")
    print("largest folders " + ", ".join(f"{name} {size}" for name, size in sizes[:8]))
    print(f"deferred imports {len(every)}, outside the named doors {len(deferred())}")
    print(f"class names that stand twice {sum(1 for where in classes().values() if len(where) > 1)}")
    inside = sum(1 for m in modules() for e in imports(m) if part(e.module) != part(m) and is_inner(e.module))
    print(f"imports past a door {inside}")


def is_inner(module: str) -> bool:
    """Whether a module of another part is none of those that its packages name as public."""
    names = module.split(".")
    for length in range(2, len(names)):
        package = ".".join(names[:length])
        if package in modules() and names[length] not in public(package):
            return True
    return False


if __name__ == "__main__":
    main()
