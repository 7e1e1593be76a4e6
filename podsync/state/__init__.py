"""What podsync remembers: immutable values, a journal of events, a snapshot."""
