"""Batches for PyTorch, which is imported when it is asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from shards.batches import Batches


def torch_dataset(batches: Batches) -> Any:
    """A `torch.utils.data.IterableDataset` of whole batches: `DataLoader(it, batch_size=None)`.

    A batch is a dict: `input_ids`, `position_ids` and `document_ids`, int64 [rows, length];
    `cu_seqlens`, int32 [documents + 1]; and `state`. The loader's workers take batches in turn, so
    that their order does not depend on how many there are.

    Raises:
      ImportError: torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise ImportError("PyTorch is not installed: pip install 'winnow-corpus[torch]'") from None
    from torch.utils.data import IterableDataset, get_worker_info

    class TokenBatches(IterableDataset):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            info = get_worker_info()
            own = batches if info is None else batches.of_worker(info.id, info.num_workers)
            for batch in own:
                ids = batch.input_ids
                parts = (ids, batch.position_ids, batch.document_ids, batch.cu_seqlens)
                whole = np.concatenate([part.ravel() for part in parts], dtype=np.int64)
                yield TorchBatch(torch.from_numpy(whole), ids.shape, batch.state)

        def __len__(self) -> int:
            return len(batches)

        def __reduce__(self) -> tuple[Any, ...]:
            return torch_dataset, (batches,)  # workers may be started, not forked

    return TokenBatches()


class TorchBatch(dict[str, Any]):
    """A batch as tensors, which are parts of one: processes hand over each tensor by a request."""

    def __init__(self, whole: Any, shape: tuple[int, int], state: Mapping[str, int]) -> None:
        tokens = shape[0] * shape[1]
        names = ("input_ids", "position_ids", "document_ids")
        parts = zip(names, whole[: 3 * tokens].view(3, *shape), strict=True)
        super().__init__(parts, cu_seqlens=whole[3 * tokens :].int(), state=state)
        self._made_of = (whole, shape, state)

    def __reduce__(self) -> tuple[Any, ...]:
        return TorchBatch, self._made_of
