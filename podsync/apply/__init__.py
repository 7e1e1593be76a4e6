"""Carrying a plan out, exactly once. Reads like PROTOCOL: settle, look, intent, send, sort, record, bind."""
