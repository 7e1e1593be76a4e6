"""Pictures for the demonstration: a garment in its colour, drawn from the plan alone."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from podsync.plan.model import Plan
from podsync.providers.descriptor import FieldRoles
from podsync.providers.registry import roles_of

_GARMENT = "M30 12 L42 8 Q50 16 58 8 L70 12 L88 30 L76 42 L70 36 L70 92 L30 92 L30 36 L24 42 L12 30 Z"
_PRINTS = {
    "front": '<circle cx="50" cy="48" r="13" fill="#fff" fill-opacity=".85"/>'
    '<path d="M41 54 q6 -16 14 -9 q6 0 4 6 l-5 1 v6 h-3 v-5 h-5 v5 h-3 z" fill="#2b6b3f"/>',
    "back": '<path d="M38 30 h24" stroke="#fff" stroke-opacity=".6" stroke-width="2"/>',
}


def drawn(plan: Plan) -> dict[str, str]:
    """Return a picture for every address that a plan's products name: address -> `data:image/svg+xml;…`."""
    found: dict[str, str] = {}
    for change in plan.changes:
        for spec in (change.before, change.after):
            if spec is not None:
                found |= dict(_of_product(roles_of(change.provider), spec))
    return found


def _of_product(roles: FieldRoles, spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    colour = str(spec.get(roles.colour, ""))
    fill = colour if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour) else "#888888"
    for image in spec.get(roles.artwork, ()):
        yield str(image[roles.artwork_url]), _svg(_PRINTS["front"])
    for side, field in reversed(roles.pictures):
        if spec.get(field):
            garment = f'<path d="{_GARMENT}" fill="{fill}" stroke="#333" stroke-width=".6"/>'
            yield str(spec[field]), _svg(garment + _PRINTS.get(side, ""))


def _svg(body: str) -> str:
    size = 'viewBox="0 0 100 100" width="800" height="800"'
    ground = '<rect width="100" height="100" fill="#eee"/>'
    text = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{ground}{body}</svg>'
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()
