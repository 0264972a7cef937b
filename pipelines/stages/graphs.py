"""The Beam graph of every stage, by the stage's name."""

from collections.abc import Mapping
from types import ModuleType

from pipelines.stages import (
    corpus,
    documents,
    duplicates,
    repetition,
    shards,
    token_cost,
    tokenizer,
)

MODULES: Mapping[str, ModuleType] = {
    stage.NAME: stage
    for stage in (documents, duplicates, repetition, corpus, tokenizer, token_cost, shards)
}
