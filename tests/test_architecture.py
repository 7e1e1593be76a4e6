"""The rules of the house, read from the code: layers, homes of libraries, names, sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

from podsync.providers.descriptor import ProviderInfo
from podsync.providers.registry import plugins

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "podsync"
MODULES = sorted(path.relative_to(ROOT).as_posix() for path in PACKAGE.rglob("*.py"))
#: part -> what it may import, beside itself. Read from top to bottom, it is the program: a part stands on
#: those above it. Type-only imports count: whoever reads a module has to know what it names.
#: `failpoints` are the tests' way to kill it, `interrupts` what the program listens to before it knows more.
MAY_IMPORT: Mapping[str, frozenset[str]] = {
    "podsync": frozenset(),
    "failpoints": frozenset(),
    "interrupts": frozenset(),
    "entry_points": frozenset(),
    "shortcuts": frozenset(),
    "sandbox": frozenset({"entry_points"}),
    "model": frozenset(),
    "files": frozenset({"podsync", "failpoints", "model"}),
    "network": frozenset({"podsync", "model"}),
    "providers": frozenset({"entry_points", "model", "network"}),
    "state": frozenset({"podsync", "failpoints", "shortcuts", "model", "files", "providers"}),
    "catalog": frozenset({"podsync", "shortcuts", "model", "files", "network", "providers", "state"}),
    "images": frozenset({"podsync", "model", "files", "network", "providers"}),
    "evidence": frozenset({"model", "providers", "state"}),
    "inventory": frozenset({"model", "network", "providers", "catalog", "state", "evidence"}),
    "plan": frozenset({"podsync", "model", "files", "providers", "state", "evidence"}),
    "apply": frozenset({"failpoints", "model", "network", "providers", "state", "evidence", "plan"}),
    "output": frozenset({"podsync", "model", "providers", "state", "inventory", "plan", "apply"}),
    "cli": frozenset(
        {
            "podsync",
            "entry_points",
            "interrupts",
            "model",
            "files",
            "network",
            "providers",
            "catalog",
            "state",
            "images",
        }
        | {"evidence", "inventory", "plan", "apply", "output", "sandbox"}
    ),
    "__main__": frozenset({"cli", "interrupts"}),
}

#: third-party library -> the only files that may import it.
HOMES: Mapping[str, tuple[str, ...]] = {
    "yaml": ("podsync/catalog/parsing/yaml_reader.py", "podsync/catalog/cache/fast_yaml.py"),
    "orjson": ("podsync/model/json_bytes.py",),
    "jsonschema": ("podsync/catalog/validation/validator.py",),
    "referencing": ("podsync/catalog/validation/validator.py",),
    "deepdiff": ("podsync/plan/diff.py",),
    "truststore": ("podsync/network/certificates.py",),
    "urllib3": ("podsync/network/wire.py", "podsync/network/faults.py"),
    "filelock": ("podsync/state/local/lock.py", "podsync/state/local/account_lock.py"),
    "psycopg": ("podsync/state/postgres",),
    "click": ("podsync/cli/",),
    "rich": ("podsync/cli/",),
}

LONGEST_FUNCTION = 60
LONGEST_MODULE = 450


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse((ROOT / module).read_text(encoding="utf-8"))


def _part(dotted: str) -> str:
    """`podsync.plan.diff` -> `plan`; the package itself -> `podsync`."""
    return dotted.split(".")[1] if "." in dotted else dotted


def _dotted(module: str) -> str:
    return module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _imports(node: ast.AST) -> Iterator[tuple[str, int]]:
    """Every module that is imported; `from a import b` gives `a.b` too."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((name.name, child.lineno) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from ((f"{child.module}.{name.name}", child.lineno) for name in child.names)
        else:
            yield from _imports(child)


def _functions(module: str) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _used(module: str) -> Iterator[tuple[str, int]]:
    """Every dotted name that is read or called."""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node), node.lineno


def test_every_part_has_a_rule() -> None:
    assert {_part(_dotted(module)) for module in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    own = _part(_dotted(module))
    allowed = MAY_IMPORT[own] | {own}

    wrong = [
        f"{module}:{line}: {name}"
        for name, line in _imports(_tree(module))
        if name.split(".")[0] == "podsync" and not any(_belongs(name, part) for part in allowed)
    ]

    assert wrong == []


def _belongs(name: str, part: str) -> bool:
    """Whether an imported name is part of `part`; `podsync` stands for itself and its `__version__`."""
    if part == "podsync":
        return name in {"podsync", "podsync.__version__"}
    return f"{name}.".startswith(f"podsync.{part}.")


@pytest.mark.parametrize("module", MODULES)
def test_each_library_has_one_home(module: str) -> None:
    foreign = (
        {name.split(".")[0] for name, _ in _imports(_tree(module))}
        - set(sys.stdlib_module_names)
        - {"podsync", "__future__", "_typeshed"}
    )

    assert foreign <= set(HOMES)
    assert [library for library in foreign if not module.startswith(HOMES[library])] == []


def test_every_dependency_has_a_home_and_every_home_a_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    named = {line.split(">")[0].split("[")[0].replace("pyyaml", "yaml") for line in lines}

    assert named == set(HOMES)


@pytest.mark.parametrize("module", MODULES)
def test_names_say_what_is_inside(module: str) -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc", "core"}

    assert vague.isdisjoint(Path(module).with_suffix("").parts)


@pytest.mark.parametrize("module", [m for m in MODULES if not m.startswith("podsync/cli/")])
def test_only_the_command_line_prints_exits_and_reads_the_environment(module: str) -> None:
    forbidden = {"print", "input", "exit", "sys.exit", "sys.stdout", "sys.stderr", "sys.argv"}
    forbidden |= {"os.environ", "os.getenv", "os.environb", "environ", "getenv"}

    found = [f"{module}:{line}: {name}" for name, line in _used(module) if name in forbidden]

    # Set by tests, before it starts; and where a user's own key lies, which no caller may choose.
    if module in {"podsync/failpoints.py", "podsync/shortcuts.py", "podsync/files/seal.py"}:
        found = [each for each in found if not each.endswith("os.environ")]
    assert found == [] or module == "podsync/__main__.py"


@pytest.mark.parametrize(
    "module", [m for m in MODULES if not m.startswith(("podsync/cli/", "podsync/sandbox/"))]
)
def test_time_is_passed_in(module: str) -> None:
    forbidden = (
        "datetime.now",
        "datetime.utcnow",
        "datetime.today",
        "date.today",
        "time.time",
        "time.time_ns",
    )

    found = [
        f"{module}:{line}: {name}"
        for name, line in _used(module)
        if name in forbidden or name.endswith(forbidden)
    ]

    assert found == []


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_too_long(module: str) -> None:
    long = [
        f"{module}:{node.lineno}: {node.name} has {length} lines"
        for node in _functions(module)
        if (length := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    lines = len((ROOT / module).read_text(encoding="utf-8").splitlines())

    assert long == []
    assert lines <= LONGEST_MODULE


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_says_what_it_is(module: str) -> None:
    assert ast.get_docstring(_tree(module)) or module == "podsync/__main__.py"
    assert [f"{module}:{line}: {name}" for name, line in _silent(_tree(module))] == []


def _silent(scope: ast.Module | ast.ClassDef) -> Iterator[tuple[str, int]]:
    for node in scope.body:
        if not isinstance(
            node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        ) or node.name.startswith("_"):
            continue
        if ast.get_docstring(node) is None and ast.unparse(node.body[0]) != "...":
            yield node.name, node.lineno
        if isinstance(node, ast.ClassDef):
            yield from _silent(node)


@pytest.mark.parametrize("module", MODULES)
def test_no_defaults_that_change_and_no_bare_except(module: str) -> None:
    changeable = [
        f"{module}:{node.lineno}"
        for node in _functions(module)
        for default in [*node.args.defaults, *node.args.kw_defaults]
        if isinstance(default, ast.List | ast.Dict | ast.Set)
    ]
    bare = [n.lineno for n in ast.walk(_tree(module)) if isinstance(n, ast.ExceptHandler) and n.type is None]

    assert (changeable, bare) == ([], [])


def test_tests_patch_nothing() -> None:
    names = ("mock", "patch", "MagicMock")
    found = [
        f"{path.name}: {name}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for name, _ in _imports(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith("unittest.mock") or name.split(".")[-1] in names
    ]

    assert found == []


_SLOW = ("requests", "urllib3", "deepdiff", "podsync.sandbox", "podsync.images", "ssl", "rich", "psycopg")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--help"], 0), (["--version"], 0), (["validate"], 0), (["plan", "--help"], 0), (["frobnicate"], 64)],
    ids=["help", "version", "validate", "plan help", "wrong"],
)
def test_what_starts_often_imports_nothing_slow(arguments: list[str], code: int) -> None:
    program = (
        "import sys; from podsync.cli.main import main\n"
        f"try: code = main({arguments!r})\n"
        "except SystemExit as error: code = error.code\n"
        f"late = [name for name in {_SLOW!r} if name in sys.modules]\n"
        "print(code or 0, *late, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stderr.splitlines()[-1] == str(code)


def test_what_the_wheel_takes_along_is_there() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    taken = build["targets"]["wheel"]["force-include"]

    assert taken == {"schemas": "podsync/schemas", "catalog": "podsync/demo_catalog"}
    assert sorted(p.name for p in (ROOT / "schemas").iterdir()) == [
        "catalog.schema.json",
        "customer_product.schema.json",
        "defaults.schema.json",
        "designed_product.schema.json",
        "plan.schema.json",
        "podsync.schema.json",
        "state.schema.json",
    ]
    assert len(list((ROOT / "catalog").rglob("*.yaml"))) == 4
    assert (PACKAGE / "py.typed").is_file()
    assert not (PACKAGE / "schemas").exists()


def test_entry_points_name_what_exists() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = [*project["scripts"].values()]
    points += [point for group in project["entry-points"].values() for point in group.values()]

    for point in points:
        module, _, name = point.partition(":")
        file = module.replace(".", "/")
        tree = _tree(f"{file}/__init__.py" if (ROOT / file).is_dir() else f"{file}.py")
        targets = (t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets)
        assigned = {target.id for target in targets if isinstance(target, ast.Name)}
        defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
        assert not name or name in assigned | defined


#: Names of fields that are everybody's words.
_COMMON = frozenset({"name", "quantity", "value", "values", "attributes"})
_FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in PACKAGE.rglob("*")
    if path.is_file() and path.suffix != ".pyc" and not path.is_relative_to(PACKAGE / "docs")
)


def _own_words(info: ProviderInfo) -> str:
    """Return a pattern of what only a provider's own folders may say: names, kind, fields, hosts, prefix."""
    roles = {text for text in map(str, info.roles.to_json().values()) if text.isidentifier()}
    roles |= {field for _, field in info.roles.pictures}
    fields = sorted(rf"\b{field}s?\b" for field in roles - _COMMON)
    names = [f"(?i:{re.escape(word)})" for word in (info.name, info.kind, info.key_variable, *info.hosts)]
    return "|".join([*names, *fields, *([rf"\b{info.id_prefix}"] if info.id_prefix else [])])


@pytest.mark.parametrize("provider", ["kakaclo", "gelato"])
def test_a_provider_owns_its_words(provider: str) -> None:
    words = re.compile(_own_words(plugins()[provider]))
    folders = (f"podsync/providers/{provider}/", f"podsync/sandbox/{provider}/")

    said = [
        f"{file}:{number}: {found[0]}"
        for file in _FILES
        if not file.startswith(folders)
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        for found in words.finditer(line)
    ]

    assert said == []
    assert any(words.search((ROOT / file).read_text("utf-8")) for file in _FILES if file.startswith(folders))
