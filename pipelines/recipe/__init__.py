"""Recipes: their sections composed, read from YAML, overridden, checked, and planned.

The settings of a section live with what they set, in `filters`, `dedup`, `tokenizer_train` and
`shards`. Nothing here imports Apache Beam.
"""
