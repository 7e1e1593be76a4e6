"""`podsync audit`: shows what the accounts hold, managed or not. It needs only a key."""

from __future__ import annotations

from functools import partial
from typing import Literal

from podsync.cli.app.console import Forms
from podsync.cli.app.framework import command
from podsync.cli.app.options import images_option, output_option, provider_option, sandbox_option
from podsync.cli.app.outputs import Outputs
from podsync.cli.app.session import Session
from podsync.cli.commands.existing.accounts import audits_of
from podsync.cli.commands.validate_images import with_picture_faults
from podsync.cli.environment.github_actions import append
from podsync.cli.workspace import Workspace
from podsync.images.facts import Mode
from podsync.inventory.audit import AccountAudit
from podsync.inventory.products import Standing
from podsync.output.audit import csv, json, markdown, page, text
from podsync.output.style import Style


@command(
    examples=(
        "podsync audit",
        "podsync audit -o html=audit.html     with pictures",
        "podsync audit -o csv=audit.csv       a row a product, for a spreadsheet",
        "podsync audit --images head          what is wrong with the pictures, too",
    )
)
@provider_option
@images_option("Look at the pictures behind the URLs: their first kilobytes, or all of them.")
@output_option("audit")
@sandbox_option
def audit(
    session: Session, provider: str | None, images: Literal["off", "head", "full"], output: tuple[str, ...]
) -> int:
    """Show what each account holds: orphans, what nobody here manages, look-alikes side by side.

    It needs a key and nothing else: no settings, no catalog, no state. Where these are, it tells what is
    managed. Every provider for which there is a key is asked for all that it lists; nothing is sent.

    A product is managed where the state has it, or a document adopts it. Doubles are products of which all
    that is listed is the same. A product with an option that has no value cannot be ordered.
    """
    outputs = Outputs.parse(output, "audit")
    space = Workspace.open_for(outputs, session, anywhere=True)
    with outputs:
        return _audit(space, outputs, provider, None if images == "off" else images)


def _audit(space: Workspace, outputs: Outputs, provider: str | None, images: Mode | None) -> int:
    accounts, code = audits_of(space, provider)
    found = [audit for _, audit in accounts]
    if images is not None:
        found = with_picture_faults(found, images, space.session)
    forms = _forms(found, space.session)
    space.session.console.result(outputs.write(forms), exact=outputs.exact)
    append(forms["markdown"], space.session)
    if space.session.console.hints:
        _say_next(space, outputs, found)
    return code


def _forms(audits: list[AccountAudit], session: Session) -> Forms:
    style, width = Style(session.console.out_color), session.console.width
    return {
        "text": lambda: text.audit_text(audits, style, width),
        "json": lambda: json.audit_json(audits),
        "csv": lambda: csv.audit_csv(audits),
        "markdown": partial(markdown.audit_markdown, audits),
        "html": lambda: page.audit_page(audits),
    }


def _say_next(space: Workspace, outputs: Outputs, audits: list[AccountAudit]) -> None:
    say = space.session.console.say
    if outputs.screen == "text" and not any(file.format == "html" for file in outputs.files):
        say(f"With pictures: {space.command_line('audit', '-o', 'html=audit.html')}")
    if any(each.counts[Standing.UNMANAGED] for each in audits):
        say(f"A document for each that has none: {space.command_line('export')}")
