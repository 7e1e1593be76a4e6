#!/usr/bin/env python3
"""Write a CycloneDX 1.6 list of what podsync needs, from the lock that its workflows install."""

import json
import re
import sys
from pathlib import Path

LOCK = Path(__file__).parent.parent / "podsync" / "cli" / "github" / "requirements.txt"
#: What builds podsync, and what only that needs: not a part of what runs.
BUILD = {"hatchling", "pathspec", "pluggy", "tomlkit", "trove-classifiers"}
_ENTRY = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)(.*?)(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def component(name, version, hashes):
    """Return one entry of the list."""
    return {
        "type": "library",
        "bom-ref": f"pkg:pypi/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:pypi/{name}@{version}",
        "scope": "excluded" if name in BUILD else "required",
        # One for each file of that version: any of them may be the one that a machine takes.
        "properties": [{"name": "podsync:sha256", "value": value} for value in hashes],
    }


def document(version):
    """Return the whole list, sorted; nothing in it depends on when it is made."""
    entries = _ENTRY.findall(LOCK.read_text(encoding="utf-8"))
    parts = [component(name, of, re.findall(r"sha256:([0-9a-f]{64})", rest)) for name, of, rest in entries]
    own = f"pkg:pypi/podsync@{version}"
    needed = sorted(part["bom-ref"] for part in parts if part["scope"] == "required")
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "podsync",
                "version": version,
                "purl": own,
            }
        },
        "components": parts,
        "dependencies": [{"ref": own, "dependsOn": needed}],
    }


if __name__ == "__main__":
    json.dump(document(sys.argv[1]), sys.stdout, indent=2)
    sys.stdout.write("\n")
