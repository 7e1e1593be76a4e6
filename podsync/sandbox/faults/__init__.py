"""Faults on request: which there are, when they strike, and what they do."""
