"""`podsync render` and `podsync schema`: what a create would send, and what a document may say."""

from __future__ import annotations

import re

import click

from podsync.cli.app.completion import complete_address
from podsync.cli.app.framework import command, nearest
from podsync.cli.app.session import Session


@command(
    examples=("podsync render {kind}.dinosaur-tee",),
)
@click.argument("address", shell_complete=complete_address)
@click.pass_obj
def render(session: Session, address: str) -> int:
    """Show the exact request that creating ADDRESS would send. The key is masked; nothing is sent."""
    from podsync.cli.workspace import Workspace
    from podsync.model.errors import UsageError
    from podsync.output.json.text import json_text

    space = Workspace.open(session)
    space.tell_environment()
    products = {str(product.address): product for product in space.catalog()}
    product = products.get(address)
    if product is None:
        raise UsageError(f"no document has the address {address}", near(address, list(products)))
    provider = space.providers[product.provider]
    request, (header, form) = provider.request(product.spec), provider.info.key_header
    url = space.host(product.provider)["base_url"].rstrip("/") + request.path
    head = f"{request.method} {url}\n{header}: {form.replace('{}', '***')}\nContent-Type: application/json"
    session.console.result(f"{head}\n\n{json_text(request.body)}", exact=True)
    return 0


#: So many are named where nothing looks alike.
_NAMED = 6


def near(address: str, known: list[str]) -> str:
    """Return a remedy that names the addresses which look like this one."""
    found = nearest(address, known)
    if found:
        return f"nearest: {', '.join(found)}"
    more = ", …" if len(known) > _NAMED else ""
    return f"there are: {', '.join(sorted(known)[:_NAMED])}{more}" if known else "there is none yet"


@command(
    examples=("podsync schema {kind}", "podsync schema > catalog.schema.json"),
)
@click.argument("kind", default="catalog")
@click.pass_obj
def schema(session: Session, kind: str) -> int:
    """Print the JSON Schema of KIND, for editors and other tools.

    KIND is {kinds}, catalog (all; the default), podsync (the
    settings), plan or state.
    """
    from podsync.catalog.validation.schemas import schema_names, schema_text
    from podsync.model.errors import UsageError

    wanted = re.sub(r"\.schema\.json\Z", "", kind)
    if wanted not in schema_names():
        raise UsageError(f"there is no schema for {kind}", near(wanted, list(schema_names())))
    session.console.result(schema_text(wanted), exact=True)
    return 0
