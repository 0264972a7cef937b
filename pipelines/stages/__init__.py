"""The Beam wiring of the stages: one module for each stage, and modules that several stages share.

A stage is a module with `NAME`, `settings(recipe)` and `build(pipeline, context)`. Decisions about
documents are not made here but in `filters`, `dedup`, `tokenizer_train` and `shards`.
"""
