"""Checks of the pictures behind a catalog's URLs: `validate --images`.

`places` (where the catalog names a picture) -> `check` (each URL once, a few at a time) -> `fetch` (the
adapter: public addresses only, bounded in bytes and seconds) -> `formats` (header bytes, never pixels) ->
`rules` (facts -> diagnostics). `cache` remembers by ETag.
"""

__all__ = ["cache", "check", "facts", "fetch", "https", "places", "rules"]
