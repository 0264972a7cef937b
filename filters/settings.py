"""Settings of a recipe's section `documents`, from reading pages to redacting text."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypeAlias

import pyarrow as pa
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from filters import pii
from filters.language.codes import require_tag
from filters.language.tables import language_table
from filters.rules import registry
from filters.rules.thresholds import Limits, Rule
from filters.text import normalize
from manifests import schemas
from manifests.alarms import Check
from manifests.schemas import CLASSIFIER_PREFIX, DroppedContent
from manifests.sections import ListOf, Name, OneOf, Positive, Section, Share, refusal

# Reasons of documents that are dropped, but for those of rules.
LOW_SCORE, NOT_KEPT = "language.low_score", "language.not_kept"
WRONG_SCRIPT = "language.wrong_script"
DENIED = "denied"
CLASSIFIER = CLASSIFIER_PREFIX  # and its name: also a column
EMPTY_AFTER_RULES = "rules.empty_text"

LanguageTag: TypeAlias = Annotated[str, AfterValidator(require_tag)]
Step: TypeAlias = Annotated[str, OneOf(normalize.STEPS)]
Kind: TypeAlias = Annotated[str, OneOf(tuple(pii.KINDS))]


def _resolved_rules(given: Any) -> Any:
    """The rules of a pack's name, and published thresholds, written out and checked."""
    if isinstance(given, str):
        try:
            return registry.pack_rules(given)
        except ValueError as error:
            raise refusal([((), str(error))], given) from None
    if not isinstance(given, Mapping):
        return given  # its type is refused next
    resolved = registry.written_out(given)
    if faults := list(registry.faults(resolved)):
        raise refusal(faults, given)
    return resolved


class UrlFilter(Section):
    """Pages refused for their address, before their text is looked for."""

    lists: Literal["datatrove-0.10"] | None = None
    """Blocklists and decisions of a package; absent applies none."""

    min_soft_words: Positive = 2
    """A URL that has this many different words of the list of soft words is refused."""

    deny_hosts: Name | None = None
    """A file of hosts, one a line: these hosts, and all below them, are refused."""

    allow_hosts: Name | None = None
    """A file of hosts, one a line: all other hosts are refused."""

    noindex: bool = False
    """Refuse pages whose `<meta name="robots">` says noindex."""


class Language(Section):
    """Language identification."""

    model: Name = "lid.176.ftz"
    """`winnow-1` knows most languages, `lid.176.ftz` decides as datatrove does, `cld2` is CLD2
    (extra `cld2`). Or the path of a .bin or .ftz file of fastText."""

    min_score: Share = 0.0
    """A document whose label has a lower score is dropped as `language.low_score`."""

    min_scores: Mapping[LanguageTag, Share] = Field(default_factory=dict)
    """The least score by language, instead of `min_score`."""

    below_min_score: Literal["drop", "und"] = "drop"
    """What happens below the least score: `drop` drops the document, `und` keeps it and calls its
    language undetermined."""

    min_script_ratio: Share | None = None
    """Share of a text's letters that are of a script of its language; below it a document is
    dropped as `language.wrong_script`. Absent does not look."""

    keep: ListOf[LanguageTag] = ()
    """Languages to keep, as BCP 47 tags; empty keeps all."""

    paragraphs: bool = False
    """Also write the language of each line."""


class Classifier(Section):
    """A supervised fastText model that scores documents: column `classifier.<name>`."""

    model: Name
    """Path of a .bin or .ftz file; or `winnow-adult`, `winnow-boilerplate` or `winnow-unnatural`,
    whose label `positive` is what they are named for."""

    label: Name = "positive"
    """The label whose probability is the score, without `__label__`."""

    min_score: Share | None = None
    """A document with a lower score is dropped as `classifier.<name>.low_score`; absent measures
    only. `winnow quantile` tells the score that a share of a run's documents reaches."""

    min_scores: Mapping[LanguageTag, Share] = Field(default_factory=dict)
    """The least score by language, instead of `min_score`. Without that, nothing is dropped in
    languages that are not listed."""

    @property
    def decides(self) -> bool:
        """Does it drop documents?"""
        return self.min_score is not None or bool(self.min_scores)

    def judges(self, language: str) -> bool:
        """Does it have a least score for a language?"""
        return least_score(self, language) is not None


def least_score(wanted: Language | Classifier, language: str) -> float | None:
    """The score that a document of a language must have; None if there is none for it."""
    return wanted.min_scores.get(language, wanted.min_score)


class PersonalData(Section):
    """Redaction of personal data."""

    kinds: ListOf[Kind] = pii.DEFAULT_KINDS
    """What is redacted."""

    replace: Literal["tag", "stand_in"] = "tag"
    """What stands in its place: a `tag` such as `<EMAIL>`, or a made-up value (`stand_in`) that
    the value and the recipe's seed decide."""

    decisions: Literal["winnow", "datatrove-0.10"] = "winnow"
    """Whose decisions: `datatrove-0.10` finds and writes what datatrove's PIIFormatter does, of
    kinds email and ip; `replace` has no effect then."""

    names: Mapping[LanguageTag, Name] = Field(default_factory=dict)
    """Also redact the names of persons, by Presidio (extra `names`): a spaCy model by language."""

    @model_validator(mode="after")
    def _decided_by_one(self) -> "PersonalData":
        if self.names and self.decisions != "winnow":
            raise ValueError("`names` goes with winnow's decisions alone; leave one of them out")
        known = pii.kinds_of(self.decisions)
        if unknown := [kind for kind in self.kinds if kind not in known]:
            raise ValueError(
                f"{self.decisions} has no kind {unknown[0]!r}, only {', '.join(known)}"
            )
        return self

    @property
    def counted(self) -> list[str]:
        """The kinds that documents have counts of."""
        return [*self.kinds, "name"] if self.names else list(self.kinds)


class Documents(Section):
    """From records to documents."""

    deny: Name | None = None
    """A file of documents to leave out, as `winnow takedown` takes it: identities (32 hexadecimal
    digits) and URLs, one a line. They are dropped as `denied`."""

    url_filter: UrlFilter | None = None
    """Pages refused for their address or by their `robots`; absent refuses none."""

    extract: Literal["fast", "precise", "auto"] = "fast"
    """How the main content of a page is found: `fast` (a scorer of its blocks, the best on
    average), `precise` (trafilatura, extra `precise`) or `auto`: `precise` for the pages, about one
    in 27, of which `fast` keeps less than half of the text outside of links."""

    text: Literal["plain", "markdown"] = "plain"
    """How the text of pages and posts is written: `plain` with lists, tables and code as lines, or
    `markdown`, which has marks of headings, quotations and code as well. docs/text.md."""

    max_replaced_ratio: Share = 0.05
    """A page becomes an error row if a larger share of its text's characters does not decode in
    the encoding that was found (they are U+FFFD)."""

    normalize: ListOf[Step] = normalize.DEFAULT_STEPS
    """Steps of normalisation; they run in winnow's own order."""

    language: Language = Field(default_factory=Language)
    """Language identification."""

    classifiers: Mapping[str, Classifier] = Field(default_factory=dict)
    """Models by name, whose scores are measured and may decide."""

    rules: Annotated[Mapping[str, Any], BeforeValidator(_resolved_rules)] = Field(
        default_factory=dict
    )
    """Thresholds by rule; `published` stands for all that the rule's source published. Or the name
    of a pack of rules. A threshold that is not listed is off. docs/rules.md lists them all."""

    pii: PersonalData | None = None
    """Redaction of personal data; absent leaves it in."""

    max_record_mb: Positive = 16
    """A record with more MB of content becomes an error row."""

    early_drop: bool = False
    """The rules after one that drops a document do not look at it. Faster, but values and reasons
    then stop there, and `winnow replay` can only go so far."""

    dropped: DroppedContent = "text"
    """What `dropped/` keeps of a document: its `text` and all values, `values` alone, or `none`:
    reasons, identity and sizes."""

    def to_digest(self) -> dict[str, Any]:
        """Plain values with rules as pairs: their order counts, that of JSON's keys does not."""
        fields = self.to_json()
        return fields | {"rules": [[name, limits] for name, limits in fields["rules"].items()]}


def checks(settings: Documents) -> list[Check]:
    """What drops documents with text, in the order in which it decides."""
    found = [Check(reason, is_rule=False) for reason in (LOW_SCORE, WRONG_SCRIPT)]
    found += [
        Check(CLASSIFIER + name, by_language=bool(spec.min_scores), knows=spec.judges)
        for name, spec in settings.classifiers.items()
        if spec.decides
    ]
    found.append(Check(NOT_KEPT, is_rule=False))
    for name, limits in settings.rules.items():
        if name == registry.DATATROVE:
            found.append(Check(name, by_language=True))  # nobody knows what its steps look at
            continue
        rule = registry.RULES[name]
        on = [t.key for t in rule.thresholds if t.scope == "document" and t.key in limits]
        numbers = [key for key in on if isinstance(limits[key], (int, float))]
        by_language = bool(rule.options) or not numbers
        found.append(Check(name, bool(on), by_language, knows=_data_of(rule, limits)))
    return [*found, Check(EMPTY_AFTER_RULES, is_rule=False)]


def measured_before_rules(recipe: Documents) -> list[pa.Field]:
    """Further columns of documents that a recipe's sections on language and classifiers ask for."""
    fields = [pa.field(CLASSIFIER + name, pa.float32()) for name in recipe.classifiers]
    if recipe.language.min_script_ratio is not None:
        fields.insert(0, schemas.SCRIPT_RATIO)
    return [*fields, schemas.PARAGRAPHS] if recipe.language.paragraphs else fields


def _data_of(rule: Rule, limits: Limits) -> Callable[[str], bool]:
    """Whether the tables that a rule's limits name have a language."""
    given = [(t.stop_words_of, limits[t.key]) for t in rule.thresholds if t.key in limits]
    names = {value if isinstance(value, str) else table for table, value in given}
    tables = [language_table(name) for name in names if name is not None]
    return lambda language: all(table.code(language) for table in tables)
