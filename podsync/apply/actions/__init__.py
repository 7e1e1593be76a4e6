"""What an apply does about one change: take back, create, update, settle, note."""
