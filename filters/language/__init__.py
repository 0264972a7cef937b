"""Models and tables by language: labels and their codes, identification, quality classifiers.

What decides from a language's score or a table stands in `filters.rules` and `filters.documents`.
"""
