"""The rules of `podsync help architecture`, counted from the code (see `tests/house.py`)."""

from __future__ import annotations

import ast
import re

import pytest

from tests import house

#: Imports inside functions outside the named doors (`house.LAZY`): each keeps a start short.
MOST_DEFERRED = 36
LARGEST_FOLDER = 12
#: Folders that hold more, and why.
#: What a plan is stands apart from what makes one, so that a plan
#: in which nothing differs imports little.
#: What makes a catalog fast stands together, so that it can be taken away.
#: Each kind of evidence has one module.
LARGER = {"podsync/plan": 13, "podsync/catalog/cache": 13, "podsync/evidence": 13}
MOST_WORDS = 40
DOCS = house.ROOT / "podsync" / "docs"


def test_parts_stand_on_levels() -> None:
    assert house.circles(house.arrows()) == []
    assert sorted(name for level in house.levels() for name in level) == sorted(house.arrows())


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house.circles(house.module_graph()) == []


@pytest.mark.parametrize("module", sorted(house.modules()))
def test_other_parts_are_entered_by_their_doors(module: str) -> None:
    past = [
        f"{module}:{each.line}: {each.module}"
        for each in house.imports(module)
        if house.part(each.module) != house.part(module) and house.is_inner(each.module)
    ]

    assert past == []


def test_a_door_is_no_wider_than_it_is_used() -> None:
    used = {
        each.module
        for module in house.modules()
        for each in house.imports(module)
        if house.part(each.module) != house.part(module)
    }
    unused = [
        f"{package}.{name}"
        for package in house.modules()
        for name in house.public(package)
        if f"{package}.{name}" in house.modules()
        and not any(f"{each}.".startswith(f"{package}.{name}.") for each in used)
    ]

    assert unused == []


#: What only makes podsync fast -> the only module that may ask for it.
WALLS = {
    "podsync.catalog.cache": "podsync.catalog.fast_path",
    "podsync.state.lazy": "podsync.state.local.store",
}


@pytest.mark.parametrize("wall", WALLS)
def test_speed_stands_behind_a_wall_with_one_way_in(wall: str) -> None:
    asking = {
        module
        for module in house.modules()
        for each in house.imports(module)
        if f"{each.module}.".startswith(f"{wall}.") and not f"{module}.".startswith(f"{wall}.")
    }

    assert asking == {WALLS[wall]}


def test_a_folder_is_read_at_a_glance() -> None:
    large = {name: size for name, size in house.folders().items() if size > LARGER.get(name, LARGEST_FOLDER)}

    assert large == {}


def test_a_class_name_stands_once() -> None:
    assert {name: where for name, where in house.classes().items() if len(where) > 1} == {}


def test_imports_stand_at_the_top_outside_the_named_doors() -> None:
    assert len(house.deferred()) <= MOST_DEFERRED


def test_every_word_of_the_glossary_is_used_and_there_are_few() -> None:
    words = re.findall(
        r"^\*\*([a-z -]+)\*\*", (DOCS / "glossary.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    code = "\n".join(path.read_text(encoding="utf-8") for path in house.modules().values()).lower()

    assert len(words) <= MOST_WORDS
    assert words == sorted(words)
    assert [word for word in words if word not in code] == []


def test_the_page_of_the_house_names_every_folder() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    folders = {path.parent.relative_to(house.ROOT).as_posix() for path in house.modules().values()}

    assert [name for name in sorted(folders - {"podsync"}) if f"{name.split('/')[-1]}/" not in page] == []


def test_comments_cite_what_is_in_the_repository() -> None:
    cited = re.compile(r"\b(?:CONTRACT|RELIABILITY|STYLE|THREATS|CASES|HOUSE)\b|\bissue \d")
    found = [
        f"{module}: {match[0]}"
        for module, path in house.modules().items()
        for match in cited.finditer(path.read_text(encoding="utf-8"))
    ]

    assert found == []


_TABLE_ROW = re.compile(r"^ {2,}([a-z_]+) {2,}\S", re.MULTILINE)


@pytest.mark.parametrize(
    "package", sorted(name for name, path in house.modules().items() if path.name == "__init__.py")
)
def test_the_table_of_a_package_lists_its_modules(package: str) -> None:
    listed = set(_TABLE_ROW.findall(ast.get_docstring(house.tree(package), clean=False) or ""))
    inside = (name.removeprefix(f"{package}.") for name in house.modules() if name.startswith(f"{package}."))

    assert listed in (set(), {name for name in inside if "." not in name})
