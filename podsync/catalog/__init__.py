"""From files to products: strict YAML, JSON Schemas, rules inside one document and across files."""

__all__ = [
    "cache",
    "formatting",
    "loader",
    "parsing",
    "rules",
    "settings_file",
    "source_lookup",
    "validation",
]
