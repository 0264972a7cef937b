"""What is published and planted where: the table of contents of the sample."""

import dataclasses
import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from pipelines.sample.texts import LANGUAGES, Article, articles, near_copies

OTHERS = LANGUAGES[1:]  # every language but English, which has topics of its own

# Where each article is published first. Nothing is published twice unless it is planted below.
ENGLISH = {
    "web": "bread bees rivers bicycles tea football astronomy gardening chess violins markets "
    "wells",
    "broken": "weather libraries",
    "wet": "railways sewing lighthouses",
    "wiki": "clocks bridges salt glaciers",
    "reddit": "swimming owls cheese mushrooms",
    "news": "maps ferries kites",
    "books": "paper pottery",
}
OTHER = {
    "web": "bread bees river library tea garden",
    "wet": "bicycle football",
    "wiki": "stars railway",
    "reddit": "sewing",
    "news": "market clock",
    "books": "bridge",
}
EXACT = {
    "web": "en tea, de bread, ru bread, hi bread, zh bread, ar bread, my bees, ja bees",
    "wet": "en sewing",
    "reddit": "en swimming",
    "news": "en maps, de market",
    "books": "en pottery",
}
SYNDICATED = ["en gardening", "de bees", "ja garden"]  # of the web, again in the news
CHARSETS = {  # name in the HTTP header, name in the page, codec
    "ru garden": ("windows-1251", "", "cp1251"),
    "de library": ("iso-8859-1", "", "latin-1"),
    "ar bees": ("windows-1256", "", "cp1256"),
    "ja river": ("", "Shift_JIS", "shift_jis"),
    "zh garden": ("", "gb18030", "gb18030"),
}
ENCODED = ["en football"]  # chunked and gzip, as the server sent it
DECLARED_ENGLISH = ["de garden", "hi garden", "ja tea"]
MOJIBAKE = ["de river", "ru river", "hi river", "zh tea", "ar tea"]


@dataclasses.dataclass(frozen=True)
class Record:
    """One record of a file: its id there, what it is, and the language that it is written in."""

    native_id: str
    kind: str
    language: str | None = None


@dataclasses.dataclass(frozen=True)
class SampleFile:
    data: bytes
    records: list[Record]
    duplicates: dict[str, str]  # original by copy


def key(article: Article) -> str:
    return f"{article.language} {article.topic}"


class Library:
    """The articles by the file that they belong to."""

    def __init__(self) -> None:
        self.articles = {key(article): article for article in articles().values()}
        self.near = near_copies(articles())

    def published(self, file: str) -> list[Article]:
        """First publications, then exact copies, then near copies of what `file` holds."""
        names = [f"en {topic}" for topic in ENGLISH.get(file, "").split()]
        names += [f"{lang} {topic}" for lang in OTHERS for topic in OTHER.get(file, "").split()]
        first = [self.articles[name] for name in names]
        copied = [name for name in names if name in EXACT.get(file, "").split(", ")]
        exact = [
            dataclasses.replace(self.articles[name], kind="exact_duplicate") for name in copied
        ]
        return first + exact + [copy for copy in self.near if key(copy) in names]


def duplicate_pairs(published: Iterable[tuple[Article, str]]) -> dict[str, str]:
    """The native id of each exact or near copy in a file, with that of its original there."""
    published = list(published)
    copies = {"exact_duplicate", "near_duplicate"}
    originals = {key(article): i for article, i in published if article.kind not in copies}
    return {i: originals[key(article)] for article, i in published if article.kind in copies}


def mixed(items: Iterable[Any], name: Callable[[Any], str]) -> list[Any]:
    """Items in an order that looks arbitrary and is always the same."""
    return sorted(items, key=lambda item: hashlib.blake2b(name(item).encode()).digest())
