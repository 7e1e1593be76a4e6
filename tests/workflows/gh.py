"""What the tests' runner has for `gh`: comments, issues and settings of one repository, in a file.

Like the real one it does nothing that its token may not. Of jq it knows what the workflows ask for.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

BOT = "github-actions[bot]"
#: So much of a list comes with one request.
_PAGE = 30


def main(words: list[str]) -> int:
    path = Path(os.environ["FAKE_GH"])
    hub = json.loads(path.read_text())
    given = [word for word in words if word not in {"--silent", "--force"}]
    hub["calls"].append(words)
    answer = _api(hub, given[1:]) if given[0] == "api" else _command(hub, given)
    path.write_text(json.dumps(hub))
    if answer:
        print(answer)  # noqa: T201 (it is a program)
    return 0


def _may(right: str) -> None:
    if f"{right}:write" not in os.environ["GH_TOKEN"].split():
        sys.exit(f"HTTP 403: Resource not accessible by integration ({right})")


def _option(words: list[str], name: str) -> str:
    return words[words.index(name) + 1]


def _body(words: list[str]) -> str:
    field = _option(words, "-F")
    assert field.startswith("body=@")
    text = Path(field.removeprefix("body=@")).read_text()
    assert len(text) <= 65536
    return text


def _api(hub: dict, words: list[str]) -> str:
    method = _option(words, "--method") if "--method" in words else "GET"
    place = next(word for word in words if word.startswith(("repos/", "user")))
    if place == "user":
        return "ada" if _option(words, "--jq") == ".login" else '{"type": "User", "id": 4711}'
    if place.startswith("repos/{owner}/{repo}/"):
        return _setting(hub, method, place.removeprefix("repos/{owner}/{repo}/"), words)
    if method == "GET":
        asked = _option(words, "--jq")
        if shutil.which("jq"):
            comments = [{**c, "user": {"login": c["login"]}} for c in hub["comments"]]
            done = subprocess.run(["jq", asked], input=json.dumps(comments), text=True, stdout=-1, check=True)
            return done.stdout.strip()
        marker = re.search(r'startswith\("([^"]*)"\)', asked)
        assert marker is not None
        mine = [c for c in hub["comments"] if c["login"] == BOT and c["body"].startswith(marker[1])]
        return "\n".join(str(comment["id"]) for comment in mine)
    _may("pull-requests")
    if method == "PATCH":
        number = int(place.rpartition("/")[2])
        next(c for c in hub["comments"] if c["id"] == number)["body"] = _body(words)
    else:
        hub["comments"].append({"id": 100 + len(hub["comments"]), "login": BOT, "body": _body(words)})
    return ""


def _setting(hub: dict, method: str, place: str, words: list[str]) -> str:
    settings = hub["settings"]
    if method == "GET":
        if "--jq" not in words and place not in settings:
            sys.exit("gh: Not Found (HTTP 404)")
        if "--jq" not in words:
            return json.dumps(_seen(settings[place]))
        names = settings.get(place, [])[: None if "--paginate" in words else _PAGE]
        if ".enforcement" in _option(words, "--jq"):
            rules = hub.get("rules", {})
            names = [f"{rules.get(name, {}).get('enforcement', 'active')} {name}" for name in names]
        return "\n".join(names)
    if method == "PUT":
        settings[place] = json.load(sys.stdin)
    elif "--input" in words:
        given = json.load(sys.stdin)
        settings.setdefault(place, []).append(given["name"])
        hub.setdefault("rules", {})[given["name"]] = given
    else:
        settings.setdefault(place, []).append(_option(words, "-f").removeprefix("name="))
    return ""


def _seen(environment: dict) -> dict:
    """Return an environment as GitHub shows it: what was put there, as rules."""
    reviewers = [{"type": e["type"], "reviewer": {"id": e["id"]}} for e in environment["reviewers"]]
    rules = [{"type": "branch_policy"}]
    if reviewers:
        own = {"prevent_self_review": environment.get("prevent_self_review", False), "reviewers": reviewers}
        rules.append({"type": "required_reviewers", **own})
    if environment.get("wait_timer"):
        rules.append({"type": "wait_timer", "wait_timer": environment["wait_timer"]})
    return {"protection_rules": rules, "deployment_branch_policy": environment["deployment_branch_policy"]}


def _command(hub: dict, words: list[str]) -> str:
    what, verb = words[:2]
    if what == "secret":
        hub["secrets"][_option(words, "--env") + " " + words[2]] = sys.stdin.read()
        return ""
    if (what, verb) == ("issue", "list"):
        label = _option(words, "--label")
        found = [i for i in hub["issues"] if i["open"] and label in i["labels"]]
        return str(found[0]["number"]) if found else ""
    _may("issues")
    if what == "label":
        return ""
    if verb == "create":
        text = Path(_option(words, "--body-file")).read_text()
        number = 1 + len(hub["issues"])
        label = [_option(words, "--label")]
        hub["issues"].append({"number": number, "open": True, "labels": label, "texts": [text]})
        return ""
    issue = next(i for i in hub["issues"] if i["number"] == int(words[2]))
    if verb == "edit":
        issue["texts"][0] = Path(_option(words, "--body-file")).read_text()
    elif verb == "close":
        issue["open"] = False
        issue["texts"].append(_option(words, "--comment"))
    else:
        issue["texts"].append(Path(_option(words, "--body-file")).read_text())
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
