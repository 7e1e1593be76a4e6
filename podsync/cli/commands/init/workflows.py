"""The files of `init --ci github`: templates, and the values that fill them.

This repository's own workflows are the same templates with other values; a test compares them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from textwrap import indent

from podsync.providers.registry import kinds, plugins

_TEMPLATES = Path(__file__).parents[2] / "github"
_ACTION = Path(".github", "actions", "podsync")
#: Each catalog of a repository has its own workflows.
_WORKFLOWS = ("plan.yml", "apply.yml", "drift.yml", "podsync-repair.yml")
#: Template -> its path from the repository's root; all catalogs share these.
_SHARED = {
    "action.yml": _ACTION / "action.yml",
    "requirements.txt": _ACTION / "requirements.txt",
    "CODEOWNERS": Path(".github", "CODEOWNERS"),
    "dependabot.yml": Path(".github", "dependabot.yml"),
}
_SETUP = "podsync-setup.sh"
#: The names of GitHub environments with keys for looking begin with this.
_DRIFT = "podsync-drift"
#: Placeholders for one provider.
_OF_PROVIDER = "@@(INPUT|KEY|URL|TITLE|EACH)@@"
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
#: A branch's name without characters that mean something to a shell, to YAML or to a filter.
BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
#: A folder's name without GitHub expressions and line ends.
FOLDER = re.compile(r"(?!.*\$\{\{)[^\x00-\x1f\x7f-\x9f\u2028\u2029]*")


@dataclass(frozen=True)
class Parameters:
    """What differs between repositories.

    `install` is what pip installs (see `podsync.cli.commands.init.installed`), or `.` for a checkout of
    podsync. `folder` holds `podsync.yaml`, relative to the repository's root, and matches FOLDER; `branch` is
    the default branch and matches BRANCH. `sandbox` is a GitHub expression. `state_branch` holds the state;
    "" is the folder's own branch. `environments` are pairs of name and state branch, in the order in which
    they are applied.
    """

    install: str
    folder: str = "."
    branch: str = "main"
    sandbox: str = '"false"'
    state_branch: str = ""
    environments: tuple[tuple[str, str], ...] = ()

    @property
    def suffix(self) -> str:
        """The suffix that keeps this catalog's workflows, environments and branches apart from others'."""
        return "" if self.folder == "." else f"-{_slug(self.folder)}"

    @property
    def state(self) -> str:
        """The branch that holds the state."""
        return self.state_branch or f"podsync-state{self.suffix}"

    @property
    def places(self) -> tuple[str, ...]:
        """The GitHub environments that hold the keys."""
        names = [name for name, _ in self.environments] or ["production"]
        return tuple(f"{name}{self.suffix}" for name in names)

    @property
    def drift_places(self) -> tuple[str, ...]:
        """The GitHub environments without reviewers, whose keys are for looking."""
        names = [f"-{name}" for name, _ in self.environments] or [""]
        return tuple(f"{_DRIFT}{name}{self.suffix}" for name in names)

    @property
    def setup(self) -> Path:
        """The path of the script that sets GitHub up."""
        return Path(".github", f"podsync-setup{self.suffix}.sh")


#: podsync's own repository: a demonstration until the variable is set.
OWN = Parameters(install=".", sandbox="${{ !vars.PODSYNC_APPLY }}")


def workflow_files(parameters: Parameters) -> Iterator[tuple[Path, str]]:
    """Yield each file with its path from the repository's root."""
    values = _values(parameters)
    places = {name: _workflow(name, parameters.suffix) for name in _WORKFLOWS}
    for name, place in {**places, **_SHARED, _SETUP: parameters.setup}.items():
        text = _for_each_environment((_TEMPLATES / name).read_text(encoding="utf-8"), parameters)
        text = _for_each_provider(text)
        yield place, re.sub("@@[A-Z]+@@", lambda mark: values[mark[0]], text)


def _for_each_environment(text: str, parameters: Parameters) -> str:
    """Repeat the blocks `#@@JOBS` and `#@@ENVIRONMENT` for each environment, or once if there is none.

    A block `#@@WITH` stays only with environments, `#@@WITHOUT` only without.
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
    """Yield the template's values for each environment, or one set without a name."""
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


#: An environment is planned once the one before it is applied, or has nothing to do.
_AFTER = """\
needs: [plan-{before}, apply-{before}]
# Only where {before} is complete: all of it was applied, or there was nothing to do.
if: >-
  ${{{{ !cancelled() && needs.plan-{before}.result == 'success'
  && (needs.plan-{before}.outputs.changes == '0' || needs.apply-{before}.outputs.exit-code == '0') }}}}
"""


def _for_each_provider(text: str) -> str:
    """Repeat adjacent lines with placeholders of a provider for each provider."""
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
    """Return what owners must approve, as patterns of CODEOWNERS; unusual characters become `?`."""
    inside = "" if folder == "." else "/" + re.sub(r"[^\w./-]", "?", folder, flags=re.ASCII)
    own = [f"{inside}/{name}" for name in ("podsync.yaml", ".podsync", "schemas/", "*.py")]
    return ["/.github/", *own, *(["/*.py"] if inside else [])]


def _values(parameters: Parameters) -> dict[str, str]:
    suffix, folder = parameters.suffix, parameters.folder
    names = [name for name, _ in parameters.environments]
    steps = [step for info in plugins().values() for step in info.steps]

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
        "@@STEP@@": next(iter(steps)),
        "@@STEPS@@": ", ".join(dict.fromkeys(steps)),
        "@@GUARDED@@": " ".join(f"'{place}'" for place in guarded(folder)),
    }


def _workflow(name: str, suffix: str) -> Path:
    stem = name.removesuffix(".yml")
    named = f"podsync-{stem.removeprefix('podsync-')}{suffix}.yml" if suffix else name
    return Path(".github", "workflows", named)


def _slug(folder: str) -> str:
    """Return a name of plain characters that is unique to the folder, whatever the case.

    GitHub ignores case in the names of environments.
    """
    if _PLAIN.fullmatch(folder):
        return folder
    plain = re.sub(r"[^A-Za-z0-9]+", "-", folder).strip("-")[:40]
    return f"{plain or 'catalog'}-{sha256(folder.encode()).hexdigest()[:6]}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
