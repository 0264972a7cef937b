"""What each command of `winnow` does and prints, one module a command.

`command` in each module is what `pipelines.cli` calls with the parsed arguments; the rest of a
module works without a terminal. `console` is what they share. A module is imported when its command
is called, so that `winnow inspect` does not load what `winnow run` needs. Nothing outside of
`pipelines.cli` and the tests imports from here.
"""
