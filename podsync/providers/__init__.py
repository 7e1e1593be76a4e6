"""The providers: a folder each, with its description, its pure knowledge, and the requests that carry it."""

__all__ = [
    "contract",
    "descriptor",
    "habits",
    "knowledge",
    "known_models",
    "name_forms",
    "normalise",
    "registry",
]
