"""One file per format: functions from values to text. Nothing here prints."""

__all__ = [
    "audit", "csv", "drift", "escape", "explained", "forecast", "github", "html", "json", "layout",
    "markdown", "pairs", "style", "text", "wording",
]  # fmt: skip
