"""What a recipe's section `documents` says."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Literal

from manifests.schemas import DroppedContent

Mode = Literal["fast", "precise", "auto"]
Replacement = Literal["tag", "stand_in"]
Decisions = Literal["winnow", "datatrove-0.10"]

DEFAULT_KINDS = ("email", "ip")
DEFAULT_STEPS = ("controls", "nfc", "line_endings", "line_separators", "whitespace")


@dataclasses.dataclass(frozen=True)
class UrlFilter:
    """Pages refused for their address, before their text is looked for; all is off when absent.

    Attributes:
      lists: blocklists and decisions of a package: `datatrove-0.10`.
      min_soft_words: so many different words of the list of soft ones refuse a URL.
      deny_hosts: a file of hosts, one a line; these and what lies below them are refused.
      allow_hosts: the same; all others are refused.
      noindex: refuse pages whose `<meta name="robots">` says noindex.
    """

    lists: Literal["datatrove-0.10"] | None = None
    min_soft_words: int = 2
    deny_hosts: str | None = None
    allow_hosts: str | None = None
    noindex: bool = False


@dataclasses.dataclass(frozen=True)
class Language:
    """Language identification by a fastText model.

    Attributes:
      model: a model that a package ships, or the path of a .bin or .ftz file.
      min_score: least score of the label.
      min_scores: the same by language, in the place of min_score.
      below_min_score: `drop` drops a document as `language.low_score`, `und` calls its language
        undetermined.
      min_script_ratio: share of a text's letters that are of a script of its language; below it a
        document is dropped as `language.wrong_script`.
      keep: languages to keep, as BCP 47 tags; empty keeps all.
      paragraphs: also write the language of each line.
    """

    model: str = "lid.176.ftz"
    min_score: float = 0.0
    min_scores: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    below_min_score: Literal["drop", "und"] = "drop"
    min_script_ratio: float | None = None
    keep: tuple[str, ...] = ()
    paragraphs: bool = False


@dataclasses.dataclass(frozen=True)
class Classifier:
    """A supervised fastText model that scores documents: column `classifier.<name>`.

    Attributes:
      model: path of a .bin or .ftz file.
      label: whose probability is the score, without `__label__`.
      min_score: a document below it is dropped as `classifier.<name>.low_score`; absent measures
        only. `winnow quantile` tells the score that a share of a run's documents reaches.
    """

    model: str
    label: str = "positive"
    min_score: float | None = None


@dataclasses.dataclass(frozen=True)
class PersonalData:
    """Redaction of personal data.

    Attributes:
      kinds: some of `filters.pii.KINDS`.
      replace: by a `tag`, or by a `stand_in` that the value and the recipe's seed decide.
      decisions: `datatrove-0.10` finds and writes what datatrove's PIIFormatter does: kinds email
        and ip; `replace` says nothing then.
      names: also redact persons' names, by Presidio (extra `names`): spaCy model by language.
    """

    kinds: tuple[str, ...] = DEFAULT_KINDS
    replace: Replacement = "tag"
    decisions: Decisions = "winnow"
    names: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def counted(self) -> list[str]:
        """The kinds that documents have counts of."""
        return [*self.kinds, "name"] if self.names else list(self.kinds)


@dataclasses.dataclass(frozen=True)
class Documents:
    """From records to documents.

    Attributes:
      url_filter: pages refused for their address or by their `robots`; absent refuses none.
      extract: `fast` (resiliparse), `precise` (trafilatura, extra `precise`) or `auto`: fast, then
        precise for the pages that all other steps keep.
      normalize: steps, applied in winnow's order.
      classifiers: models by name, whose scores are measured and may decide.
      rules: thresholds by rule; `published` stands for all that the source published. Or the name
        of a pack of rules.
      pii: absent leaves personal data in.
      max_record_mb: a larger record becomes an error row.
      early_drop: the rules after one that drops a document do not look at it. Faster, but values
        and reasons then stop there, and `winnow replay` can only go so far.
      dropped: what `dropped/` keeps of a document: `text` and all values, `values` alone, or
        `none`: reasons, identity and sizes.
    """

    url_filter: UrlFilter | None = None
    extract: Mode = "fast"
    normalize: tuple[str, ...] = DEFAULT_STEPS
    language: Language = dataclasses.field(default_factory=Language)
    classifiers: Mapping[str, Classifier] = dataclasses.field(default_factory=dict)
    rules: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    pii: PersonalData | None = None
    max_record_mb: int = 16
    early_drop: bool = False
    dropped: DroppedContent = "text"

    def to_digest(self) -> dict[str, Any]:
        """Plain values with rules as pairs: their order counts, that of JSON's keys does not."""
        fields = dataclasses.asdict(self)
        return fields | {"rules": [[name, limits] for name, limits in fields["rules"].items()]}
