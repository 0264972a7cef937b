"""What newcomers do wrong, and what winnow says: a sentence each, and the right exit code."""

import re
from pathlib import Path

import pytest

from tests.mistakes_page import SECTIONS, Outcome, outcomes, page

ROOT = Path(__file__).parents[1]
COMMANDS = [mistake.command for mistakes in SECTIONS.values() for mistake in mistakes]


@pytest.fixture(scope="module")
def found() -> list[Outcome]:
    return list(outcomes())


def test_there_are_sixty_mistakes_and_none_is_told_twice() -> None:
    assert len(COMMANDS) >= 60
    assert len(set(COMMANDS)) == len(COMMANDS)


def test_each_mistake_ends_with_its_exit_code(found: list[Outcome]) -> None:
    wrong = [(o.mistake.command, o.code, o.printed) for o in found if o.code != o.mistake.code]
    assert not wrong


def test_each_mistake_ends_with_a_sentence_and_without_a_traceback(found: list[Outcome]) -> None:
    for outcome in found:
        assert "Traceback" not in outcome.printed, outcome.mistake.command
        assert not re.search(r"\[Errno|Error\(|Exception", outcome.message), outcome.message
        assert len(outcome.message.split()) > 1, outcome.mistake.command
        if outcome.code == 2:
            assert "goes on from here" not in outcome.printed, outcome.mistake.command


def test_the_page_of_mistakes_is_what_the_commands_say(found: list[Outcome]) -> None:
    stale = "docs/mistakes.md is stale: run `make mistakes`"
    assert (ROOT / "docs" / "mistakes.md").read_text(encoding="utf-8") == page(found), stale
