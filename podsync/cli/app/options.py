"""The options that several commands share, and the values that they become."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from podsync.cli.app.completion import addresses_of, complete_address
from podsync.cli.app.formats import formats_of
from podsync.cli.app.framework import remember
from podsync.model.address import Address, Selection

F = TypeVar("F", bound=Callable[..., Any])

if TYPE_CHECKING:
    _Type: TypeAlias = click.ParamType[Any]
else:  # older releases of click know no type arguments
    _Type = click.ParamType

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
ALLOWED = ("creates", "replaces", "orphans")


class ShellWords(_Type):
    """Text, or what `read` makes of it; several in an environment variable are split as a shell would."""

    name = "text"

    def __init__(self, read: Callable[[str], Any] = str) -> None:
        self._read = read

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ARG002
        """Read one value."""
        return self._read(value)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split at spaces outside quotes; a backslash stays one (Windows paths)."""
        import shlex

        reader = shlex.shlex(rv, posix=True)
        reader.whitespace_split, reader.escape, reader.commenters = True, "", ""
        try:
            return list(reader)
        except ValueError as error:
            raise click.BadParameter(f"{rv!r}: {error}") from None


def duration(value: str | float) -> float:
    """Read `30s`, `5m`, `1h` or plain seconds, as seconds."""
    match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,3})?)([smh]?)", str(value).strip(), re.ASCII)
    if match is None:
        raise click.BadParameter(f"{value!r} is not a duration such as 30s or 5m")
    return float(match[1]) * _UNITS[match[2]]


def plan_hash(value: str) -> str:
    """Read at least twelve hex digits of a plan's hash, with or without `sha256:`; kept without."""
    text = value.strip().lower().removeprefix("sha256:")
    if re.fullmatch(r"[0-9a-f]{12,64}", text) is None:
        raise click.BadParameter(f"{value!r} is not a plan's hash: 12 to 64 hex digits are needed")
    return text


def _label(value: str) -> tuple[str, str]:
    key, equals, wanted = value.partition("=")
    if not equals or not key:
        raise click.BadParameter(f"{value!r} is not a label such as season=spring")
    return key, wanted


def _allowance(value: str) -> tuple[str, int]:
    kind, _, number = value.partition("=")
    if kind not in ALLOWED or re.fullmatch(r"[0-9]{1,9}", number) is None:
        raise click.BadParameter(f"{value!r} is not one of {', '.join(f'{k}=N' for k in ALLOWED)}")
    return kind, int(number)


_in_session: Any = {"is_flag": True, "expose_value": False, "callback": remember}
sandbox_option = click.option(
    "--sandbox", help="Use the built-in sandbox, with a state of its own; no key is read.", **_in_session
)
#: The same for a command that works on the state alone.
sandbox_state_option = click.option("--sandbox", help="The state of the sandbox.", **_in_session)
provider_option = click.option(
    "--provider", metavar="NAME", help="Ask this provider only (default: each for which there is a key)."
)
detail_option = click.option(
    "--detail",
    type=click.Choice(["summary", "short", "full"]),
    default="short",
    help="How much of each change to show (full: unchanged ones too).",
)
allow_option = click.option(
    "--allow",
    metavar="KIND=N",
    multiple=True,
    type=ShellWords(_allowance),
    help="Lift a limit for this once: creates=214, replaces=N, orphans=N.",
)


def images_option(description: str) -> Callable[[F], F]:
    """Add `--images`."""
    modes = click.Choice(["off", "head", "full"])
    return click.option("--images", type=modes, default="off", show_default=True, help=description)


def version_option(function: F) -> F:
    """Add `--as`."""
    text = "Which version of its document it is: the one that was sent, or the one of today."
    return click.option("--as", "of_version", metavar="[sent | document]", help=text)(function)


def output_option(command: str) -> Callable[[F], F]:
    """Add `-o/--output` with the formats of a command."""
    names = formats_of(command)
    shared = " github may share stdout with text." if "github" in names else ""
    text = f"{', '.join(names[:-1])} or {names[-1]}; with =FILE beside the text. Repeatable.{shared}"
    return click.option(
        "-o", "--output", metavar="FORMAT[=FILE]", multiple=True, type=ShellWords(), help=text
    )  # fmt: skip


def selection_options(function: F) -> F:
    """Add the options that narrow a plan."""
    glob = {"metavar": "GLOB", "multiple": True, "type": ShellWords(), "shell_complete": complete_address}
    options = (
        click.option("--target", help="Only these addresses; * and ? match. Repeatable.", **glob),  # type: ignore[arg-type]
        click.option("--exclude", help="All but these addresses. Repeatable.", **glob),  # type: ignore[arg-type]
        click.option("--target-file", metavar="PATH", multiple=True, type=ShellWords(),
                     help="Only the products of the documents in this file. Repeatable."),
        click.option("-l", "--selector", metavar="K=V", multiple=True, type=ShellWords(_label),
                     help="Only documents with this label. Repeatable."),
        click.option("--replace", metavar="ADDRESS", multiple=True, type=ShellWords(),
                     shell_complete=complete_address,
                     help="Create this one anew although nothing differs. Repeatable."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def choosing_words(selection: Selection, allow: Sequence[tuple[str, int]]) -> tuple[str, ...]:
    """Return the words of a command line that chooses and allows the same."""
    words = [word for pattern in selection.targets for word in ("--target", pattern)]
    words += [word for pattern in selection.excludes for word in ("--exclude", pattern)]
    words += [word for key, value in selection.selectors for word in ("--selector", f"{key}={value}")]
    words += [word for pattern in selection.replace for word in ("--replace", pattern)]
    words += [word for kind, number in allow for word in ("--allow", f"{kind}={number}")]
    return tuple(words)


def address_of(text: str) -> Address:
    """Return the typed address; raises UsageError if it is not one."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise _wrong(str(error)) from None


def _documents_of(path: str) -> list[str]:
    """Return the addresses of the documents in a file; raises UsageError if there are none."""
    found = addresses_of(Path(path))
    if not found:
        raise _wrong(f"--target-file {path}: there is no document in it", "give a file of the catalog")
    return found


def _wrong(*words: str) -> Exception:
    from podsync.model.errors import UsageError

    return UsageError(*words)


def selection_of(options: dict[str, Any]) -> Selection:
    """Take the options that `selection_options` added out of `options`."""
    files = tuple(options.pop("target_file"))
    return Selection(
        targets=(*options.pop("target"), *(one for path in files for one in _documents_of(path))),
        excludes=tuple(options.pop("exclude")),
        selectors=tuple(options.pop("selector")),
        replace=tuple(options.pop("replace")),
    )
