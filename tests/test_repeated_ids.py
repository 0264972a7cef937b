"""Equal identities with different texts, counted by stage `duplicates`."""

import random
from pathlib import Path
from typing import Any

import pytest

from tests.deduplicating import Document, counts, deduplicate, story

IDS, DOCUMENTS = "repeated_ids.test", "documents_of_repeated_ids.test"


def text(number: int) -> str:
    return " ".join(story(number, 20))


def by_hand(documents: list[Document]) -> dict[str, int]:
    """The definition: identities with several texts, and all documents that have them."""
    texts: dict[int, list[str | None]] = {}
    for one in documents:
        texts.setdefault(one.number, []).append(one.text)
    repeated = [found for found in texts.values() if len(set(found)) > 1]
    return {IDS: len(repeated), DOCUMENTS: sum(map(len, repeated))} if repeated else {}


def told(folder: Path) -> dict[str, int]:
    return {name: n for name, n in counts(folder).items() if name in (IDS, DOCUMENTS)}


def test_ids_that_begin_anew_in_every_file_are_counted_and_copies_are_not(tmp_path: Path) -> None:
    first = [Document(i, text(i)) for i in range(20)]
    again = [Document(i, text(100 + i)) for i in range(15)]
    copies = [Document(i, text(i)) for i in range(15, 20)]
    deduplicate(tmp_path, [first, [*again, *copies]], None)
    assert told(tmp_path) == {IDS: 15, DOCUMENTS: 30}


@pytest.mark.parametrize("near", [{}, None])
@pytest.mark.parametrize("partitions", [1, 5])
def test_counts_are_those_of_the_definition(
    tmp_path: Path, near: dict[str, Any] | None, partitions: int
) -> None:
    """Texts that meet under several identities join clusters, which must not join identities."""
    rng = random.Random(partitions)
    documents = [Document(rng.randrange(60), text(rng.randrange(40))) for _ in range(150)]
    units = [list(batch) for batch in (documents[i : i + 40] for i in range(0, 150, 40))]
    deduplicate(tmp_path, [*units, []], near, partitions=partitions)
    assert told(tmp_path) == by_hand(documents)
    assert told(tmp_path)[IDS] > 20, "the test has too few to count"


def test_no_count_without_a_repeated_id(tmp_path: Path) -> None:
    units = [[Document(1, text(1)), Document(2, text(1))], [Document(2, text(1))]]
    deduplicate(tmp_path, units, None)
    assert told(tmp_path) == {}


def test_a_new_text_of_an_earlier_runs_id_is_no_repetition(tmp_path: Path) -> None:
    """Next month's dump has new texts under the ids of last month's."""
    earlier = [Document(i, text(i)) for i in range(5)]
    deduplicate(tmp_path / "earlier", [earlier], None)
    news = [Document(i, text(50 + i)) for i in range(5)]
    again = Document(0, text(99))
    deduplicate(tmp_path / "run", [news], None, against=[tmp_path / "earlier"], others=earlier)
    assert told(tmp_path / "run") == {}
    deduplicate(
        tmp_path / "more", [news, [again]], None, against=[tmp_path / "earlier"], others=earlier
    )
    assert told(tmp_path / "more") == {IDS: 1, DOCUMENTS: 2}
