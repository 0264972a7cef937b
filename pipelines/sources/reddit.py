"""Reddit comments and submissions as Pushshift and its successors dump them, JSON lines in zstd."""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import encode, json_records, scalar
from pipelines.sources.records import Batches, Record, date_of_seconds
from pipelines.sources.units import WorkUnit

SITE = "https://www.reddit.com"
# The text of posts that their author, a moderator or Reddit removed.
GONE = ("[deleted]", "[removed]", "[deleted by user]", "[ Removed by Reddit ]")
OPTIONS = frozenset({"min_score", "over_18", "subreddits"})


class Wanted(NamedTuple):
    """Which posts a source wants, according to its options."""

    min_score: int | None
    over_18: bool
    subreddits: frozenset[str]

    @classmethod
    def of(cls, unit: WorkUnit) -> "Wanted":
        options = dict(unit.options)
        score, over_18 = options.get("min_score"), options.get("over_18", True)
        names = options.get("subreddits", ())
        if score is not None and type(score) is not int:
            raise ValueError(f"source {unit.source!r}: min_score {score!r} is no whole number")
        if type(over_18) is not bool:
            raise ValueError(f"source {unit.source!r}: over_18 {over_18!r} is not true or false")
        if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names):
            raise ValueError(f"source {unit.source!r}: subreddits {names!r} is no list of names")
        return cls(score, over_18, frozenset(name.lower() for name in names))

    def refusal(self, post: dict[str, Any]) -> str | None:
        score = post.get("score")
        if self.min_score is not None and (type(score) is not int or score < self.min_score):
            return "reddit.score"
        if not self.over_18 and post.get("over_18") is True:
            return "reddit.over_18"
        if self.subreddits and str(post.get("subreddit")).lower() not in self.subreddits:
            return "reddit.subreddit"
        return None


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """A comment's `body` or a submission's `selftext`; its Markdown is taken as plain text.

    The id is the fullname (`t1_` for comments, `t3_` for submissions). The title of a submission is
    kept as well; a submission that is only a link has no text.

    Options: `min_score`; `over_18: false` leaves out submissions that Reddit marks as adult
    (comments have no such mark); `subreddits`, a list of names.

    Raises:
      ValueError: an option makes no sense.
    """
    post = functools.partial(post_record, wanted=Wanted.of(unit))
    return Batches(json_records(unit, file, max_record_bytes, schemas.PLAIN, post), batch_docs)


def post_record(value: dict[str, Any], base: Record, wanted: Wanted) -> Record:
    """The record of a comment or submission; it may say why the post is no document."""
    comment = "body" in value
    if not comment and "selftext" not in value and "title" not in value:
        return base._replace(error="neither a comment (body) nor a submission (selftext, title)")
    short_id = scalar(value.get("id"))
    if short_id:
        base = base._replace(native_id=("t1_" if comment else "t3_") + short_id)
    text = value.get("body" if comment else "selftext")
    if text is not None and not isinstance(text, str):
        return base._replace(error=f"field {'body' if comment else 'selftext'!r} is no string")
    text = (text or "").strip()
    if text in GONE:
        return base._replace(skip_reason="reddit.deleted")
    if not text:
        return base._replace(skip_reason="reddit.no_text")
    if refusal := wanted.refusal(value):
        return base._replace(skip_reason=refusal)
    title = scalar(value.get("title"))
    permalink = scalar(value.get("permalink"))
    return base._replace(
        content=encode(_unescape(text)),
        url=SITE + permalink if permalink and permalink.startswith("/") else permalink,
        title=_unescape(title) if title else None,
        date=date_of_seconds(value.get("created_utc")),
    )


def _unescape(text: str) -> str:
    """Undoes how Reddit's API escapes three characters in Markdown and titles."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
