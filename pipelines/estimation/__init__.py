"""Predicts a run from a keyed sample of its input: `winnow estimate`.

`draw` takes the sample, `measured` runs stages and measures them, `outcomes` reads what became of
the sample, `ratios` and `forecast` tell from it what the whole will give, `prices` what it costs.
"""
