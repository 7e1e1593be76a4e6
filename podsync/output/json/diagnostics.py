"""What `validate -o json` prints."""

from __future__ import annotations

import json
from collections.abc import Sequence

from podsync.model.diagnostic import Diagnostic, diagnostic_json, errors_among, fix_json

FORMAT_VERSION = "1.0"


def validate_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Return the JSON document, ASCII only: nothing in it can drive a terminal."""
    count = len(errors_among(diagnostics))
    document = {
        "format_version": FORMAT_VERSION,
        "valid": count == 0,
        "error_count": count,
        "warning_count": len(diagnostics) - count,
        "diagnostics": [
            diagnostic_json(each) | ({"fix": fix_json(each)} if each.fix else {}) for each in diagnostics
        ],
    }
    return json.dumps(document, indent=2) + "\n"
