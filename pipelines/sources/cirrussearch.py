"""CirrusSearch dumps: the pages in Wikimedia's search index, two JSON lines for each page.

Source: https://www.mediawiki.org/wiki/Extension:CirrusSearch/Schema. The lines are Elasticsearch's
bulk format: an action, `{"index": {"_id": "12"}}`, then the page's fields.
"""

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from filters.wikitext import is_disambiguation, is_redirect, wikitext_to_text
from filters.wikitext.names import is_disambiguation_template
from manifests import schemas
from pipelines.sources import wiki_text
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, parse_object, read_lines, scalar
from pipelines.sources.records import Batches, Record, empty_file, text_of, text_option
from pipelines.sources.units import WorkUnit

OPTIONS = wiki_text.WIKITEXT_OPTIONS | {"text"}
PLAIN_TEXT, WIKITEXT = "text", "source_text"


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Pages with the text of the field that the option `text` names.

    The field is `text` (plain text for the search, without lines) or `source_text` (wikitext, which
    is converted to text with the options of `mediawiki`). The id is `<wiki>/<page id>`, as in the
    XML dump. What a page does not say of its wiki and language, the name of the file says,
    `dewiki-20240101-…`; wikitext whose language is not known is an error row, since nobody can say
    what its templates mean, and pages of an unknown wiki have the file's name in their id.

    Raises:
      ValueError: an option makes no sense.
    """
    return Batches(Pages(unit, file, max_record_bytes), batch_docs)


class Pages:
    """The pages of a dump as records, according to the options of the source.

    Raises:
      ValueError: an option makes no sense.
    """

    def __init__(self, unit: WorkUnit, file: UnitFile, limit: int) -> None:
        self._unit = unit
        self._file = file
        self._wiki = wiki_text.wiki_in(file.name)
        self._limit = limit
        self._field = text_option(unit, "text", PLAIN_TEXT)
        self._namespaces = wiki_text.namespaces(unit)
        self._disambiguations = wiki_text.flag(unit, "disambiguations")
        self._choices = wiki_text.choices(unit, wiki_text.WIKITEXT_CHOICES)
        self._is_markdown = wiki_text.is_markdown(unit)
        if self._field not in (PLAIN_TEXT, WIKITEXT):
            raise ValueError(
                f"source {unit.source!r}: text {self._field!r} is neither {PLAIN_TEXT!r} "
                f"nor {WIKITEXT!r}"
            )
        given = dict(unit.options)
        chosen = [name for name, wanted in self._choices.items() if wanted and name in given]
        if chosen and self._field == PLAIN_TEXT:
            raise ValueError(f"source {unit.source!r}: {chosen[0]} needs text: {WIKITEXT}")

    def __iter__(self) -> Iterator[Record]:
        file = self._file
        page_id: str | None = None  # of the last action, whose page comes next
        found = False
        for line in read_lines(file, 0, -1, self._limit):
            if not line.content and not line.problem:
                continue
            found = True
            base = Record(f"{file.name}#{line.place}", line.size, schemas.PLAIN)
            problem, value = line.problem, None
            if problem is None:
                problem, value = parse_object(line.content)
            if value is None:
                yield base._replace(error=f"{problem}, in the line at byte {line.place}")
                page_id = None
                continue
            action = value.get("index")
            if isinstance(action, dict) and "title" not in value:
                if page_id is not None:
                    yield base._replace(error="two actions without a page between them")
                page_id = scalar(action.get("_id"))
                continue
            yield self._page(value, page_id or scalar(value.get("page_id")), base)
            page_id = None
        if page_id is not None:
            yield Record(
                f"{file.name}#end", 0, schemas.PLAIN, error="the last action has no page: file cut?"
            )
        if not found:
            yield empty_file(file.name, schemas.PLAIN)

    def _page(self, value: dict[str, Any], page_id: str | None, base: Record) -> Record:
        title = scalar(value.get("title"))
        if not page_id or not title:
            return base._replace(error="page without an id or a title")
        wiki = scalar(value.get("wiki")) or self._wiki
        language = scalar(value.get("language")) or wiki_text.language_of(wiki)
        base = base._replace(native_id=f"{wiki or self._file.name}/{page_id}")
        if value.get("namespace", 0) not in self._namespaces:
            return base._replace(skip_reason="cirrussearch.namespace")
        text = text_of(value.get(self._field))
        if text is None:
            return base._replace(skip_reason="cirrussearch.empty")
        if self._field == WIKITEXT and not language:
            return base._replace(
                error="the page names neither its language nor a wiki that has one, so its "
                "wikitext cannot be read; give the file the name that it was downloaded with, such "
                "as dewiki-20240101-cirrussearch-content.json.gz"
            )
        if self._field == WIKITEXT and is_redirect(text):
            return base._replace(skip_reason="cirrussearch.redirect")
        if not self._disambiguations and self._tells_apart(value, text, language):
            return base._replace(skip_reason="cirrussearch.disambiguation")
        content = encode(text)
        if self._field == WIKITEXT:
            markup = wiki_text.markup_of(
                self._choices, language, markdown=self._is_markdown, wiki=wiki or ""
            )
            pages = pa.array([content.decode()], pa.large_string())
            content = wikitext_to_text(pages, markup, pa.array([title]))[0].as_py().encode()
        return base._replace(
            content=content,
            title=title,
            date=scalar(value.get("timestamp")),
            language_hint=language,
            license=wiki_text.license_of(wiki, self._unit),
        )

    def _tells_apart(self, value: dict[str, Any], text: str, language: str | None) -> bool:
        templates = value.get("template")
        if isinstance(templates, list):
            return any(
                isinstance(name, str) and is_disambiguation_template(name, language)
                for name in templates
            )
        return self._field == WIKITEXT and is_disambiguation(text, language)
