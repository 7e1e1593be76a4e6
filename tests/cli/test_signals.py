from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from podsync.cli.environment.clock import Signals, SystemClock
from podsync.model.errors import StoppedError
from podsync.sandbox import Fault

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")


def start(*args: str, cwd: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "podsync", *args],
        cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def wait_for(happened) -> None:
    deadline = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def test_a_signal_wakes_whoever_sleeps():
    with Signals() as signals:
        clock = SystemClock(lambda: signals.signal)
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError) as caught:
            clock.sleep(60)

    assert signals.signal == 15
    assert caught.value.exit_code == 143


def test_the_handlers_are_put_back():
    before = signal.getsignal(signal.SIGINT)
    with Signals():
        assert signal.getsignal(signal.SIGINT) is not before

    assert signal.getsignal(signal.SIGINT) is before


#: Moments at which Python turns the exception of a signal into another one, or drops it.
RARE = {
    "while a class is made": "type('Made', (), {'field': Field()})",
    "in a callback": "Dropped()",
    "while a text is executed": "exec('kill()')",
}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", RARE)
def test_a_signal_at_a_rare_moment_ends_the_run_like_any_other(catalog, folder, number, code, moment):
    program = f"""
import os, sys
from podsync.__main__ import run
def kill(): os.kill(os.getpid(), {number:d})
class Field:
    def __set_name__(self, owner, name): kill()
class Dropped:
    def __del__(self): kill()
class Finder:
    def find_spec(self, name, *_):
        if name == "podsync.cli.workspace":
            sys.meta_path.remove(self)
            {RARE[moment]}
sys.meta_path.insert(0, Finder())
run()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "plan"], cwd=folder, capture_output=True, text=True, check=False
    )

    assert done.returncode == code, done.stderr
    assert done.stderr == ("Interrupted.\n" if number == signal.SIGINT else "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_apply_that_is_stopped_reports_what_was_done(catalog, folder, shops, number, code):
    shops.set_rules(gelato_lag=0, latency=0.0)
    shops.add_faults(Fault("gelato", "create", "late", seconds=2))
    process = start("apply", "--auto-approve", cwd=folder)
    wait_for(lambda: shops.counts.get("gelato.create"))

    process.send_signal(number)
    out, err = process.communicate(timeout=60)

    assert process.returncode == code, err
    assert out.splitlines()[-1].startswith("Apply incomplete: ")
    assert "Stopping" in err
    assert "Traceback" not in err
    assert (folder / "podsync.state.json").exists()


def test_a_second_signal_leaves_at_once_and_nothing_is_made_twice(podsync, catalog, folder, shops):
    shops.add_faults(Fault("gelato", "create", "hang", seconds=20, commit=True))
    process = start("apply", "--auto-approve", cwd=folder)
    wait_for(lambda: shops.counts.get("gelato.create"))

    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)

    assert process.returncode == 130
    assert time.monotonic() - began < 3
    assert "1 to settle" in podsync("plan").out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 0)])
def test_the_sandbox_serves_until_it_is_stopped(folder, number, code):
    process = start("sandbox", cwd=folder)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]

    process.send_signal(number)
    _, err = process.communicate(timeout=30)

    assert process.returncode == code, err
    assert [line.split("=")[0].split()[-1] for line in lines] == [
        "KAKACLO_BASE_URL", "KAKACLO_ACCESS_TOKEN", "GELATO_BASE_URL", "GELATO_API_KEY",
    ]  # fmt: skip


def test_a_running_sandbox_is_used_by_those_beside_it(podsync, play, folder):
    process = start("sandbox", "--fault", "gelato:create:status:400", cwd=folder)
    assert process.stdout is not None
    process.stdout.readline()
    try:
        first = podsync("apply", "--auto-approve")
        second = podsync("sandbox")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)

    assert first.code == 4, first.err
    assert second.code == 1
    assert "served by another process" in second.err


def test_a_plan_that_is_terminated_leaves_no_half_file(catalog, folder):
    many = "\n---\n".join(
        (catalog / "tote.yaml").read_text().replace("tote", f"tote-{n}").replace("Test Tote", f"Tote {n}")
        for n in range(2000)
    )
    (catalog / "many.yaml").write_text(many)
    process = start("plan", "-o", "json=plan.json", cwd=folder)
    wait_for(lambda: list(folder.glob(".plan.json.*.tmp")) or process.poll() is not None)

    process.terminate()
    _, said = process.communicate(timeout=60)

    assert process.returncode in {143, 5}, said
    assert not list(folder.glob("*.tmp")) + list(folder.glob(".*.tmp"))
