"""One request, one answer: certificates, deadlines, and keys that no text may show."""

__all__ = ["certificates", "dates", "hosts", "http", "request", "secrets", "signed_url"]
