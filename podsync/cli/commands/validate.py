"""`podsync validate`: the catalog alone, without state, network or key."""

from __future__ import annotations

from typing import Literal

import click

from podsync.cli.app import formats
from podsync.cli.app.framework import command
from podsync.cli.app.options import images_option, output_option
from podsync.cli.app.session import Session

_INVALID = 3


@command(
    examples=(
        "podsync validate",
        "podsync validate catalog/designed/dinosaur-tee.yaml",
        "podsync validate -o json",
        "podsync validate -o text -o github -o sarif=podsync.sarif",
        "podsync validate --images head",
    )
)
@click.argument("path", nargs=-1)
@images_option(
    "Look at the pictures behind the URLs, over the network: their first kilobytes, or all of them."
)
@output_option("validate")
def validate(
    session: Session, path: tuple[str, ...], output: tuple[str, ...], images: Literal["off", "head", "full"]
) -> int:
    """Check every document of the catalog, and say all that is wrong at once.

    With PATH, only the faults in these files and folders are reported; rules that look at
    several documents still see the whole catalog.

    Without --images no network is used. With it, each public https address is asked once;
    pictures that the server says are unchanged are not fetched again.
    """
    from podsync.cli.app.outputs import Outputs
    from podsync.cli.environment.github_actions import append
    from podsync.cli.workspace import Workspace

    outputs = Outputs.parse(output, "validate")
    space = Workspace.open(session)
    if not path:
        space.must_have_a_catalog()
    outputs.refuse(space.own_files)
    with outputs:
        loaded, pictures = space.read_catalog(path), None
        if images != "off":
            from podsync.cli.commands.validate_images import with_pictures

            loaded, pictures = with_pictures(space, loaded, images, path)
        found = formats.validate_forms(loaded, space.settings.catalog, session, pictures)
        session.console.result(outputs.write(found), exact=outputs.exact)
        append(found["markdown"], session)
    return _INVALID if loaded.errors else 0
