"""The record of a run: schemas and column names, counts, the store of parts, checks and summary.

All other packages may import this one; it imports none of them.
"""
