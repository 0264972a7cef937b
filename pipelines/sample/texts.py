"""The sample's own texts: articles in eight languages, planted pages and parallel sentences.

Three kinds of files lie beside this module, each a list of sections that start with `# `:
`texts_LANGUAGE.txt` (articles: topic | title), `planted.txt` (kind | language | argument) and
`stackexchange.txt` (question or answer | thread | title | tags).
"""

import dataclasses
import importlib.resources
from collections.abc import Iterator

LANGUAGES = ("en", "de", "ru", "hi", "my", "zh", "ar", "ja")


@dataclasses.dataclass(frozen=True)
class Article:
    """A text of our own: `kind` says what was planted in it, `good` that nothing was."""

    kind: str
    language: str
    topic: str
    title: str
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


@dataclasses.dataclass(frozen=True)
class Section:
    heading: tuple[str, ...]
    body: str

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.body.splitlines())


def sections(name: str) -> Iterator[Section]:
    text = importlib.resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    for part in ("\n" + text).split("\n# ")[1:]:
        heading, _, body = part.partition("\n")
        yield Section(tuple(field.strip() for field in heading.split("|")), body.strip("\n"))


def planted(kind: str) -> list[Section]:
    return [section for section in sections("planted.txt") if section.heading[0] == kind]


def articles() -> dict[tuple[str, str], Article]:
    """Every article by language and topic, those with a contact line marked `personal_data`."""
    contacts = {(s.heading[1], s.heading[2]): s.body for s in planted("personal_data")}
    found = {}
    for language in LANGUAGES:
        for section in sections(f"texts_{language}.txt"):
            topic, title = section.heading
            paragraphs = section.body.split("\n\n")
            contact = contacts.get((language, topic))
            found[language, topic] = Article(
                "personal_data" if contact else "good",
                language,
                topic,
                title,
                (*paragraphs, contact) if contact else tuple(paragraphs),
            )
    return found


def near_copies(originals: dict[tuple[str, str], Article]) -> list[Article]:
    """Articles with one expression changed, as `near` in planted.txt says.

    Raises:
      ValueError: an expression does not occur exactly once in its article.
    """
    copies = []
    for section in planted("near"):
        _, language, topic = section.heading
        old, new = section.body.split(" => ")
        original = originals[language, topic]
        if original.body.count(old) != 1:
            raise ValueError(
                f"planted.txt: {old!r} must occur once in '{topic}' of texts_{language}.txt"
            )
        paragraphs = tuple(paragraph.replace(old, new) for paragraph in original.paragraphs)
        copies.append(dataclasses.replace(original, kind="near_duplicate", paragraphs=paragraphs))
    return copies


def parallel() -> dict[str, tuple[str, ...]]:
    """The same sentences in every language; sentence i of one translates sentence i of another."""
    return {section.heading[0]: section.lines for section in sections("parallel.txt")}
