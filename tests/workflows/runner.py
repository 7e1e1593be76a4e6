"""A small GitHub Actions: it executes the `run:` steps of the workflows, as the real runner would.

`uses:` is stubbed: checkout clones a bare repository at the right ref, and leaves a way to push only where
the credentials were kept and the job may write; artifacts are copied; local actions are executed step by
step. Each step is a process of its own, with real files for outputs, environment, path and summary.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Semaphore
from typing import TYPE_CHECKING, Any

import yaml

from tests.workflows.expressions import evaluate, filled

if TYPE_CHECKING:
    from tests.workflows.hub import Hub

#: What a cancelled step is given: GitHub waits 7.5 s and 2.5 s.
GRACE, LAST = 7.5, 2.5
_FILES = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")


@dataclass
class Step:
    """How a step ended. `env` is all that its process was given."""

    name: str
    code: int
    log: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """How a job ended: success, failure, cancelled or skipped."""

    id: str
    result: str = "skipped"
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    summary: str = ""

    @property
    def log(self) -> str:
        """What all steps wrote."""
        return "".join(step.log for step in self.steps)

    def __getitem__(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


@dataclass
class Run:
    """One run of a workflow; `artifacts` maps names to folders."""

    workflow: str
    event: Mapping[str, Any]
    folder: Path
    jobs: dict[str, Job] = field(default_factory=dict)
    artifacts: dict[str, Path] = field(default_factory=dict)

    def __getitem__(self, job: str) -> Job:
        return self.jobs[job]


class Runner:
    """Carries out one run on the events and secrets of `hub`."""

    def __init__(
        self,
        hub: Hub,
        run: Run,
        cancel: Callable[[], bool] = lambda: False,
        die: Callable[[], bool] = lambda: False,
    ) -> None:
        self.hub, self.run, self.cancel, self.die = hub, run, cancel, die
        self.cancelled = False

    def carry_out(self, keep: Mapping[str, Job] = {}) -> Run:
        """Run every job whose result is not kept from an earlier attempt."""
        text = self.hub.git("show", f"{self.run.event['sha']}:.github/workflows/{self.run.workflow}")
        self.workflow = yaml.load(text, yaml.BaseLoader)  # noqa: S506 (nothing but strings)
        for name, job in self.workflow["jobs"].items():
            self.run.jobs[name] = keep[name] if name in keep else self._job(name, job)
        return self.run

    def _job(self, name: str, job: Mapping[str, Any]) -> Job:
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        done = {each: self.run.jobs[each] for each in needs}
        failed = any(each.result != "success" for each in done.values())
        contexts = self._contexts(job, done)
        if not _wanted(job.get("if"), contexts, failed=failed, cancelled=self.cancelled):
            return Job(name)
        # As GitHub's page on concurrency has it: a job has its place in a group as soon as it is queued,
        # which is before anybody is asked for an approval, and keeps it until it ends.
        group = filled(job.get("concurrency", {}).get("group", ""), contexts, {})
        with self.hub.groups.setdefault(group, Semaphore()) if group else Semaphore():
            if "environment" in job and not self.hub.approve(self.run):
                return Job(name, "failure")
            return _JobRun(self, name, job, contexts).carry_out()

    def _contexts(self, job: Mapping[str, Any], done: Mapping[str, Job]) -> dict[str, Any]:
        event, fork = self.run.event, self.run.event["fork"]
        rights = job.get("permissions", self.workflow["permissions"])
        if fork:
            rights = dict.fromkeys(rights, "read")
        secrets = {} if fork else dict(self.hub.repository_secrets)
        if "environment" in job:
            name = filled(job["environment"], {"inputs": event["inputs"]}, {})
            secrets |= self.hub.secrets_of.get(name, self.hub.environment_secrets)
        needs = {each.id: {"result": each.result, "outputs": each.outputs} for each in done.values()}
        token = "token " + " ".join(f"{right}:{level}" for right, level in rights.items())
        return {
            "github": {**event["github"], "token": token, "event": event["payload"]},
            "vars": {} if fork else self.hub.variables,
            "secrets": secrets,
            "needs": needs,
            "inputs": event["inputs"],
            "rights": rights,
        }


class _JobRun:
    """One job on a machine of its own, whose disk is gone afterwards."""

    def __init__(self, runner: Runner, name: str, job: Mapping[str, Any], contexts: dict[str, Any]) -> None:
        self.runner, self.hub, self.job = runner, runner.hub, job
        self.done = Job(name, "success")
        self.disk = runner.run.folder / f"{name}-{len(list(runner.run.folder.iterdir()))}"
        self.workspace, self.temp = self.disk / "work", self.disk / "temp"
        self.workspace.mkdir(parents=True)
        self.temp.mkdir()
        self.contexts = {**contexts, "steps": {}, "runner": {"temp": str(self.temp)}}
        self.env = {k: filled(v, self.contexts, {}) for k, v in runner.workflow.get("env", {}).items()}
        self.env |= {k: filled(v, self.contexts, {}) for k, v in job.get("env", {}).items()}
        self.path: list[str] = []
        self.dead = False

    def carry_out(self) -> Job:
        self._steps(self.job["steps"], self.contexts, {})
        outputs = self.job.get("outputs", {})
        self.done.outputs = {k: filled(v, self.contexts, {}) for k, v in outputs.items()}
        shutil.rmtree(self.disk)
        self.disk.mkdir()
        return self.done

    def _steps(self, steps: list[Any], contexts: dict[str, Any], env: Mapping[str, str]) -> bool:
        """Run steps; whether all went well."""
        good = True
        for step in steps:
            cancelled = self.runner.cancelled
            if self.dead or not _wanted(step.get("if"), contexts, failed=not good, cancelled=cancelled):
                continue
            own = env | {k: filled(v, contexts, {}) for k, v in step.get("env", {}).items()}
            outputs, code = self._step(step, contexts, own)
            contexts["steps"][step.get("id", f"_{len(contexts['steps'])}")] = {"outputs": outputs}
            if code and step.get("continue-on-error") != "true":
                good = False
                self.done.result = "cancelled" if self.runner.cancelled else "failure"
        return good

    def _step(
        self, step: Any, contexts: dict[str, Any], env: Mapping[str, str]
    ) -> tuple[dict[str, str], int]:
        uses = step.get("uses", "").partition("@")[0]
        given = {k: filled(v, contexts, {}) for k, v in step.get("with", {}).items()}
        if not uses:
            return self._script(step, contexts, env)
        if uses.startswith("./"):
            return self._composite(self.workspace / uses, given, env)
        stubs: dict[str, Callable[[Mapping[str, str]], int]] = {
            "actions/checkout": self._checkout,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
            "actions/setup-python": lambda _given: 0,
        }
        return {}, stubs[uses](given)

    def _composite(
        self, folder: Path, given: Mapping[str, str], env: Mapping[str, str]
    ) -> tuple[dict[str, str], int]:
        action = yaml.load((folder / "action.yml").read_text(), yaml.BaseLoader)  # noqa: S506
        unknown = set(given) - set(action["inputs"])
        assert unknown == set(), f"{folder.name} has no such inputs"
        inputs = {name: given.get(name, told.get("default", "")) for name, told in action["inputs"].items()}
        self.env["GITHUB_ACTION_PATH"] = str(folder)
        inner = {**self.contexts, "inputs": inputs, "steps": {}, "secrets": {}, "needs": {}}
        good = self._steps(action["runs"]["steps"], inner, env)
        outputs = {k: filled(v["value"], inner, {}) for k, v in action["outputs"].items()}
        return outputs, 0 if good else 1

    def _script(
        self, step: Any, contexts: dict[str, Any], env: Mapping[str, str]
    ) -> tuple[dict[str, str], int]:
        name = step.get("name", "?")
        files = {each: self.temp / f"{each}-{len(self.done.steps)}" for each in _FILES}
        for key, file in files.items():
            if (name, key) in self.hub.unwritable:
                file.mkdir()  # even the superuser cannot write to it
            else:
                file.touch()
        script = self.temp / f"step-{len(self.done.steps)}.sh"
        script.write_text(step["run"])
        shell = ["--noprofile", "--norc", "-eo", "pipefail"] if step.get("shell") == "bash" else ["-e"]
        given = {**self.hub.machine(contexts, self.temp, self.path), **self.env, **env}
        given |= {each: str(file) for each, file in files.items()}
        folder = self.workspace / filled(step.get("working-directory", "."), contexts, {})
        code, log = self._process(["bash", *shell, str(script)], given, folder)
        self.done.steps.append(Step(name, code, log, given))
        self.done.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        self.env |= _pairs(files["GITHUB_ENV"])
        self.path += files["GITHUB_PATH"].read_text().splitlines()
        return _pairs(files["GITHUB_OUTPUT"]), code

    def _process(self, words: list[str], env: Mapping[str, str], folder: Path) -> tuple[int, str]:
        log = self.temp / "log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                words, env=dict(env), cwd=folder, stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
            while process.poll() is None:
                if not self.runner.cancelled and self.runner.cancel():
                    self.runner.cancelled = True
                    _end(process)
                if not self.dead and self.runner.die():
                    self.dead = True  # the whole machine is gone, with its disk
                    os.killpg(process.pid, signal.SIGKILL)
                time.sleep(0.01)
        return process.returncode, log.read_text(errors="replace")

    def _checkout(self, given: Mapping[str, str]) -> int:
        event, git = self.runner.run.event, self.hub.git
        assert given["fetch-depth"] == "0", "with less the state's branch would not be there"
        git("clone", "--quiet", "--no-checkout", str(self.hub.origin), str(self.workspace), folder=self.disk)
        work = self.workspace
        if re.fullmatch("[0-9a-f]{40}", given.get("ref", "")):
            git("checkout", "--quiet", "--detach", given["ref"], folder=work)
        elif given.get("ref"):
            git("checkout", "--quiet", "-B", given["ref"], f"origin/{given['ref']}", folder=work)
        else:
            git("fetch", "--quiet", "origin", event["sha"], folder=work)
            git("checkout", "--quiet", "--detach", event["sha"], folder=work)
        nowhere = str(self.disk / "no-credentials")
        if given.get("persist-credentials", "true") != "true":
            git("remote", "set-url", "origin", nowhere, folder=work)
        elif self.contexts["rights"].get("contents") != "write":
            git("remote", "set-url", "--push", "origin", nowhere, folder=work)
        return 0

    def _upload(self, given: Mapping[str, str]) -> int:
        named = [Path(line) for line in given["path"].split()]
        inside = (file for path in named if path.is_dir() for file in sorted(path.iterdir()))
        found = [path for path in (*named, *inside) if path.is_file()]
        if not found:
            return int(given.get("if-no-files-found") == "error")
        alone = given.get("archive") == "false"
        name = found[0].name if alone else given["name"]
        assert not (alone and (len(found) > 1 or "name" in given)), (
            "archive: false takes one file, and its name"
        )
        target = self.runner.run.folder.parent / f"{self.runner.run.folder.name}-artifacts" / name
        if target.exists() and given.get("overwrite") != "true":
            return 1
        target.mkdir(parents=True, exist_ok=True)
        for file in found:
            shutil.copy(file, target)
        self.runner.run.artifacts[name] = target
        return 0

    def _download(self, given: Mapping[str, str]) -> int:
        source = self.runner.run.artifacts.get(given["name"])
        if source is None:
            return 1
        shutil.copytree(source, given["path"])
        return 0


def _wanted(condition: str | None, contexts: Mapping[str, Any], *, failed: bool, cancelled: bool) -> bool:
    """Whether a job or a step runs: without a word on it, only after a success."""
    functions = {
        "always": lambda: True,
        "cancelled": lambda: cancelled,
        "failure": lambda: failed and not cancelled,
        "success": lambda: not failed and not cancelled,
    }
    text = condition or "success()"
    status = any(f"{name}(" in text for name in functions)
    return bool(evaluate(text, contexts, functions)) and (status or functions["success"]())


def _end(process: subprocess.Popen[bytes]) -> None:
    """Cancel as GitHub does: the entry process alone hears of it."""
    for sent, patience in ((signal.SIGINT, GRACE), (signal.SIGTERM, LAST)):
        process.send_signal(sent)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        return
    process.kill()


def _pairs(file: Path) -> dict[str, str]:
    lines = [] if file.is_dir() else file.read_text().splitlines()
    assert all("=" in line and "<<" not in line for line in lines), "an output of several lines"
    return dict(line.split("=", 1) for line in lines)


def event_file(folder: Path, payload: Mapping[str, Any]) -> str:
    """Write what `GITHUB_EVENT_PATH` names."""
    path = folder / "event.json"
    path.write_text(json.dumps(payload))
    return str(path)


def machine(bin_folder: Path, temp: Path) -> dict[str, str]:
    """Return the environment that every runner has: nothing of whoever runs the tests."""
    home = temp / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home), "LANG": "C.UTF-8", "CI": "true", "GITHUB_ACTIONS": "true",
        "RUNNER_TEMP": str(temp), "RUNNER_OS": "Linux",
    }  # fmt: skip
