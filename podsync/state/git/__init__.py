"""The store on a branch of the same repository: `program` runs git, `store` implements the port."""

__all__ = ["checkout", "command", "environment", "store", "writer"]
