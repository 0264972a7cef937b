"""The context of a stage, for driver and workers. It loads without Beam."""

import dataclasses
from typing import Any

from manifests.statistics import digest_of
from manifests.store import Store
from pipelines.recipe.recipe import Recipe
from pipelines.sources.units import WorkUnit


class StageError(RuntimeError):
    """A stage cannot do its work; the message says why and what to change."""


@dataclasses.dataclass(frozen=True)
class StageContext:
    """The context of a stage, for driver and workers. Only its list of units may be large.

    Attributes:
      run: address of the run's folder.
      units: the planned work units.
      key: changes if the settings of this stage change, or its input from other stages.
      plan_digest: digest of the list of units.
      exchange: how bulk data is exchanged (see `pipelines.transport.exchange`).
      upstream: manifests of the earlier stages, by name.
    """

    run: str
    recipe: Recipe
    units: tuple[WorkUnit, ...]
    key: str
    plan_digest: str
    exchange: str
    upstream: dict[str, dict[str, Any]]

    @property
    def store(self) -> Store:
        return Store(self.run)

    @property
    def manifest_key(self) -> str:
        """The key in the stage's manifest if the stage is complete for this plan."""
        return digest_of([self.key, self.plan_digest])

    def for_workers(self) -> "StageContext":
        """A copy without what only the driver needs. DoFns carry this copy."""
        return dataclasses.replace(self, units=(), upstream={})
