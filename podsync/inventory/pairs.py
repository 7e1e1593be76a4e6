"""Documents next to the listed products that may be theirs, field by field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from podsync.evidence.listing import Version, Versions
from podsync.evidence.pairs import FieldPair, PairVerdict, ProposedPair, fields_beside
from podsync.evidence.state_view import Known
from podsync.inventory.audit import AccountAudit
from podsync.inventory.lookalikes import LookAlikes, Resemblance, look_alikes
from podsync.inventory.products import ListedProduct, Standing
from podsync.model.address import Address
from podsync.model.frozen import EMPTY, Spec
from podsync.providers.contract import Remote


@dataclass(frozen=True, slots=True)
class Candidate:
    """A listed product that may belong to a document; without an address it resembles none.

    `fields` are those of the spec, in its order, each with the listed value. `versions`: the spec was sent,
    and the document says something else today.
    """

    verdict: PairVerdict
    product: ListedProduct
    address: Address | None
    spec: Spec
    fields: tuple[FieldPair, ...]
    versions: Versions | None = None

    @property
    def possible(self) -> tuple[Version, ...]:
        """The versions that the product may be as far as the listing tells; () where there is one only."""
        if self.versions is None or not self.versions.apart:
            return ()
        return self.versions.possible(self.product.row)

    @property
    def certain(self) -> bool:
        """Whether no person has to be asked."""
        return self.verdict is PairVerdict.SAME


@dataclass(frozen=True)
class PairedAccount:
    """What one account lists, and which of it may be whose."""

    audit: AccountAudit
    candidates: tuple[Candidate, ...]

    @cached_property
    def strangers(self) -> Sequence[Candidate]:
        """What looks like no document, the oldest first."""
        return [each for each in self.candidates if each.address is None]

    @cached_property
    def doubles(self) -> tuple[LookAlikes, ...]:
        """Groups of strangers of which all that is listed is the same."""
        strangers = [each.product for each in self.strangers]
        ids = {each.row.id for each in strangers}
        variants = [each for each in self.audit.variants if each.row.id in ids]
        groups = look_alikes(self.audit.provider, strangers, variants)
        return tuple(group for group in groups if group.resemblance is Resemblance.DOUBLE)


def paired(
    known: Known,
    base_url: str,
    proposed: Iterable[ProposedPair],
    *,
    whole: bool,
    variants: Iterable[Remote] = (),
) -> PairedAccount:
    """Return the pairs of an account in the order in which they were proposed; `whole`: it was read so.

    `variants` are other contents of listed products.
    """
    provider, candidates = known.provider, []
    products: dict[str, ListedProduct] = {}
    for pair in proposed:
        row = pair.row
        open_options = provider.open_options(row.fields)
        product = products.setdefault(row.id, ListedProduct(row, Standing.UNMANAGED, None, open_options))
        fields = tuple(fields_beside(provider, pair.spec, row))
        candidates.append(Candidate(pair.verdict, product, pair.address, pair.spec, fields, pair.versions))
    ids = provider.known.ids
    models = {model.id: model for model in ids.models.values() if not model.left}
    audit = AccountAudit(
        provider, base_url, known.account, tuple(products.values()), whole, models if ids.listed else EMPTY,
        variants=tuple(ListedProduct(row, Standing.UNMANAGED) for row in variants if row.id in products),
    )  # fmt: skip
    return PairedAccount(audit, tuple(candidates))
