"""Rules of one document and between documents, and the words for what they find."""

__all__ = ["nearest", "schemas"]
