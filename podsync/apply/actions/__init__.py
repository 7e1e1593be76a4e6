"""The actions of an apply for one change: restore, create, update, settle, note."""
