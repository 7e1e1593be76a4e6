"""Desired × state -> one immutable Plan."""
