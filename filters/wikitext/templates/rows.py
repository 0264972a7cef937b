"""Templates that are rows of a table: episodes, candidates, successions."""

import re

from filters.wikitext.templates.calls import Call

START = "\n|-\n"
_LINES = re.compile(r"\s*\n\s*")


def _row(cells: list[str | None]) -> str:
    """A row of wikitext; one without text is none, and None is no cell."""
    if not any(cells):
        return ""
    said = [_LINES.sub(" ", cell) for cell in cells if cell is not None]
    return f"{START}| " + " || ".join(said) + "\n"


def episodes(call: Call) -> str:
    """`{{Episode table|episodes=…}}`: the rows in it as a table."""
    inner = call.get("episodes", "1").strip()
    return f"\n{{|\n{inner}\n|}}\n" if inner else ""


def episode(call: Call) -> str:
    """`{{Episode list|EpisodeNumber=1|Title=…}}`: numbers, title, people and date."""
    title = call.params.get("RTitle")
    if call.get("Title"):
        title = f'"{call.get("Title")}"'
    numbers = [call.params.get(name) for name in ("EpisodeNumber", "EpisodeNumber2")]
    others = ("DirectedBy", "WrittenBy", "OriginalAirDate", "ProdCode", "Viewers", "ShortSummary")
    return _row([*numbers, title, *(call.params.get(name) for name in others)])


def candidate(call: Call) -> str:
    """`{{Election box candidate|party=…|candidate=…|votes=…}}`."""
    names = ("party", "candidate", "votes", "percentage", "change")
    return _row([call.get(name) for name in names])


def succession(call: Call) -> str:
    """`{{Succession box|before=…|title=…|years=…|after=…}}`: who was it before and after."""
    return _row([call.get("before"), call.get("title"), call.get("years"), call.get("after")])
