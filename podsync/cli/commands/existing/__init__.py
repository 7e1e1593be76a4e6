"""Commands for people who have products already; each asks, and none writes to a provider."""
