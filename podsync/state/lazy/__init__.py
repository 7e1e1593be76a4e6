"""A large state file read without making its entries. It never changes a result."""
