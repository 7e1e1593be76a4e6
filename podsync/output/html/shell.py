"""Fills a page: its style and script, and a policy that lets nothing else in but pictures."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources

from podsync import __version__
from podsync.output.html.panels import text


def filled(
    template: str,
    values: Mapping[str, str],
    style: str,
    script: str,
    images: str = "https:",
    connect: str = "",
) -> Iterator[str | None]:
    """Yield a page below the head of all pages, piece by piece, None in the place of `{{data}}`.

    `images` are the sources of pictures that the policy allows, `connect` a directive of it or "".
    """
    policy = _policy(style, script, images, connect)
    known = {**values, "policy": policy, "version": text(__version__), "style": style, "script": script}
    for index, piece in enumerate(re.split(r"\{\{([a-z]+)\}\}", asset(__package__, "head.html") + template)):
        if index % 2 == 0:
            yield piece
        else:
            yield None if piece == "data" else known[piece]


def in_one_function(parts: Iterable[str]) -> str:
    """Return a script whose names nobody else can reach."""
    return '"use strict";\n(() => {\n' + "\n".join(parts) + "})();\n"


def _policy(style: str, script: str, images: str, connect: str) -> str:
    """Return a Content-Security-Policy that allows this style, this script and pictures, nothing else."""
    return (
        f"default-src 'none'; img-src {images}; style-src '{_sha256(style)}'; "
        f"script-src '{_sha256(script)}'; {connect}base-uri 'none'; form-action 'none'"
    )


def _sha256(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


@lru_cache
def asset(package: str, name: str) -> str:
    """Return a file of a package's own; line ends as they were committed."""
    return resources.files(package).joinpath(name).read_text("utf-8").replace("\r\n", "\n")
