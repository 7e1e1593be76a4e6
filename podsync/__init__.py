"""podsync: a catalog of print-on-demand products, kept in Git and synchronised exactly once."""

__version__ = "0.1.0"
