"""`podsync state`."""
