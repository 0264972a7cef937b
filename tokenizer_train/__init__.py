"""Tokenizers: word counts, BPE training, encoding, and the token cost of each language.

Nothing here reads a corpus or imports Beam; `pipelines.stages` does that.
"""
