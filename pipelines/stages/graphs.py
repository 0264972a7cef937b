"""The Beam graph of every stage, by the stage's name."""

from collections.abc import Mapping
from types import ModuleType

from pipelines.stages import documents, duplicates, repetition, shards, token_cost, tokenizer

MODULES: Mapping[str, ModuleType] = {
    stage.NAME: stage
    for stage in (documents, duplicates, repetition, tokenizer, token_cost, shards)
}
