"""Duplicates, repetition and contamination: pure functions over arrays and Arrow batches.

Exact keys, MinHash, banding, clusters, verification, decontamination and repeated lines and spans
are here. Nothing here reads files or imports Beam; `pipelines.stages` does that.
"""
