"""`podsync apply`."""
