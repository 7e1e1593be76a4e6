"""The vendors' four examples as a catalog, applied by the program to a server that follows their pages."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.apply.vendor_server import VendorServer
from tests.apply.world import GELATO_KEY, KAKACLO_KEY

ROOT = Path(__file__).resolve().parents[2]
CREATES = ("kakaclo.create", "gelato.create")
UNCHANGED = "No changes. The catalog matches the state."
OSS = "https://oss-pubilc.kakaclo.com/images/common/custom/images/20240325"
MAPPED = {"partModelId": "fabric"}

#: As they stand on the two pages.
DINOSAUR = {
    "modelId": "1",
    "enName": "Dinosaur Round Neck Short Sleeve T-Shirt-Children's Clothing",
    "imageUrl": f"{OSS}/1f74a546-96ce-4940-86d2-b345f4897ad0.png",
    "backImageUrl": f"{OSS}/5baf5db0-4e6a-41e9-9c79-df2ec2bc758e.png",
    "materialImages": [{"imageName": "aaa", "imageUrl": f"{OSS}/5baf5db0-4e6a-41e9-9c79-df2ec2bc758e.png"}],
    "colorValue": "#A72525",
}
TSHIRT = {
    "name": "Premium Cotton T-Shirt",
    "customerIds": ["customer-123", "customer-456"],
    "productModelId": "model-tshirt-001",
    "variantOptions": [
        {
            "id": "size",
            "name": "Size",
            "attributesMapping": [
                MAPPED | {"attributeIds": ["attr-size-small", "attr-size-medium", "attr-size-large"]}
            ],
        },
        {
            "id": "color",
            "name": "Color",
            "attributesMapping": [
                MAPPED | {"attributeIds": ["attr-color-red", "attr-color-blue", "attr-color-green"]}
            ],
        },
    ],
    "partQuantities": [{"partModelId": "fabric-cotton-premium", "quantity": 2}],
}
POSTER = {
    "name": "Premium Framed Poster",
    "customerIds": ["customer-123"],
    "productModelId": "model-framed-poster-001",
    "variantOptions": [
        {
            "id": "size",
            "name": "Size",
            "attributesMapping": [
                {"partModelId": "frame", "attributeIds": ["attr-width", "attr-height"]},
                {"partModelId": "poster-print-paper-premium", "attributeIds": ["attr-width", "attr-height"]},
            ],
        },
        {
            "id": "frame-color",
            "name": "Frame Color",
            "attributesMapping": [{"partModelId": "frame", "attributeIds": ["attr-color"]}],
        },
    ],
}
TOTE = {
    "name": "Eco-Friendly Tote Bag",
    "customerIds": ["*"],
    "productModelId": "model-tote-bag-eco",
    "variantOptions": [
        {
            "id": "material",
            "name": "Material Type",
            "attributesMapping": [
                {
                    "partModelId": "bag-fabric",
                    "attributeIds": ["attr-cotton-organic", "attr-hemp", "attr-bamboo"],
                }
            ],
        }
    ],
    "partQuantities": [
        {"partModelId": "fabric-organic-cotton", "quantity": 1},
        {"partModelId": "handle-cotton-rope", "quantity": 2},
    ],
}


@pytest.fixture
def server():
    server = VendorServer(time.time, kakaclo_key=KAKACLO_KEY, gelato_key=GELATO_KEY)
    yield server
    server.stop()


@pytest.fixture
def podsync(tmp_path, server):
    shutil.copytree(ROOT / "catalog", tmp_path / "catalog")
    urls = server.urls()
    unwanted = re.compile("PODSYNC|KAKACLO|GELATO|GITHUB|CI$|.*_proxy$", re.IGNORECASE)
    kept = {name: value for name, value in os.environ.items() if not unwanted.match(name)}
    env = kept | {
        "PYTHONPATH": str(ROOT),
        "KAKACLO_BASE_URL": urls["kakaclo"],
        "GELATO_BASE_URL": urls["gelato"],
        "KAKACLO_ACCESS_TOKEN": KAKACLO_KEY,
        "GELATO_API_KEY": GELATO_KEY,
    }

    def run(*words, **more):
        return subprocess.run(
            [sys.executable, "-m", "podsync", *words], cwd=tmp_path, env=env | more, capture_output=True,
            text=True, encoding="utf-8", timeout=100, check=False,
        )  # fmt: skip

    return run


def last_line(run):
    return run.stdout.rstrip("\n").rpartition("\n")[2]


def test_the_four_examples(podsync, server, tmp_path):
    plan = podsync("plan", "--detailed-exitcode")

    assert (plan.returncode, last_line(plan)) == (
        2,
        "Plan: 4 to create, 0 to update, 0 to replace, 0 to orphan.",
    )
    assert server.requests == []

    first = podsync("apply", "--auto-approve")

    done = "Apply complete: 4 created, 0 updated, 0 replaced, 0 orphaned."
    assert (first.returncode, last_line(first)) == (0, done), first.stderr
    sent = sorted(server.sent(*CREATES), key=lambda seen: str(seen.body.get("name")))
    assert [(seen.method, seen.path) for seen in sent] == [
        ("POST", "/product/v1/customer-product"),
        ("POST", "/openapi/v1/product/custom/customDesigned/addProduct"),
        ("POST", "/product/v1/customer-product"),
        ("POST", "/product/v1/customer-product"),
    ]
    assert [seen.body for seen in sent] == [TOTE, DINOSAUR, TSHIRT, POSTER]

    state = tmp_path / "podsync.state.json"
    before, asked = (state.read_bytes(), state.stat().st_mtime_ns), len(server.requests)
    again = podsync("plan", "--detailed-exitcode")
    second = podsync("apply", "--auto-approve")

    assert (again.returncode, last_line(again)) == (0, UNCHANGED)
    assert (second.returncode, last_line(second)) == (0, UNCHANGED)
    assert (state.read_bytes(), state.stat().st_mtime_ns) == before
    assert len(server.requests) == asked


def test_each_vendor_is_shown_its_own_key_only(podsync, server, tmp_path):
    runs = [podsync("-v", "apply", "--auto-approve", "-o", "json=report.json"), podsync("plan")]

    for seen in server.requests:
        told = {name: value for name, value in seen.headers.items() if "canary" in value}
        own = (
            {"authorization": f"Bearer {KAKACLO_KEY}"}
            if "/openapi/" in seen.path
            else {"x-api-key": GELATO_KEY}
        )
        assert told == own
        assert seen.body is None or seen.headers["content-type"] == "application/json"
        assert "canary" not in str((seen.path, seen.query, seen.body))
    assert server.leaks == []
    assert "canary" not in "".join(run.stdout + run.stderr for run in runs)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


def test_the_state_is_deleted_and_everything_is_adopted(podsync, server, tmp_path):
    podsync("apply", "--auto-approve")
    for path in tmp_path.glob("podsync.state.json*"):
        path.unlink()
    shutil.rmtree(tmp_path / ".podsync", ignore_errors=True)

    run = podsync("apply", "--auto-approve", "-o", "json")

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["summary"]["adopted"] == 4
    assert len(server.sent(*CREATES)) == 4


def test_a_key_that_is_refused(podsync, server):
    run = podsync("apply", "--auto-approve", GELATO_API_KEY="canary-revoked-1234")

    assert run.returncode == 9
    assert len(server.products("kakaclo")) == 1
    assert server.products("gelato") == []
    assert "Traceback" not in run.stderr
    assert "canary" not in run.stdout + run.stderr
