"""One file per format: functions from values to text. Nothing here prints."""
