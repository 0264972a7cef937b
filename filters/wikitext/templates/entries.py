"""Entries of dictionaries and travel guides: `{{bor|en|la|cattus}}`, `{{see|name=…|content=…}}`.

Source: the documentation of these templates on en.wiktionary and en.wikivoyage.
"""

from filters.wikitext.templates.calls import Call, plain


def _word(call: Call, at: int) -> str:
    """A word, the parameter `at`, as it is shown, with its transcription and its meaning."""
    shown = call.get(str(at + 1), "alt", str(at))
    notes = [call.get("tr"), f"“{gloss}”" if (gloss := call.get(str(at + 2), "t", "gloss")) else ""]
    notes.append(call.get("pos"))
    note = ", ".join(filter(None, notes))
    return shown + (f" ({note})" if note and shown else note)


def mention(call: Call) -> str:
    """`{{m|la|cattus||cat}}` is cattus (“cat”)."""
    return _word(call, 2)


def origin(call: Call) -> str:
    """`{{bor|en|la|cattus}}` is Latin cattus; `{{cog|de|Katze}}` has no language of its own."""
    at = 1 if call.name in ("cog", "cognate", "noncog", "ncog", "nc") else 2
    code = plain(call.get(str(at)))
    language = call.edition.language(code) or code
    word = call.get(str(at + 1))
    return f"{language} {_word(call, at + 1)}".strip() if word != "-" else language


def translated(call: Call) -> str:
    """`{{t|fr|chat|m}}` is chat m."""
    notes = [value for n in range(3, 7) if (value := call.get(str(n)))]
    tr = call.get("tr")
    text = " ".join([call.get("alt", "2"), *notes])
    return f"{text} ({tr})" if tr and tr != "-" else text


def labels(call: Call) -> str:
    """`{{lb|en|informal|or|dated}}` is (informal or dated)."""
    text = ""
    for label in call.positional()[1:]:
        if label == "_" or not label:
            continue
        joins = label in ("or", "and") or text.endswith((" or", " and"))
        text += (" " if joins else ", ") + label if text else label
    return f"({text})" if text else ""


def parts_of_word(call: Call) -> str:
    """`{{suffix|en|cat|ness}}` is cat + -ness, `{{af|en|un-|do}}` is un- + do."""
    parts = call.positional()[1:]
    if call.name in ("suffix", "suf"):
        parts[1:] = [part if part.startswith("-") else f"-{part}" for part in parts[1:] if part]
    elif call.name in ("prefix", "pre"):
        parts[:-1] = [part if part.endswith("-") else f"{part}-" for part in parts[:-1] if part]
    return " + ".join(filter(None, parts))


def form_of(call: Call) -> str:
    """`{{plural of|en|cat}}` is plural of cat."""
    word = _word(call, 2)
    return f"{call.name} {word}" if word else ""


def listing(call: Call) -> str:
    """`{{see|name=Fort|address=Hill 1|content=Old.}}`: what a guide says of a place to go to."""
    name = call.get("name") + (f" ({alt})" if (alt := call.get("alt")) else "")
    place = call.get("address") + (f" ({way})" if (way := call.get("directions")) else "")
    head = ", ".join(filter(None, (name, place)))
    said = [
        head,
        call.get("hours", "checkin"),
        call.get("content", "description"),
        call.get("price"),
    ]
    return " ".join(part if part[-1] in ".!?" else f"{part}." for part in said if part)
