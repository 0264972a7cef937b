"""The two ways in which bulk data is exchanged; `pipelines.transport.exchange` says more."""

FILES, ENGINE = "files", "engine"
