"""From files to products: strict YAML, JSON Schemas, rules inside one document and across files."""

__all__ = [
    "accepting", "formatting", "known_file", "loader", "parsing", "rules", "settings_file",
    "source_lookup", "text_check", "validation",
]  # fmt: skip
