"""Code that all readers of wikis share: their options, and the conversion of wikitext to text.

The reader of a dump converts, since only the reader knows the wiki's language and namespaces.
"""

from collections.abc import Iterable

import pyarrow as pa

from filters.wikitext import Markup, hidden_namespaces, wikitext_to_text
from filters.wikitext.names import VARIANT_LANGUAGES
from manifests import schemas
from pipelines.sources.units import WorkUnit

CHOICES = ("tables", "infoboxes", "captions", "math")
OPTIONS = frozenset({"namespaces", "disambiguations", *CHOICES})
ARTICLES = 0  # the namespace of encyclopedia articles


def flag(unit: WorkUnit, name: str) -> bool:
    """An option that is true or false, by default false.

    Raises:
      ValueError: it is something else.
    """
    value = dict(unit.options).get(name, False)
    if type(value) is not bool:
        raise ValueError(f"source {unit.source!r}: {name} {value!r} is not true or false")
    return value


def namespaces(unit: WorkUnit) -> frozenset[int]:
    """The option `namespaces`: the numbers of wanted namespaces, by default that of articles.

    Raises:
      ValueError: it is no list of numbers.
    """
    wanted = dict(unit.options).get("namespaces", [ARTICLES])
    if not isinstance(wanted, (list, tuple)) or not all(type(n) is int for n in wanted):
        raise ValueError(
            f"source {unit.source!r}: namespaces {wanted!r} is no list of numbers such as [0]"
        )
    return frozenset(wanted)


def choices(unit: WorkUnit) -> dict[str, bool]:
    """Which parts of a page are kept besides the running text, from the options of these names.

    Raises:
      ValueError: an option is neither true nor false.
    """
    return {name: flag(unit, name) for name in CHOICES}


def markup_of(
    chosen: dict[str, bool],
    language: str | None,
    files: Iterable[str] = (),
    categories: Iterable[str] = (),
) -> Markup:
    """The markup of a wiki with this language and these names of namespaces."""
    names = hidden_namespaces(language, files, categories)
    variants = (language or "").lower().partition("-")[0] in VARIANT_LANGUAGES
    return Markup(**chosen, variants=variants, files=names[0], categories=names[1])


def as_text(batch: pa.RecordBatch, markup: Markup) -> pa.RecordBatch:
    """RECORDS whose content is wikitext -> RECORDS whose content is the converted text."""
    text = wikitext_to_text(batch["content"].cast(pa.large_string()), markup)
    columns = {
        **{name: batch[name] for name in schemas.RECORDS.names},
        "content": text.cast(pa.large_binary()),
        "media_type": pa.repeat(schemas.PLAIN, batch.num_rows),
    }
    return pa.RecordBatch.from_arrays(list(columns.values()), schema=schemas.RECORDS)
