"""Products that outlive the process."""

import json
import os
import subprocess
import sys

import pytest

from podsync.sandbox import Sandbox, SandboxBusyError, SandboxDataError

SERVE_AND_DIE = """
import os, sys
from pathlib import Path
from podsync.sandbox import Sandbox
sandbox = Sandbox(data=Path(sys.argv[1])).start()
sandbox.create_by_hand("kakaclo", {"modelId": "1", "enName": "A", "imageUrl": "u", "colorValue": "c"})
os._exit(9)
"""


def test_products_changes_and_removals_are_there_after_a_restart(serve, client, tmp_path):
    with Sandbox(data=tmp_path) as first:
        kakaclo, gelato = client(first, "kakaclo"), client(first, "gelato")
        kakaclo.create(enName="Kept")
        kakaclo.create(enName="Removed")
        product_id = gelato.create().json()["id"]
        gelato.patch(product_id, name="Renamed")
        first.delete("kakaclo", first.products("kakaclo")[1]["id"])
        before = first.products("kakaclo"), first.products("gelato")

    second = serve(data=tmp_path)

    assert (second.products("kakaclo"), second.products("gelato")) == before
    assert client(second, "gelato").names(search="renamed") == ["Renamed"]


def test_numbers_are_never_given_twice(serve, client, tmp_path):
    with Sandbox(data=tmp_path) as first:
        made = first.create_by_hand("kakaclo", client(first, "kakaclo").spec())
        first.delete("kakaclo", made["id"])
    second = serve(data=tmp_path)

    again = second.create_by_hand("kakaclo", client(second, "kakaclo").spec())

    assert again["id"] == made["id"] + 1


def test_an_unfinished_last_line_is_cut_off_and_what_follows_is_whole(serve, client, tmp_path):
    with Sandbox(data=tmp_path) as first:
        for name in ("A", "B"):
            first.create_by_hand("kakaclo", client(first, "kakaclo").spec(enName=name))
    file = tmp_path / "products.jsonl"
    whole = file.read_bytes()
    end_of_first = whole.index(b"\n") + 1

    for cut in (end_of_first, end_of_first + 1, len(whole) - 1):
        file.write_bytes(whole[:cut])
        with Sandbox(data=tmp_path) as again:
            assert [item["enName"] for item in again.products("kakaclo")] == ["A"]
            again.create_by_hand("kakaclo", client(again, "kakaclo").spec(enName="C"))
        with Sandbox(data=tmp_path) as last:
            assert [item["enName"] for item in last.products("kakaclo")] == ["A", "C"]


@pytest.mark.parametrize("line", [b"not json\n", b"[]\n", b'{"shop": "kakaclo"}\n'])
def test_a_line_of_something_else_is_refused_and_left_alone(tmp_path, line):
    file = tmp_path / "products.jsonl"
    file.write_bytes(line)

    with pytest.raises(SandboxDataError):
        Sandbox(data=tmp_path).start()
    assert file.read_bytes() == line


def test_a_second_process_is_told_where_the_first_serves(serve, tmp_path):
    first = serve(data=tmp_path)

    with pytest.raises(SandboxBusyError, match="another process") as raised:
        Sandbox(data=tmp_path).start()
    assert raised.value.url == first.url


def test_a_process_that_dies_leaves_its_products_and_no_lock(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", SERVE_AND_DIE, str(tmp_path)]
    died = subprocess.run(command, env=environment, timeout=60, check=False)

    with Sandbox(data=tmp_path) as again:
        assert (died.returncode, len(again.products("kakaclo"))) == (9, 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example",
        "http://127.0.0.1.evil.example:80",
        "http://127.0.0.1:80@evil.example",
        "http://10.0.0.1:80",
        5,
    ],
)
def test_a_forged_word_on_where_it_is_served_leads_nowhere(serve, tmp_path, url):
    serve(data=tmp_path)
    (tmp_path / "served.json").write_text(json.dumps({"url": url}))

    with pytest.raises(SandboxBusyError) as raised:
        Sandbox(data=tmp_path).start()
    assert raised.value.url is None


@pytest.mark.parametrize("lock", ["folder", "garbage"])
def test_a_lock_that_is_none_is_not_somebody_who_serves(tmp_path, lock):
    path = tmp_path / "lock.sqlite"
    path.mkdir() if lock == "folder" else path.write_bytes(b"x" * 2000)
    (tmp_path / "served.json").write_text(json.dumps({"url": "http://127.0.0.1:1"}))

    with pytest.raises(SandboxDataError, match=r"lock\.sqlite"):
        Sandbox(data=tmp_path).start()
