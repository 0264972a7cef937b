"""Rules on documents: what each measures, and the thresholds that a recipe may set.

A module declares the rules of one source, `registry` knows them all, `apply` runs those of a recipe
over a batch, `verdicts` decides from measured values. The arithmetic of a rule stands in
`measures`, in the module of the same name: declarations import no kernels.
"""
