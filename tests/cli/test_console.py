from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from podsync.cli.app.console import Console


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("environ", "no_color", "terminal", "expected"),
    [
        ({}, False, True, True),
        ({}, False, False, False),
        ({}, True, True, False),
        ({"NO_COLOR": "1"}, False, True, False),
        ({"NO_COLOR": ""}, False, True, True),
        ({"FORCE_COLOR": "1"}, False, False, True),
        ({"FORCE_COLOR": "0"}, False, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, True, False),
        ({"FORCE_COLOR": "1"}, True, True, False),
        ({"TERM": "dumb"}, False, True, False),
    ],
)
def test_colour_is_for_terminals_and_for_those_who_ask(environ, no_color, terminal, expected):
    stream = Terminal() if terminal else io.StringIO()

    console = Console(stream, stream, environ, no_color=no_color)

    assert console.out_color is expected
    assert console.err_color is expected


def test_colour_is_decided_for_each_stream():
    console = Console(io.StringIO(), Terminal(), {})

    assert (console.out_color, console.err_color) == (False, True)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"CI": "true"}, False), ({"CI": "false"}, True), ({"CI": ""}, True)],
)
def test_hints_are_for_people(environ, expected):
    assert Console(io.StringIO(), Terminal(), environ).hints is expected


def test_a_full_disk_is_remembered_and_raises_nothing():
    console = Console(Full(), io.StringIO(), {})

    console.result("one")
    console.result("two")

    assert console.lost is not None
    assert console.lost.strerror == "No space left on device"


def test_text_that_the_encoding_lacks_is_written_with_a_backslash():
    raw = io.BytesIO()
    console = Console(io.TextIOWrapper(raw, encoding="ascii"), io.StringIO(), {})

    console.result("4 products · 3 files \udcff")

    assert raw.getvalue() == rb"4 products \xb7 3 files \udcff" + os.linesep.encode()


def test_an_ascii_stdout_is_no_reason_to_fail(process, catalog):
    run = process("plan", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})

    assert run.code == 0, run.err
    assert r"\xb7" in run.out


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a shell")
def test_a_reader_who_leaves_is_no_fault(catalog, folder):
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        [sys.executable, "-m", "podsync", "plan"],
        stdout=writing, stderr=subprocess.PIPE, text=True, cwd=folder, check=False,
    )  # fmt: skip
    os.close(writing)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("args", [["plan"], ["--help"], ["--version"], ["validate", "-o", "json"]])
def test_a_result_that_cannot_be_written_is_a_failure(catalog, folder, args, unbuffered):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "podsync", *args], env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            stdout=full, stderr=subprocess.PIPE, text=True, cwd=folder, check=False,
        )  # fmt: skip

    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "bug" not in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="a shell of its own")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("args", ["plan -o json=plan.json", "validate", "--help"])
def test_a_stream_that_is_closed_is_listened_to_by_nobody(catalog, folder, args, closed):
    command = f'"{sys.executable}" -m podsync {args} {closed}'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, cwd=folder, check=False)

    assert done.returncode == 0
    assert "Traceback" not in done.stdout + done.stderr
