"""Templates that are rows of a table: episodes, candidates, successions."""

import re

from filters.wikitext.templates.calls import Call

START = "\n|-\n"
_LINES = re.compile(r"\s*\n\s*")


def _row(cells: list[str]) -> str:
    """A row of wikitext; one without text is none."""
    said = [_LINES.sub(" ", cell) for cell in cells if cell]
    return f"{START}| " + " || ".join(said) + "\n" if said else ""


def episodes(call: Call) -> str:
    """`{{Episode table|episodes=…}}`: the rows in it as a table."""
    inner = call.get("episodes", "1").strip()
    return f"\n{{|\n{inner}\n|}}\n" if inner else ""


def episode(call: Call) -> str:
    """`{{Episode list|EpisodeNumber=1|Title=…}}`: numbers, title, people and date."""
    title = call.get("Title", "RTitle")
    cells = [
        call.get("EpisodeNumber"),
        call.get("EpisodeNumber2"),
        f'"{title}"' if call.get("Title") else title,
        call.get("DirectedBy"),
        call.get("WrittenBy"),
        call.get("OriginalAirDate"),
        call.get("ProdCode"),
        call.get("Viewers"),
        call.get("ShortSummary"),
    ]
    return _row(cells)


def candidate(call: Call) -> str:
    """`{{Election box candidate|party=…|candidate=…|votes=…}}`."""
    names = ("party", "candidate", "votes", "percentage", "change")
    return _row([call.get(name) for name in names])


def succession(call: Call) -> str:
    """`{{Succession box|before=…|title=…|years=…|after=…}}`: who was it before and after."""
    return _row([call.get("before"), call.get("title"), call.get("years"), call.get("after")])
