"""Reddit comments and submissions as Pushshift and its successors dump them, JSON lines in zstd."""

import functools
import html
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pyarrow as pa

from filters.text.references import character_of
from manifests import schemas
from pipelines.sources.files import UnitFile
from pipelines.sources.lines import completed, encode, json_objects, scalar
from pipelines.sources.records import Batches, Record, date_of_seconds, is_true, text_of
from pipelines.sources.reddit_notices import INVISIBLE, is_notice
from pipelines.sources.units import WorkUnit

SITE = "https://www.reddit.com"
# In a paragraph: an escaped character, a code span or backticks without a partner, a reference.
_MARKDOWN = re.compile(
    r"\\[\\`&]"
    r"|(`++)(?:.+?(?<!`)\1(?!`))?"
    r"|&(?P<reference>\#[xX][0-9a-fA-F]{1,6}|\#[0-9]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});",
    re.DOTALL,
)
# A picture that Reddit's editor puts into a text, with its caption.
_PICTURE = re.compile(r"!\[(?:img|gif|image|video)\]\([^()\s]+(?:\s+\"([^\"\n]*)\")?\)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
ZERO_WIDTH_SPACE = "\u200b"
_TAG = re.compile(r"<[^<>]*>|<!--.*?-->", re.DOTALL)
_INDENTATIONS = ("    ", "\t")  # of code
_POSTS = ("t1", "t3")  # kinds of things that are comments and submissions
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
        if not self.over_18 and is_true(post.get("over_18")):
            return "reddit.over_18"
        if self.subreddits and str(post.get("subreddit")).lower() not in self.subreddits:
            return "reddit.subreddit"
        return None


def read(
    unit: WorkUnit, file: UnitFile, batch_docs: int, max_record_bytes: int
) -> Iterator[pa.RecordBatch]:
    """A comment's `body` or a submission's `selftext`; its Markdown is taken as plain text.

    References to characters (`&nbsp;`, `&#37;`) are decoded outside code. Those to zero-width
    spaces, which Reddit's editor puts between paragraphs, are removed.

    Pictures inside a text leave their captions. Options of a poll and captions of a gallery follow
    as a list. A crosspost without a text of its own has that of the post that it shows. A post
    whose Markdown is not there has its HTML (`body_html`, `selftext_html`).

    The id is the fullname (`t1_` for comments, `t3_` for submissions). The title of a submission is
    kept as well; a submission that is only a link, a picture or a video has no text.

    Answers of Reddit's API (a Listing, or for a thread an array of two) are read as their posts.

    Options: `min_score`; `over_18: false` leaves out submissions that Reddit marks as adult
    (comments have no such mark); `subreddits`, a list of names.

    Raises:
      ValueError: an option makes no sense.
    """
    post = functools.partial(post_record, wanted=Wanted.of(unit))
    return Batches(completed(posts(unit, file, max_record_bytes), post), batch_docs)


def posts(
    unit: WorkUnit, file: UnitFile, limit: int
) -> Iterator[tuple[Record, dict[str, Any] | None]]:
    """`json_objects`, with the posts of an answer of the API in its place, replies among them."""
    for base, value in json_objects(unit, file, limit, schemas.PLAIN):
        waiting = [value]
        while waiting:
            thing = waiting.pop()
            data = thing.get("data") if thing else None
            if thing is None or "kind" not in thing or not isinstance(data, dict):
                yield base, thing
            elif thing["kind"] == "Listing" and (things := _things(data)):
                waiting += reversed(things)
                continue
            elif thing["kind"] in _POSTS:
                yield base, data
                if isinstance(replies := data.get("replies"), dict):
                    waiting.append(replies)
            else:  # an empty Listing, or the ids of more comments
                yield base._replace(skip_reason="reddit.no_post"), None
            base = base._replace(input_bytes=0)  # the bytes of an answer count once


def _things(data: dict[str, Any]) -> list[dict[str, Any]]:
    found = data.get("children")
    return [v for v in found if isinstance(v, dict)] if isinstance(found, list) else []


def look(unit: WorkUnit, file: UnitFile) -> None:
    """Nothing of the file.

    Raises:
      ValueError: an option makes no sense.
    """
    Wanted.of(unit)


def post_record(value: dict[str, Any], base: Record, wanted: Wanted) -> Record:
    """The record of a comment or submission; it may say why the post is no document."""
    comment = is_comment(value)
    if not comment and not {"selftext", "selftext_html", "title"} & value.keys():
        return base._replace(error="neither a comment (body) nor a submission (selftext, title)")
    short_id = scalar(value.get("id"))
    if short_id:
        base = base._replace(native_id=("t1_" if comment else "t3_") + short_id)
    elif fullname := scalar(value.get("name")):
        base = base._replace(native_id=fullname)
    name = "body" if comment else "selftext"
    markup = _markup(text_of(value.get(f"{name}_html"))) if value.get(name) is None else None
    text = _TAG.sub("", markup) if markup else text_of(value.get(name))
    title = scalar(value.get("title"))
    # A title that has no brackets may be about a removal.
    if is_notice(text) or (is_notice(title) and "[" in (title or "")):
        return base._replace(skip_reason="reddit.deleted")
    if not markup:
        text = _plain(text) if comment else _submission_text(value)
    if not text:
        return base._replace(skip_reason="reddit.no_text")
    if refusal := wanted.refusal(value):
        return base._replace(skip_reason=refusal)
    permalink = scalar(value.get("permalink"))
    if markup:
        base = base._replace(media_type=schemas.HTML_FRAGMENT, charset="utf-8")
    return base._replace(
        content=encode(markup or text),
        url=SITE + permalink if permalink and permalink.startswith("/") else permalink,
        title=_unescape(title) if title else None,
        date=date_of_seconds(value.get("created_utc")),
    )


def is_comment(value: dict[str, Any]) -> bool:
    """Whether a post is a comment rather than a submission."""
    return "body" in value or ("body_html" in value and "title" not in value)


def _markup(text: str | None) -> str | None:
    """The HTML of a post, whose tags Reddit's API escapes."""
    return html.unescape(text) if text and text.lstrip().startswith("&lt;") else text


def _submission_text(value: dict[str, Any], shown: bool = False) -> str:
    """The text of a submission, then its list; or else those of the submission that it shows.

    Args:
      value: a submission, whose fields may be of any type.
      shown: whether it is that of a crosspost, which shows what was not removed.
    """
    text = text_of(value.get("selftext"))
    if shown and (is_notice(text) or is_notice(text_of(value.get("title")))):
        return ""
    items = [
        *_strings(value.get("poll_data"), "options", "text"),
        *_strings(value.get("gallery_data"), "items", "caption"),
    ]
    listed = "\n".join(f"- {item}" for item in items)
    whole = "\n\n".join(filter(None, (_plain(text), listed)))
    originals = value.get("crosspost_parent_list")
    if not whole and not shown and isinstance(originals, list):
        return next((_submission_text(v, True) for v in originals if isinstance(v, dict)), "")
    return whole


def _strings(holder: Any, name: str, key: str) -> Iterator[str]:
    """What stands under a key of the objects of a list, each on one line."""
    found = holder.get(name) if isinstance(holder, dict) else None
    for item in found if isinstance(found, list) else ():
        text = item.get(key) if isinstance(item, dict) else None
        if isinstance(text, str) and (line := " ".join(_unescape(text).split())):
            yield line


def _plain(markdown: str | None) -> str:
    text = _PICTURE.sub(lambda picture: picture[1] or "", _unescape(markdown or ""))
    text = _without_references(text).rstrip()
    if not text.strip(INVISIBLE):
        return ""
    begin = len(text) - len(text.lstrip())
    text = text[text.rfind("\n", 0, begin) + 1 :]
    return text if text.startswith(_INDENTATIONS) else text.lstrip()


def _unescape(text: str) -> str:
    """Undoes how Reddit's API escapes three characters in Markdown and titles."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _without_references(text: str) -> str:
    """Markdown with characters for references, except in code, as Reddit shows it."""
    if "&" not in text:
        return text
    done: list[str] = []
    paragraph: list[str] = []
    fence = ""  # of the code block that is open

    def end_paragraph() -> None:
        if paragraph:
            decoded = _MARKDOWN.sub(_decoded, "\n".join(paragraph))
            # An empty paragraph goes with one of the two blank lines around it.
            if decoded.strip() or not done or done[-1].strip():
                done.append(decoded)
            else:
                done.pop()
            paragraph.clear()

    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if fence:
            done.append(line)
            closes = mark and mark[1].startswith(fence) and line.strip() == mark[1]
            fence = "" if closes else fence
        elif mark:
            end_paragraph()
            done.append(line)
            fence = mark[1]
        elif not line.strip() or (line.startswith(_INDENTATIONS) and not paragraph):
            end_paragraph()
            done.append(line)
        else:
            paragraph.append(line)
    end_paragraph()
    return "\n".join(done)


def _decoded(match: re.Match[str]) -> str:
    if not match["reference"]:
        return match[0]
    character = character_of(match[0])
    return "" if character == ZERO_WIDTH_SPACE else character
