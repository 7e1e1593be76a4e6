"""What a release of podsync itself is made of: built here, as its workflow builds it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from podsync import __version__

ROOT = Path(__file__).parent.parent.parent
LOCK = ROOT / "podsync" / "cli" / "github" / "requirements.txt"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def locked():
    """Return the versions in the lock, each with the hashes of its files."""
    parts = re.split(r"^(?=[a-z0-9])", LOCK.read_text(), flags=re.MULTILINE)
    return {part.partition("==")[0]: part.count("--hash=sha256:") for part in parts if "==" in part}


def names(requirements):
    """Return the names of requirements as an index has them."""
    return {re.split(r"[^A-Za-z0-9._-]", text, maxsplit=1)[0].lower() for text in requirements}


def test_the_lock_has_everything_that_is_needed_and_nothing_without_a_hash():
    needed = names([*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]])

    assert needed - set(locked()) == set()
    assert [name for name, hashes in locked().items() if not hashes] == []


def test_every_imported_package_is_declared():
    """Imports of podsync itself, by a reader of Python: what comes with something else may go with it."""
    found = set()
    for path in (ROOT / "podsync").rglob("*.py"):
        for line in re.findall(r"^\s*(?:from|import) ([a-zA-Z_]\w*)", path.read_text(), re.MULTILINE):
            found.add(line)
    ours = found - set(sys.stdlib_module_names) - {"podsync"}
    called = {"yaml": "pyyaml"}
    extras = [text for extra in ("postgres",) for text in PROJECT["project"]["optional-dependencies"][extra]]
    declared = names([*PROJECT["project"]["dependencies"], *extras])

    assert {name for name in ours if called.get(name, name) not in declared and _installed(name)} == set()


def _installed(name):
    """Whether a word after `import` names a package: docstrings have such lines, too."""
    from importlib.util import find_spec

    return find_spec(name) is not None


@pytest.fixture
def release(tmp_path):
    """Make a clone with the files of this checkout, and return what `.ci/release` says of a tag there."""
    if shutil.which("git") is None or shutil.which("bash") is None:
        pytest.skip("needs git and bash")
    pytest.importorskip("hatchling")
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"] + ["pyproject.toml"]:
        if name == "tests":
            continue
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, clone / name)
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")} | {"PYTHON": sys.executable}
    env |= {f"GIT_{role}_{what}": "a@b" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}

    def run(tag, heading=__version__, **more):
        text = f"# Changelog\n\n## [Unreleased]\n\n## [{heading}] - 2026-01-01\n"
        (clone / "CHANGELOG.md").write_text(text)
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "x"]):
            subprocess.run(["git", *words], cwd=clone, env=env, check=True, capture_output=True)
        done = subprocess.run(
            [str(clone / ".ci" / "release"), tag], env=env | more, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr, clone

    return run


def test_a_release_is_built_twice_the_same_and_tells_its_hashes(release):
    code, told, clone = release(f"v{__version__}")

    assert code == 0, told
    assert len(re.findall(r"^podsync-\S+  --hash=sha256:[0-9a-f]{64}$", told, re.MULTILINE)) == 2
    listed = json.loads((clone / "sbom.cdx.json").read_text())
    assert {part["name"] for part in listed["components"]} == set(locked())
    (own,) = listed["dependencies"]
    assert "pkg:pypi/hatchling@" not in " ".join(own["dependsOn"])


@pytest.mark.parametrize("repository", ["acme/podsync", "", 'a/b"\nx = "'])
def test_a_release_names_the_repository_that_makes_it(release, repository):
    code, told, clone = release(f"v{__version__}", GITHUB_REPOSITORY=repository)

    assert code == 0, told
    (wheel,) = (clone / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as inside:
        (name,) = (each for each in inside.namelist() if each.endswith("/METADATA"))
        metadata = inside.read(name).decode()
    urls = re.findall(r"^Project-URL: (.+)$", metadata, re.MULTILINE)
    home = "https://github.com/acme/podsync"
    wanted = [
        f"Changelog, {home}/blob/v{__version__}/CHANGELOG.md",
        f"Issues, {home}/issues",
        f"Repository, {home}",
    ]
    assert sorted(urls) == (wanted if repository == "acme/podsync" else [])


@pytest.mark.parametrize(
    ("tag", "heading"), [("v9.9.9", __version__), (f"v{__version__}", "9.9.9"), ("x", "x")]
)
def test_a_tag_that_is_not_the_version_and_the_heading_is_refused(release, tag, heading):
    code, told, clone = release(tag, heading)

    assert code == 1
    assert f"The tag is {tag}, but" in told
    assert not (clone / "dist").exists()
