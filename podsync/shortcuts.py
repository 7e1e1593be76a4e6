"""Whether code that only makes podsync fast may be used.

It lives in folders of its own, and the straight way gives the same results. A folder may be deleted, and
tests switch all of them off with `PODSYNC_SHORTCUTS=off`: then podsync is only slower.
"""

from __future__ import annotations

import os
from functools import cache

_ON = os.environ.get("PODSYNC_SHORTCUTS") != "off"
_HERE = os.path.dirname(__file__)  # noqa: PTH120 (each start comes by here)


@cache
def may_use(folder: str) -> bool:
    """Whether shortcuts are on, and this folder of the package is there."""
    return _ON and os.path.isdir(os.path.join(_HERE, folder))  # noqa: PTH112, PTH118
