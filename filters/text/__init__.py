"""What a text is made of: characters, chunks, lines, words; and its normalisation.

Rules that judge what is found here stand in `filters.rules`.
"""
