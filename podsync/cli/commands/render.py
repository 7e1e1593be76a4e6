"""`podsync render` and `podsync schema`: what a create would send, and what a document may say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from podsync.cli.app.completion import complete_address
from podsync.cli.app.framework import command, nearest
from podsync.cli.app.session import Session

if TYPE_CHECKING:
    from podsync.model.frozen import Spec
    from podsync.network.request import Request
    from podsync.providers.knowledge import Provider


@command(
    examples=("podsync render {kind}.dinosaur-tee",),
)
@click.argument("address", shell_complete=complete_address)
@click.pass_obj
def render(session: Session, address: str) -> int:
    """Show the exact requests that creating ADDRESS would send. The key is masked; nothing is sent.

    A product of several requests shows each; ID stands for the id that the first one gets.
    """
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
    base, (header, form) = space.host(product.provider)["base_url"].rstrip("/"), provider.info.key_header
    fixed = f"{header}: {form.replace('{}', '***')}\nContent-Type: application/json"
    told = [
        f"{request.method} {base}{request.path}\n{fixed}\n\n{json_text(request.body)}"
        for request in requests_of(provider, product.spec)
    ]
    session.console.result("\n".join(told), exact=True)
    return 0


def requests_of(provider: Provider, spec: Spec) -> Iterator[Request]:
    """Yield what a create sends, and then each step; `ID` stands for the id of the product."""
    made = provider.first(spec)
    yield provider.request(spec)
    while steps := provider.steps(made, spec):
        yield provider.step_request("ID", steps[0], made)
        made = {**made, **steps[0].body}


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
