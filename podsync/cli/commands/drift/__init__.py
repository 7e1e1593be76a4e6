"""`podsync drift`."""
