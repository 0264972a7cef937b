"""Which of two sets of texts predicts good text better, by a small model of bytes.

Pure functions over texts in memory. Whose texts they are is for the caller to know.
"""
