"""A third provider, as somebody else would write it: a package of its own, installed beside podsync.

What `podsync/docs/adding-a-provider.md` says is what is done here: its list of files is that of the package.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from podsync.model.frozen import Spec, freeze
from podsync.model.settings import ProviderSettings, RateLimit
from podsync.providers.knowledge import Provider
from podsync.providers.registry import provider_of
from tests.contracts import ProviderContract

ROOT = Path(__file__).parents[2]
PACKAGE = Path(__file__).with_name("third_provider")
PAGE = ROOT / "podsync" / "docs" / "adding-a-provider.md"
TOKEN = "sandbox-inkpress-token"
OWL = """\
kind: inkpress_poster
name: owl
spec:
  headline: Night Owl
  sheet: A3
  paper: "#fffdf5"
  artUrl: https://cdn.example.com/owl.png
  price: 1900
  shops: [berlin, oslo]
  channels: [web, fair]
"""


class Run(NamedTuple):
    code: int
    out: str
    err: str


class Place:
    """A folder with a catalog, and the podsync of an environment that has the third provider."""

    def __init__(self, python: Path, root: Path) -> None:
        self.python, self.root = python, root
        self.write(OWL)

    def write(self, content: str, name: str = "owl.yaml") -> None:
        file = self.root / "catalog" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content, encoding="utf-8")

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8", **more}

    def __call__(self, *words: str, **more: str) -> Run:
        done = subprocess.run(
            [self.python, "-m", "podsync", *words], cwd=self.root, env=self.environment(more),
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        return Run(done.returncode, done.stdout, done.stderr)

    def posters(self) -> list[dict[str, object]]:
        """What the sandbox truly holds."""
        found: dict[str, dict[str, object] | None] = {}
        lines = (
            (self.root / ".podsync" / "sandbox" / "data" / "products.jsonl").read_text("utf-8").splitlines()
        )
        for line in map(json.loads, lines):
            if line["shop"] == "inkpress":
                found[line["key"]] = line["body"]
        return [body for body in found.values() if body is not None]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment of its own: podsync's libraries, and the package."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    found = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [found, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    # What this environment has, podsync in its checkout too, without asking any index for it.
    here = [path for path in sys.path if path.endswith("site-packages")]
    lines = [f"import site; site.addsitedir({path!r})" for path in here]
    Path(site, "this.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
         "--target", site, PACKAGE],
        check=True, capture_output=True,
    )  # fmt: skip
    return found


@pytest.fixture
def place(python: Path, tmp_path: Path) -> Place:
    return Place(python, tmp_path)


@pytest.fixture
def server(place: Place) -> Iterator[str]:
    """The sandbox of that environment, as a server; its address."""
    with subprocess.Popen(
        [place.python, "-m", "podsync", "sandbox"], cwd=place.root, env=place.environment({}),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        told = dict(process.stdout.readline().strip().removeprefix("export ").split("=", 1) for _ in range(6))
        assert told["INKPRESS_TOKEN"] == TOKEN
        yield told["INKPRESS_BASE_URL"]
        process.terminate()


def fault(url: str, **facts: object) -> None:
    one = {"provider": "inkpress", "operation": "create", **facts}
    requests.post(f"{url}/_sandbox/faults", json=[one], timeout=10).raise_for_status()


class TestContract(ProviderContract):
    """The contract that the built-in providers hold to."""

    @pytest.fixture
    def provider(self, monkeypatch: pytest.MonkeyPatch) -> Provider:
        monkeypatch.syspath_prepend(str(PACKAGE))
        return provider_of(import_module("podsync_inkpress").INFO, ProviderSettings("", RateLimit(1, 1)))

    @pytest.fixture
    def spec(self) -> Spec:
        return freeze(  # type: ignore[no-any-return]
            {
                "headline": "Night Owl",
                "sheet": "A3",
                "paper": "#fffdf5",
                "artUrl": "https://cdn.test/owl.png",
                "price": 1900,
                "shops": ["oslo", "berlin"],
                "channels": ["web", "fair"],
            }
        )


def test_its_documents_are_validated(place: Place) -> None:
    assert place("validate").out.startswith("Valid: 1 product")

    place.write(OWL.replace("A3", "A9").replace("headline", "headlin"))
    wrong = place("validate")
    place.write(OWL.replace("inkpress_poster", "inkpres_poster"))
    unknown = place("validate")

    assert wrong.code == unknown.code == 3
    assert "spec.sheet: 'A9' is not one of A4, A3, A2" in wrong.out
    assert "did you mean 'headline'?" in wrong.out
    assert "'inkpres_poster' is not one of customer_product, designed_product, inkpress_poster" in unknown.out
    assert "did you mean inkpress_poster?" in unknown.out


def test_its_schemas_are_told(place: Place) -> None:
    own, catalog = json.loads(place("schema", "inkpress_poster").out), json.loads(place("schema").out)
    settings = json.loads(place("schema", "podsync").out)["properties"]["providers"]["properties"]

    assert list(own["properties"]["spec"]["examples"][0]) == ["headline", "sheet", "artUrl", "price"]
    assert "print" not in own["properties"]
    assert catalog["properties"]["kind"]["enum"] == [
        "designed_product",
        "customer_product",
        "inkpress_poster",
    ]
    assert settings["inkpress"]["properties"]["rate_limit"]["default"] == {"burst": 5, "per_second": 20}
    assert "inkpress_poster" in place("schema", "--help").out


def test_a_new_repository_knows_it(place: Place) -> None:
    source = f"git+https://github.com/OWNER/podsync@{'0' * 40}"
    run = place("init", "--ci", "github", "--from", source, "shop")
    shop = place.root / "shop"
    action = (shop / ".github" / "actions" / "podsync" / "action.yml").read_text(encoding="utf-8")
    setup = (shop / ".github" / "podsync-setup.sh").read_text(encoding="utf-8")
    apply = (shop / ".github" / "workflows" / "apply.yml").read_text(encoding="utf-8")

    assert run.code == 0, run.err
    assert (
        "#   inkpress:\n#     base_url: https://api.inkpress.example\n" in (shop / "podsync.yaml").read_text()
    )
    assert (shop / "schemas" / "inkpress_poster.schema.json").is_file()
    assert "inkpress-token: ${{ secrets.INKPRESS_TOKEN }}" in apply
    assert "INKPRESS_TOKEN: ${{ inputs.inkpress-token }}" in action
    assert action.count('only the step that applies sees it."\n    default: ""\n') == 3
    assert "for name in KAKACLO_ACCESS_TOKEN GELATO_API_KEY INKPRESS_TOKEN; do" in setup


def test_a_plan_is_told_in_its_words(place: Place) -> None:
    run = place("plan", "-o", "text", "-o", "html=plan.html", "-o", "markdown=plan.md")

    assert run.code == 0, run.err
    assert "model A3" in run.out
    assert "colour #fffdf5" in run.out
    assert "for berlin, oslo" in run.out
    assert "Inkpress api.inkpress.example" in run.out
    page = (place.root / "plan.html").read_text(encoding="utf-8")
    assert '"inkpress_poster":{"name":"headline","model":"sheet","colour":"paper"' in page
    assert '"kinds":{"inkpress_poster":"Inkpress · inkpress posters"}' in page
    assert "| front | name | for | model | colour | where |" in (place.root / "plan.md").read_text("utf-8")
    assert "X-Inkpress-Token: Token ***" in place("render", "inkpress_poster.owl").out


def test_the_whole_way_in_the_sandbox(place: Place) -> None:
    made = place("apply", "--sandbox", "--auto-approve")
    again = place("plan", "--sandbox", "--refresh", "--detailed-exitcode")
    place.write(OWL.replace("1900", "2100").replace("[berlin, oslo]", "[all]"))
    told = place("plan", "--sandbox")
    updated = place("apply", "--sandbox", "--auto-approve")
    place.write(OWL.replace("A3", "A2"))
    replaced = place("apply", "--sandbox", "--auto-approve", "--allow", "replaces=1")
    orphans = place("state", "orphans", "--sandbox")

    assert made.code == 0, made.err
    assert "1 created" in made.out
    assert again.code == 0, again.out
    assert "inkpress_poster.owl  update" in told.out
    assert "added EVERY customer" in told.out
    assert "1 updated" in updated.out, updated.out + updated.err
    assert "1 replaced" in replaced.out, replaced.out + replaced.err
    assert "remove No. " in replaced.out
    assert "at inkpress.example" in replaced.out
    assert re.search(r"Inkpress No\. \d+", orphans.out)
    assert [(each["sheet"], each["price"]) for each in place.posters()] == [("A3", 2100), ("A2", 1900)]
    assert place("plan", "--sandbox", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("request_", [1, 2], ids=["create", "release"])
@pytest.mark.parametrize("moment", ["before.Intent", "sender.answered", "after.Made"])
def test_a_crash_makes_nothing_twice_and_forgets_nothing(place: Place, moment: str, request_: int) -> None:
    died = place("apply", "--sandbox", "--auto-approve", PODSYNC_FAILPOINT=f"{moment}:{request_}:SIGKILL")
    told = place("plan", "--sandbox", "-o", "json")
    after = place("apply", "--sandbox", "--auto-approve")

    assert died.code == -9
    assert after.code == 0, after.out + after.err
    assert [each["channels"] for each in place.posters()] == [["web", "fair"]]
    if (moment, request_) in {("after.Made", 1), ("before.Intent", 2)}:
        (change,) = json.loads(told.out)["resource_changes"]
        assert change["steps"] == {"done": ["create"], "left": ["release"]}
    assert place("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_a_doubt_is_settled(place: Place, server: str) -> None:
    fault(server, kind="commit-then-cut")
    env = {"INKPRESS_TOKEN": TOKEN, "INKPRESS_BASE_URL": server}

    run = place("apply", "--auto-approve", **env)

    assert run.code == 0, run.out + run.err
    assert len(place.posters()) == 1
    assert place("plan", "--detailed-exitcode", **env).code == 0


def test_its_key_is_masked_and_missed(place: Place, server: str) -> None:
    fault(server, kind="status:400", body=json.dumps({"message": f"bad token {TOKEN}"}))

    missing = place("apply", "--auto-approve", INKPRESS_BASE_URL=server)
    echoed = place("apply", "--auto-approve", "-v", INKPRESS_BASE_URL=server, INKPRESS_TOKEN=TOKEN)

    assert "INKPRESS_TOKEN is not set. Nothing was sent." in missing.err
    assert "https://inkpress.example/tokens" in missing.err
    assert echoed.code != 0
    assert "bad token" in echoed.out + echoed.err
    assert TOKEN not in echoed.out + echoed.err
    assert all(TOKEN not in file.read_text("utf-8") for file in place.root.glob("podsync.state.json*"))


def test_its_pace_is_its_own(place: Place) -> None:
    for number in range(12):
        place.write(OWL.replace("owl", f"owl-{number}").replace("Night", f"Night {number}"), f"{number}.yaml")
    (place.root / "catalog" / "owl.yaml").unlink()

    began = time.monotonic()
    run = place("apply", "--sandbox", "--auto-approve")

    assert run.code == 0, run.out + run.err
    assert len(place.posters()) == 12
    assert time.monotonic() - began < 60


def test_a_state_of_a_provider_that_is_not_installed_is_refused_in_words(place: Place) -> None:
    place("apply", "--sandbox", "--auto-approve")
    place.write("kind: designed_product\nname: x\n", "owl.yaml")
    (place.root / "catalog" / "owl.yaml").unlink()

    run = subprocess.run(
        [sys.executable, "-m", "podsync", "plan", "--sandbox"], cwd=place.root,
        env=place.environment({"PYTHONPATH": str(ROOT)}), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert run.returncode == 1
    assert "knows products at inkpress: there is no such provider here" in run.stderr


def test_the_page_lists_the_files_of_the_package() -> None:
    text = PAGE.read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([\w./]+)` \|", text, re.MULTILINE))

    files = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*") if path.is_file()}
    assert listed == {name for name in files if "__pycache__" not in name}
