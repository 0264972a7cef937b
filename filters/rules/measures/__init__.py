"""What rules compute of a batch: each module holds the arithmetic of the rules that the module of
`filters.rules` of the same name declares.

A rule names its function here in `measured_by`, and `Rule.measure` imports it with the first batch:
nothing outside of this folder imports its modules, so that whoever reads a recipe loads no kernels.
"""
