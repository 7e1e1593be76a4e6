"""The axes of a document: where their keys come from, and which combinations there are."""
