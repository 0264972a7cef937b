"""Everything that knows Apache Beam: command line, recipes, sources, stages, runners."""
