"""From files to products: strict YAML, JSON Schemas, rules inside one document and across files."""
