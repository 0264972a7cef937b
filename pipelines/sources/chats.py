"""Conversations as data sets for chat models hold them: lists of turns, written as one text.

Turns have `role` and `content`, as in the API of OpenAI, or `from` and `value`, as ShareGPT wrote
them: https://huggingface.co/docs/trl/dataset_formats.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from manifests.column_names import described
from pipelines.sources.records import Look, text_of, text_option
from pipelines.sources.units import WorkUnit

OPTIONS = frozenset({"turn"})
COLUMNS = ("messages", "conversations", "conversation")  # read where no text is there
TURN = "{Role}: {content}\n\n"
_ROLES, _CONTENTS = ("role", "from"), ("content", "value")
# What data sets call the same side of a conversation.
_NAMES = {
    "human": "user", "prompter": "user", "gpt": "assistant", "chatgpt": "assistant",
    "bot": "assistant", "model": "assistant", "ai": "assistant", "function_call": "assistant",
    "developer": "system", "function": "tool", "observation": "tool", "ipython": "tool",
}  # fmt: skip
_PLACE = re.compile(r"\{(role|Role|content)\}")


def turn_option(unit: WorkUnit) -> str:
    """The option `turn`: how a turn is written.

    Raises:
      ValueError: it has no place for the content.
    """
    turn = text_option(unit, "turn", TURN)
    if "{content}" not in turn:
        raise ValueError(
            f"source {unit.source!r}: turn {turn!r} has no {{content}}; the default is {TURN!r}"
        )
    return turn


def text(value: Any, turn: str) -> str | None:
    """The text of a conversation; None if the value is none, or says nothing.

    Each turn is written by `turn`, in which {role} is user, assistant, system, tool or what the
    data call it, and {Role} the same with a capital. Of contents in parts those of text are taken.
    Calls of tools follow the content, a line each: the name and the arguments. A turn without any
    is left out.
    """
    turns = _turns(parsed(value))
    if turns is None:
        return None
    written = "".join(_written(turn, role, content) for role, content in turns if content)
    return text_of(written.strip())


def parsed(value: Any) -> Any:
    """The list that a string holds as JSON, as some tables keep conversations; others stay."""
    if not isinstance(value, (str, bytes)) or value.lstrip()[:1] not in ("[", b"["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _written(turn: str, role: str, content: str) -> str:
    filled = {"role": role, "Role": role[:1].upper() + role[1:], "content": content}
    return _PLACE.sub(lambda place: filled[place[1]], turn)


def is_chat(kind: pa.DataType) -> bool:
    """Whether a column holds conversations: lists of structs, or structs of lists."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        kind = kind.value_type
    elif not (pa.types.is_struct(kind) and all(pa.types.is_nested(field.type) for field in kind)):
        return False
    names = {field.name for field in kind} if pa.types.is_struct(kind) else set()
    return bool(names & set(_ROLES) and names & set(_CONTENTS))


def other_keys(value: Any) -> list[str]:
    """The keys of turns that no known ones are among; none if the value is no such list."""
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        return []
    keys = list(dict.fromkeys(key for message in value for key in message))
    return [] if {*keys} & {*_ROLES} and {*keys} & {*_CONTENTS, "tool_calls"} else keys


def unread(option: str, name: str, keys: Sequence[str]) -> Look:
    """What to say of lists of objects that are no turns, or have other keys than these."""
    return Look(
        option,
        f"the objects of {name!r} are not read: they have {described(keys, noun='key')}; set the "
        f"option {option} to {name}.KEY with the key of the texts, or, if they are turns of a "
        "conversation, call two of the keys role and content, or from and value",
    )


def _turns(value: Any) -> list[tuple[str, str]] | None:
    """Role and content of each turn; None if the value is no conversation."""
    if isinstance(value, dict) and all(isinstance(v, list) for v in value.values()):
        value = [dict(zip(value, row, strict=False)) for row in zip(*value.values(), strict=False)]
    if not isinstance(value, list):
        return None
    turns = []
    for message in value:
        role = _first(message, _ROLES)
        if not isinstance(role, str):
            return None
        name = _NAMES.get(role.strip().lower(), role.strip())
        parts = [*_contents(_first(message, _CONTENTS)), *_calls(message.get("tool_calls"))]
        turns.append((name, "\n".join(parts)))
    return turns


def _first(message: Any, keys: tuple[str, ...]) -> Any:
    if not isinstance(message, dict):
        return None
    return next((message[key] for key in keys if message.get(key) is not None), None)


def _contents(content: Any) -> Iterator[str]:
    parts = content if isinstance(content, list) else [content]
    for part in parts:
        found = text_of(part.get("text") if isinstance(part, dict) else part)
        if found is not None:
            yield found.strip()


def _calls(calls: Any) -> Iterator[str]:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function", call) if isinstance(call, dict) else None
        name = text_of(function.get("name")) if isinstance(function, dict) else None
        if name is None or function is None:
            continue
        given = function.get("arguments")
        told = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
        yield name if given is None else f"{name} {told}"
