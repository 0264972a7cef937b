"""The report of a run: one HTML file that shows what `manifest.json` and the measured values say.

What is counted stands in `measured` and `histograms`, what is shown in `contents`, and the page
with its style and script in `page` and the files beside it. Nothing here knows rules or recipes:
who makes a report says which values have which limits.
"""
