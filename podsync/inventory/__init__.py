"""The contents of accounts: products with their owners, look-alikes, and what their ids teach. Pure.

This part does not judge whether a product is a document's: that is `podsync.evidence`. Listings go in, values
for people come out.
"""

__all__ = ["audit", "documents", "harvest", "lookalikes", "pairs", "products"]
