"""Many products from few lines: `each`, `_defaults.yaml` and `${…}`. Inner to `catalog`.

A document goes through one pipeline: layers (`_defaults.yaml` from the root down, the document, the
overrides that fit) are merged, the combinations of its axes are counted and chosen, and each makes plain
data with every `${…}` put in. What comes out is an ordinary `Document`, one a product, so the schema, the
rules and the constructor of a product know nothing of all this.

Three designs were weighed. To carry a place beside each value while layers are merged: every reading would
pay for places that only a fault needs. To expand into text and to read that as YAML: quick to write, but a
cell could then become keys, and all places are lost. So, as here: data is made without places, and
`expansion.ProductOrigins` finds the place of a value when somebody asks: it walks the same layers backwards.
A fault, `render --explain` and a change's `file:line` ask the same object.

What a file depends on besides its own text (tables, defaults) is what its expansion has read; the cache
keeps that beside the file. Variables and limits are part of the cache's key.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podsync.catalog.authoring.context import AuthoringContext
    from podsync.catalog.authoring.expansion import Expansion
    from podsync.catalog.discovery import FoundFile
    from podsync.catalog.parsing.document import Document


def expansion_of(document: "Document", found: "FoundFile", context: "AuthoringContext") -> "Expansion":
    """Return the products of a document in the file `found`. Most catalogs have none that makes several."""
    from podsync.catalog.authoring.expansion import Expansion

    return Expansion(document, found, context)
