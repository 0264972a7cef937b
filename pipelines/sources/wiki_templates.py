"""The templates that a wiki's dump has as pages of their own (namespace 10)."""

import functools

from filters.wikitext.templates.pages import TemplatePages
from pipelines.sources import seven_zip
from pipelines.sources.compression import Decompressed
from pipelines.sources.files import UnitFile, open_binary
from pipelines.sources.limits import Limits
from pipelines.sources.units import WorkUnit
from pipelines.sources.wiki_text import PAGES
from pipelines.sources.xml_elements import Elements

TEMPLATE = "10"  # the key of the namespace, equal on all wikis
# The templates of a dump stand anywhere in it. A small one is read twice; of a large one each unit
# would have to read all the others.
MAX_OWN_BYTES = 32_000_000


def templates_of(unit: WorkUnit, file: UnitFile) -> TemplatePages | None:
    """The templates for the pages of a unit, by the option `templates`.

    It is a path of a dump with them, or `false`; by default a dump of up to 32 MB has its own.

    Raises:
      ValueError: the option is neither.
      OSError: the file cannot be read.
    """
    wanted = dict(unit.options).get("templates", True)
    if isinstance(wanted, str) and wanted:
        return read_templates(wanted)
    if type(wanted) is not bool:
        raise ValueError(f"source {unit.source!r}: templates {wanted!r} is no path, true or false")
    if not wanted or file.size > MAX_OWN_BYTES or seven_zip.is_archive(file):
        return None
    return read_templates(file.path, file.limits)


@functools.lru_cache(maxsize=2)
def read_templates(path: str, limits: Limits | None = None) -> TemplatePages | None:
    """The templates of a dump up to its end or a cut; None if there are none.

    Raises:
      OSError: the file cannot be read.
    """
    found: dict[str, str] = {}
    with UnitFile(path, open_binary(path), limits=limits) as file:
        for page in Elements(Decompressed(file), ("page",), PAGES):
            if (page.findtext("{*}ns") or "").strip() != TEMPLATE:
                continue
            title = (page.findtext("{*}title") or "").partition(":")[2]
            revisions = page.findall("{*}revision")
            text = revisions[-1].findtext("{*}text") if revisions else None
            if title and text:
                found[title] = text
    return TemplatePages(found) if found else None
