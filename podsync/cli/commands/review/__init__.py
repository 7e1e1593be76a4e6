"""`podsync review`."""
