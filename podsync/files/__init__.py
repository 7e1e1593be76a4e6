"""Bytes on a disk: written whole or not at all, read strictly, and known again by their seal."""

__all__ = ["atomic", "cache_file", "foreign", "notes", "os_files", "seal", "strict_json"]
