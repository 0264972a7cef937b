"""Engines: Beam runners with their options, forked workers, and workers on other machines.

Nothing here knows what a stage does.
"""
