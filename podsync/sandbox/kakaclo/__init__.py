"""KakaClo's API, simulated."""
