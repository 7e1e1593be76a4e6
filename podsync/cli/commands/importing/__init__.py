"""`podsync import`."""
