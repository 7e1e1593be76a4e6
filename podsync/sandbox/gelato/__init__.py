"""GelatoConnect's API, simulated."""
