"""Pure functions over Arrow batches: from records to documents.

`documents` is the chain over one batch, `settings` what a recipe may say of it. The rooms hold its
steps: `extract` and `wikitext` make text of markup, `text` knows characters, lines and words,
`language` names languages and scores quality, `rules` measure and judge, `urls` decide about
addresses, `pii` redacts personal data. Nothing here opens a file of a run or imports Apache Beam.
"""
