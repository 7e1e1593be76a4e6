"""How every command behaves: options, streams, formats, progress, questions."""
