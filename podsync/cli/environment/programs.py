"""The environment of other programs that podsync starts: never with a key of podsync's own."""

from __future__ import annotations

from collections.abc import Mapping

from podsync.cli.environment.credentials import SECRET_VARIABLES
from podsync.providers.registry import plugins

#: A shorter key may be a part of something else by chance.
_UNMISTAKABLE = 16


def without_keys(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for another program: without the key of any provider, and of the database.

    A key of one environment has that one's name at its end (`…_API_KEY_STAGING`), and a key may be in
    a second variable. What another program needs for itself, such as a token for its remote, stays.
    """
    names = {*SECRET_VARIABLES, *(plugin.key_variable for plugin in plugins().values())}
    ours = tuple(f"{name}_" for name in names)

    def holds_key(name: str) -> bool:
        return name in names or name.startswith(ours)

    held = (value.strip() for name, value in environ.items() if holds_key(name.upper()))
    keys = [value for value in held if len(value) >= _UNMISTAKABLE]
    return {
        name: value
        for name, value in environ.items()
        if not (holds_key(name.upper()) or name.upper().startswith("PODSYNC_"))
        and not any(key in value for key in keys)
    }
