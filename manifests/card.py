"""The README.md of a run's folder: a dataset card, by which `datasets.load_dataset(RUN)` reads it.

Its head is YAML as https://huggingface.co/docs/hub/datasets-cards and
https://huggingface.co/docs/hub/datasets-manual-configuration have it. The licence is for a person
to add.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from manifests.schemas import UNDETERMINED
from manifests.statistics import KEPT, Funnel

CARD_FILE = "README.md"


def card(manifest: Mapping[str, Any]) -> str:
    """The card of a finished run; `corpus` is what is loaded unless `tokens` is asked for."""
    content = manifest["reproducible"]
    configs: list[dict[str, Any]] = [
        {"config_name": "corpus", "data_files": "corpus/*.parquet", "default": True}
    ]
    if "shards" in content:
        configs.append({"config_name": "tokens", "data_files": "shards/*.parquet"})
    kept = Funnel.from_json(content["stages"]["corpus"]["funnel"])
    by_language = kept.by(KEPT, "language")
    languages = "\n".join(
        f"| {code} | {count.docs:,} | {count.text_bytes:,} |" for code, count in by_language.items()
    )
    name = content["recipe"]["name"]
    # The Hub knows languages of ISO 639 alone, without script or region.
    codes = {code.split("-")[0] for code in by_language} - {UNDETERMINED, ""}
    fields = {
        "pretty_name": name,
        "language": sorted(codes),
        "size_categories": [_size_category(content["corpus"]["rows"])],
        "task_categories": ["text-generation"],
        "tags": ["winnow", "croissant"],
        "configs": configs,
    }
    head = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=1000).rstrip()
    return f"""---
{head}
---
# {name}

Made by winnow {content["winnow_version"]}; `manifest.json` has the recipe, what was read, and what
became of every record; `croissant.json` says it as Croissant 1.1, and `provenance.json` as an
in-toto statement. Its `run_digest` is `{manifest["run_digest"]}`.

`corpus/` has {content["corpus"]["rows"]:,} documents with their final text:

```python
from datasets import load_dataset

corpus = load_dataset("path/of/this/folder", split="train", streaming=True)
```
{_TOKENS if "shards" in content else ""}
| language | documents | bytes of text |
| --- | ---: | ---: |
{languages}
"""


def _size_category(rows: int) -> str:
    """The Hub's word for a number of rows."""
    bounds = (10**3, 10**4, 10**5, 10**6, 10**7, 10**8, 10**9, 10**10, 10**11, 10**12)
    names = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")
    place = sum(rows >= bound for bound in bounds)
    if place == 0:
        return f"n<{names[0]}"
    if place == len(names):
        return f"n>{names[-1]}"
    return f"{names[place - 1]}<n<{names[place]}"


_TOKENS = """
`shards/` has the same documents as token ids, shuffled: `load_dataset("path", "tokens")`.
"""
