"""The command line, recipes, sources, stages and engines: everything between files and results.

Only stages, transport, engines and the code that starts them import Apache Beam.
"""
