"""Token shards: their number, their names, and the keys that shuffle documents.

Nothing here imports Beam; `pipelines.stages.shards` writes the files.
"""
