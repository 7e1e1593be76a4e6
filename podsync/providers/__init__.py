"""The providers: one file each, pure knowledge and the requests that carry it."""
