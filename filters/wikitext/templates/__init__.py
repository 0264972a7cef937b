"""The text of templates: found in a pass over the bytes, written in Python where it is known.

`names.json` says which template of which wiki is of which kind, `locales.json` (written by
benchmarks/wiki_locales.py) what its language calls things. A module here writes one kind of text;
what it gives is wikitext, which the kernel around turns into plain text like all other.
"""
