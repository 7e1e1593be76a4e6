"""The files of `init --ci github`: templates beside this module, and what is put into them.

This repository's own workflows are the same templates with other values; a test holds them together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent

from podsync.providers.registry import kinds, plugins

_TEMPLATES = Path(__file__).parents[2] / "github"
_ACTION = Path(".github", "actions", "podsync")
#: A catalog in a folder has workflows of its own.
_WORKFLOWS = ("plan.yml", "apply.yml", "drift.yml", "podsync-repair.yml")
#: Template -> where it goes, from the root of the repository; one for all its catalogs.
_SHARED = {
    "action.yml": _ACTION / "action.yml",
    "requirements.txt": _ACTION / "requirements.txt",
    "CODEOWNERS": Path(".github", "CODEOWNERS"),
    "dependabot.yml": Path(".github", "dependabot.yml"),
}
_SETUP = "podsync-setup.sh"
#: Environments of GitHub with keys for looking begin so.
_DRIFT = "podsync-drift"
#: What a template says of one provider.
_OF_PROVIDER = "@@(INPUT|KEY|URL|TITLE|EACH)@@"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
#: What may stand in a branch's name here: nothing that means something to a shell, to YAML or to a filter.
BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
#: What may stand in a folder's name: no expression of GitHub's, no end of a line.
FOLDER = re.compile(r"(?!.*\$\{\{)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")


@dataclass(frozen=True)
class Parameters:
    """What differs from repository to repository.

    `install` is what `pip` is to install (see `podsync.cli.commands.init.installed`), or `.` for a checkout
    of podsync. `folder` is where `podsync.yaml` is, from the repository's root, and matches FOLDER; `branch`,
    the default branch, matches BRANCH. `sandbox` is an expression of GitHub Actions. `state_branch` holds the
    state; "" stands for the folder's own. `environments` of the settings come with the branch of their state,
    in the order in which they are applied.
    """

    install: str
    folder: str = "."
    branch: str = "main"
    sandbox: str = '"false"'
    state_branch: str = ""
    environments: tuple[tuple[str, str], ...] = ()

    @property
    def suffix(self) -> str:
        """Return what tells the names of this catalog's workflows, environment and branch from others'."""
        return "" if self.folder == "." else f"-{_slug(self.folder)}"

    @property
    def state(self) -> str:
        """Return the branch that holds the state."""
        return self.state_branch or f"podsync-state{self.suffix}"

    @property
    def places(self) -> tuple[str, ...]:
        """Return the environments of GitHub that hold the keys."""
        names = [name for name, _ in self.environments] or ["production"]
        return tuple(f"{name}{self.suffix}" for name in names)

    @property
    def drift_places(self) -> tuple[str, ...]:
        """Return the environments of GitHub that ask nobody: their keys are for looking."""
        names = [f"-{name}" for name, _ in self.environments] or [""]
        return tuple(f"{_DRIFT}{name}{self.suffix}" for name in names)

    @property
    def setup(self) -> Path:
        """Return where the script is that sets GitHub up."""
        return Path(".github", f"podsync-setup{self.suffix}.sh")


#: podsync's own repository: a demonstration, until somebody sets the variable.
OWN = Parameters(install=".", sandbox="${{ !vars.PODSYNC_APPLY }}")


def workflow_files(parameters: Parameters) -> Iterator[tuple[Path, str]]:
    """Yield each file, its place counted from the repository's root."""
    values = _values(parameters)
    places = {name: _workflow(name, parameters.suffix) for name in _WORKFLOWS}
    for name, place in {**places, **_SHARED, _SETUP: parameters.setup}.items():
        text = _for_each_environment((_TEMPLATES / name).read_text(encoding="utf-8"), parameters)
        text = _for_each_provider(text)
        yield place, re.sub("@@[A-Z]+@@", lambda mark: values[mark[0]], text)


def _for_each_environment(text: str, parameters: Parameters) -> str:
    """Repeat the blocks `#@@JOBS` and `#@@ENVIRONMENT` for every one, once where there is none.

    A block `#@@WITH` stands only where there are some, `#@@WITHOUT` where there is none.
    """

    def condition(match: re.Match[str]) -> str:
        return match[2] if bool(parameters.environments) == (match[1] == "WITH") else ""

    def block(match: re.Match[str]) -> str:
        between = "\n" if match[1] == "JOBS" else ""
        return between.join(_of_environment(match[2], words) for words in _environments(parameters))

    text = re.sub(r"#@@(WITH|WITHOUT)\n(.*?)#@@FI\n", condition, text, flags=re.DOTALL)
    return re.sub(r"#@@(JOBS|ENVIRONMENT)\n(.*?)#@@END\n", block, text, flags=re.DOTALL)


def _of_environment(text: str, words: Mapping[str, str]) -> str:
    text = re.sub("( *)@@AFTER@@\n", lambda line: indent(words["AFTER"], line[1]), text)
    return re.sub("@@([A-Z]+)@@", lambda mark: words.get(mark[1], mark[0]), text)


def _environments(parameters: Parameters) -> Iterator[dict[str, str]]:
    """Yield what a template says of each environment; of none, what it says without."""
    before = ""
    for name, place in zip(
        [name for name, _ in parameters.environments] or [""], parameters.places, strict=True
    ):
        after = f"plan-{before}" if before else ""
        yield {
            "JOB": f"-{name}" if name else "",
            "NAMED": f" of {name}" if name else "",
            "FOR": f" for {name}" if name else "",
            "TO": f" to {name}" if name else "",
            "ENV": _quoted(name),
            "PLACE": place,
            "DRIFT": f"{_DRIFT}{f'-{name}' if name else ''}{parameters.suffix}",
            "REF": f"${{{{ needs.{after}.outputs.commit }}}}" if after else _quoted(parameters.branch),
            "AFTER": _AFTER.format(before=before) if before else "",
        }
        before = name


#: An environment is planned where the one before it is complete: applied, or with nothing to do.
_AFTER = """\
needs: [plan-{before}, apply-{before}]
# Only where {before} is complete: all of it was applied, or there was nothing to do.
if: >-
  ${{{{ !cancelled() && needs.plan-{before}.result == 'success'
  && (needs.plan-{before}.outputs.changes == '0' || needs.apply-{before}.outputs.exit-code == '0') }}}}
"""


def _for_each_provider(text: str) -> str:
    """Repeat the lines that stand together and name something of a provider, for every one."""
    providers = [
        {
            "INPUT": info.key_variable.lower().replace("_", "-"), "KEY": info.key_variable,
            "URL": info.url_variable, "TITLE": info.title, "EACH": "",
        }
        for info in plugins().values()
    ]  # fmt: skip

    def of_one(lines: str, words: Mapping[str, str]) -> str:
        return re.sub(_OF_PROVIDER, lambda mark: words[mark[1]], lines)

    return re.sub(
        f"(?:.*{_OF_PROVIDER}.*\n)+",
        lambda lines: "".join(of_one(lines[0], words) for words in providers),
        text,
    )


def guarded(folder: str) -> list[str]:
    """Return what owners have to agree to, as patterns of CODEOWNERS; an awkward character is any one."""
    inside = "" if folder == "." else "/" + re.sub(r"[^\w./-]", "?", folder, flags=re.ASCII)
    own = [f"{inside}/{name}" for name in ("podsync.yaml", ".podsync", "schemas/", "*.py")]
    return ["/.github/", *own, *(["/*.py"] if inside else [])]


def _values(parameters: Parameters) -> dict[str, str]:
    suffix, folder = parameters.suffix, parameters.folder
    names = [name for name, _ in parameters.environments]

    def of_plans(field: str) -> str:
        return " ".join(f"${{{{ needs.plan-{name}.{field} }}}}" for name in names)

    return {
        "@@INSTALL@@": parameters.install,
        "@@FOLDER@@": _quoted(folder),
        "@@BRANCH@@": parameters.branch,
        "@@SANDBOX@@": parameters.sandbox,
        "@@SUFFIX@@": suffix,
        "@@LABEL@@": f" ({suffix[1:]})" if suffix else "",
        "@@MARK@@": suffix[1:] or ".",
        "@@STATES@@": " ".join([state for _, state in parameters.environments] or [parameters.state]),
        "@@PLACES@@": " ".join(parameters.places),
        "@@DRIFTS@@": " ".join(parameters.drift_places),
        "@@CHOSEN@@": f"${{{{ inputs.environment }}}}{suffix}" if names else parameters.places[0],
        "@@NAMES@@": ", ".join(names),
        "@@PLANS@@": ", ".join(f"plan-{name}" for name in names),
        "@@CHANGES@@": of_plans("outputs.changes"),
        "@@CODES@@": of_plans("outputs.exit-code"),
        "@@RESULTS@@": of_plans("result"),
        "@@KEYS@@": " ".join(info.key_variable for info in plugins().values()),
        "@@KIND@@": next(iter(kinds())),
        "@@GUARDED@@": " ".join(f"'{place}'" for place in guarded(folder)),
    }


def _workflow(name: str, suffix: str) -> Path:
    stem = name.removesuffix(".yml")
    named = f"podsync-{stem.removeprefix('podsync-')}{suffix}.yml" if suffix else name
    return Path(".github", "workflows", named)


def _slug(folder: str) -> str:
    """Return a name of plain characters; two folders never have the same one, by whatever case.

    GitHub takes the names of environments without regard to case.
    """
    if _PLAIN.fullmatch(folder):
        return folder
    from hashlib import sha256

    plain = re.sub(r"[^A-Za-z0-9]+", "-", folder).strip("-")[:40]
    return f"{plain or 'catalog'}-{sha256(folder.encode()).hexdigest()[:6]}"


def _quoted(text: str) -> str:
    """Return a text as YAML's double quotes take it."""
    import json

    return json.dumps(text, ensure_ascii=False)
