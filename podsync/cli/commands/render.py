"""`podsync render` and `podsync schema`: what a create would send, and what a document may say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from podsync.catalog.source_lookup import Sources
from podsync.catalog.validation.schemas import schema_names, schema_text
from podsync.cli.app.completion import complete_address
from podsync.cli.app.framework import command, nearest
from podsync.cli.app.session import Session
from podsync.cli.workspace import Workspace
from podsync.model.address import Address
from podsync.model.errors import UsageError
from podsync.model.frozen import Spec
from podsync.model.product import Product
from podsync.network.request import Request
from podsync.output.explained import explained
from podsync.output.json.text import json_text
from podsync.providers.knowledge import Provider


@command(
    examples=(
        "podsync render {kind}.dinosaur-tee",
        'podsync render "{kind}.dino[colour=red,model=tee]" --explain',
        "podsync render {kind}.dino     all that the document makes",
    )
)
@click.argument("address", shell_complete=complete_address)
@click.option("--explain", is_flag=True, help="Say of every value which file and line it comes from.")
def render(session: Session, address: str, explain: bool) -> int:
    """Show the exact requests that creating ADDRESS would send. The key is masked; nothing is sent.

    A product of several requests shows each; ID stands for the id that the first one gets.
    Of a document that makes several products, without keys, that of each is shown.
    """
    space = Workspace.open(session)
    space.tell_environment()
    wanted = _typed(address)
    found, known = [], []
    for product in space.catalog():
        known.append(str(product.address))
        if wanted in (product.address, product.address._replace(name=product.address.document)):
            found.append(product)
    if not found:
        raise UsageError(f"no document has the address {address}", near(address, known))
    texts = [_explained(space, found)] if explain else (_request(space, product) for product in found)
    several = len(found) > 1 and not explain
    for product, text in zip(found, texts, strict=False):
        session.console.result(f"# {product.address}\n{text}" if several else text, exact=True)
    return 0


def _typed(address: str) -> Address | None:
    """Return the address that was typed, its keys in any order; None for what is none."""
    try:
        return Address.parse(address)
    except ValueError:
        return None


def _request(space: Workspace, product: Product) -> str:
    provider = space.providers[product.provider]
    base, (header, form) = space.host(product.provider)["base_url"].rstrip("/"), provider.info.key_header
    fixed = f"{header}: {form.replace('{}', '***')}\nContent-Type: application/json"
    return "\n".join(
        f"{request.method} {base}{request.path}\n{fixed}\n\n{json_text(request.body)}"
        for request in requests_of(provider, product.spec)
    )


def _explained(space: Workspace, products: Sequence[Product]) -> str:
    """Return each value of these products with its place, and of what it was put together."""
    sources = Sources(Path(), space.authoring, space.settings.catalog)
    return explained([(product, sources.of(product).values()) for product in products])


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


@command(examples=("podsync schema {kind}", "podsync schema > catalog.schema.json"))
@click.argument("kind", default="catalog")
def schema(session: Session, kind: str) -> int:
    """Print the JSON Schema of KIND, for editors and other tools.

    KIND is {kinds}, catalog (all; the default), defaults
    (`_defaults.yaml`), podsync (the settings), plan or state.
    """
    wanted = re.sub(r"\.schema\.json\Z", "", kind)
    if wanted not in schema_names():
        raise UsageError(f"there is no schema for {kind}", near(wanted, list(schema_names())))
    session.console.result(schema_text(wanted), exact=True)
    return 0
