"""Files as `podsync fmt` writes them: keys in order, even indentation, no value and no comment changed.

Whole lines are moved and indented, by the places that the catalog's own YAML reader tells. A library that
writes YAML anew was weighed: ruamel.yaml takes fourteen times as long for a file (1.8 ms against 0.13 ms),
would be the largest dependency, and writes quotes, flow styles and folded texts in its own way. Lines that
are moved keep all that by themselves, and what was written is read back and compared before it is believed.
"""

__all__ = ["files"]
