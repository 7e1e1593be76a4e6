"""A repository on a small GitHub: branches, pull requests, variables, secrets, runs."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from threading import Semaphore
from typing import Any

from podsync.sandbox import Sandbox
from tests.workflows import runner
from tests.workflows.runner import Run, Runner

NAME = "shop/catalog"
TOKEN, KEY, OTHER = "canary-kakaclo-6f1e77", "canary-gelato-91ac02", "canary-repository-33d0b8"
CANARIES = (TOKEN, KEY, OTHER)
_PROGRAMS = {
    # A release is not installed anew for each job: the runner has this checkout's.
    # pip is looked for all the same, with the words before its name: a pip.py of the checkout would be, too.
    "python": '#!/bin/sh\ncase "$*" in\n'
    '"-I -m pip install "*) echo "$@" >>"$0.log"; exec {python} -I -c "import pip" ;;\n'
    '"-m pip install "*) echo "$@" >>"$0.log"; exec {python} -c "import pip" ;;\n'
    'esac\nexec {python} "$@"\n',
    # As the script of an installation: the folder that it is called in is no place to import from.
    "podsync": '#!/bin/sh\nexec {python} -P -m podsync "$@"\n',
    "gh": '#!/bin/sh\nexec {python} -IS {gh} "$@"\n',
}


class Hub:
    """See the module. `approve` is asked before a job that names an environment."""

    def __init__(self, folder: Path, shops: Sandbox) -> None:
        self.folder, self.shops = folder, shops
        self.origin, self.clone, self.bin = folder / "origin.git", folder / "clone", folder / "bin"
        self.groups: dict[str, Semaphore] = {}
        self.variables = {
            "KAKACLO_BASE_URL": shops.url_of("kakaclo"),
            "GELATO_BASE_URL": shops.url_of("gelato"),
        }
        self.environment_secrets = {"KAKACLO_ACCESS_TOKEN": TOKEN, "GELATO_API_KEY": KEY}
        #: Those of an environment that has other ones.
        self.secrets_of: dict[str, Mapping[str, str]] = {}
        self.repository_secrets = {"OTHER": OTHER}
        self.approve: Callable[[Run], bool] = lambda _run: True
        #: (name of a step, which of its files): as on a disk that is full.
        self.unwritable: set[tuple[str, str]] = set()
        self._numbers = count(1)
        self._home = folder / "home"
        self.forge = folder / "gh.json"

    def begin(self) -> None:
        """Make the machine's programs, and a repository with one empty commit."""
        for place in (self.clone, self.bin, self._home):
            place.mkdir()
        for name, text in _PROGRAMS.items():
            path = self.bin / name
            path.write_text(text.format(python=sys.executable, gh=Path(__file__).parent / "gh.py"))
            path.chmod(path.stat().st_mode | stat.S_IXUSR)
        empty: dict[str, Any] = {"calls": [], "comments": [], "issues": [], "settings": {}, "secrets": {}}
        self.forge.write_text(json.dumps(empty))
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(self.origin), folder=self.folder)
        self.git("clone", "--quiet", str(self.origin), str(self.clone), folder=self.folder)
        self.git("commit", "--quiet", "--allow-empty", "--message", "main: begin")

    def git(self, *words: str, folder: Path | None = None) -> str:
        """Run git, in the clone of a person."""
        person = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(
            ["git", *person, *words], cwd=folder or self.clone, capture_output=True, text=True, check=False,
            env={"PATH": runner.machine(self.bin, self._home)["PATH"], "HOME": str(self._home)},
        )  # fmt: skip
        assert done.returncode == 0, f"git {words}: {done.stderr}"
        return done.stdout.strip()

    def known(self) -> dict[str, Any]:
        """Return what `gh` has done: comments, issues, settings, secrets."""
        found: dict[str, Any] = json.loads(self.forge.read_text())
        return found

    # -- what people do

    def commit(self, branch: str, files: Mapping[str, str | None], *, base: str = "main") -> str:
        """Put files (None: remove) on a branch, and push it; returns the commit."""
        if base != branch:
            self.git("checkout", "--quiet", "-B", branch, base)
        else:
            self.git("checkout", "--quiet", branch)
        for name, text in files.items():
            path = self.clone / name
            if text is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"{branch}: {', '.join(files)}"[:60])
        self.git("push", "--quiet", "--force", "origin", branch)
        return self.git("rev-parse", "HEAD")

    def pull(self, branch: str, *, fork: bool = False, number: int = 1, workflow: str = "plan.yml") -> Run:
        """Open or renew a pull request: the workflow runs on the merge of it."""
        head = self.git("rev-parse", branch)
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--no-edit", branch)
        merged = self.git("rev-parse", "HEAD")
        self.git("push", "--quiet", "--force", "origin", f"HEAD:refs/pull/{number}/merge")
        repository = {"full_name": "stranger/catalog" if fork else NAME}
        told = {"number": number, "head": {"sha": head, "repo": repository}, "user": {"login": "ada"}}
        return self.start(workflow, "pull_request", merged, {"pull_request": told}, fork=fork)

    def merge(self, branch: str) -> str:
        """Merge a branch into main, and return the commit; nothing is started."""
        self.git("checkout", "--quiet", "main")
        self.git("merge", "--quiet", "--no-ff", "--no-edit", branch)
        self.git("push", "--quiet", "origin", "main")
        return self.git("rev-parse", "HEAD")

    # -- runs

    def start(
        self,
        workflow: str,
        name: str,
        sha: str,
        payload: Mapping[str, Any] = {},
        *,
        fork: bool = False,
        inputs: Mapping[str, str] = {},
        cancel: Callable[[], bool] = lambda: False,
        die: Callable[[], bool] = lambda: False,
    ) -> Run:
        """Carry a workflow out for an event; `cancel` and `die` say when somebody does, or the machine."""
        number = next(self._numbers)
        folder = self.folder / f"run-{number}"
        folder.mkdir()
        github = {
            "ref": f"refs/{name}/{number}", "event_name": name, "sha": sha, "repository": NAME,
            "actor": "ada",
            "run_id": str(number), "server_url": "https://github.example",
        }  # fmt: skip
        event = {"sha": sha, "fork": fork, "inputs": inputs, "payload": payload, "github": github}
        return Runner(self, Run(workflow, event, folder), cancel, die).carry_out()

    def push(self, sha: str, **ends: Callable[[], bool]) -> Run:
        """Carry out what a push to main starts; `ends`: `cancel` or `die`."""
        return self.start("apply.yml", "push", sha, **ends)  # type: ignore[arg-type]

    def rerun_failed(self, run: Run) -> Run:
        """Press "Re-run failed jobs": what passed is kept, with its outputs."""
        good = {name: job for name, job in run.jobs.items() if job.result == "success"}
        keep = {} if "report" in good and len(good) == len(run.jobs) else good
        # It depends on the job that failed.
        keep = {name: job for name, job in keep.items() if not name.startswith("report")}
        again = Run(run.workflow, run.event, run.folder, artifacts=dict(run.artifacts))
        return Runner(self, again).carry_out(keep)

    def machine(self, contexts: Mapping[str, Any], temp: Path, path: list[str]) -> dict[str, str]:
        """Return the environment of a step, before what the workflow adds."""
        told = {
            f"GITHUB_{key.upper()}": value
            for key, value in contexts["github"].items()
            if isinstance(value, str)
        }
        told.pop("GITHUB_TOKEN")
        told |= runner.machine(self.bin, temp)
        told["PATH"] = ":".join([*reversed(path), told["PATH"]])
        event = runner.event_file(temp, contexts["github"]["event"])
        return told | {"GITHUB_EVENT_PATH": event, "FAKE_GH": str(self.forge)}
