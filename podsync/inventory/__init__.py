"""What accounts hold: products with whoever owns them, look-alikes, and what can be learned from them. Pure.

Nothing here judges whether a product is a document's: that is `podsync.evidence`. Listings go in, values for
people come out.
"""

__all__ = ["audit", "documents", "harvest", "lookalikes", "pairs", "products"]
