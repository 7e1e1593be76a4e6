"""`podsync init`."""
