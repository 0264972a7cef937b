"""PII: found in any script, counted, replaced the same way each time, and only once."""

import json
import time

import pyarrow as pa
import pytest

from filters.pii import email_spans, ip_spans, redact
from tests.realdata import real_data


def redacted(text: str, **options: object) -> str:
    return redact(pa.array([text], pa.large_string()), **options)[0][0].as_py()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.e+x@mail-host.co.uk.", "Write to <EMAIL>."),
        ("联系我john@example.net谢谢", "联系我<EMAIL>谢谢"),
        ("メールはa_b@例.jpとc@d.jpです", "メールはa_b@例.jpと<EMAIL>です"),
        ("ติดต่อa@b.coนะ", "ติดต่อ<EMAIL>นะ"),
        ("Пишите:ivan@почта или ivan@mail.ruпожалуйста", "Пишите:ivan@почта или <EMAIL>пожалуйста"),
        ("mailto:a@b.org?subject=x <c@d.org>", "mailto:<EMAIL>?subject=x <<EMAIL>>"),
        ("...a@b.org, 'c@d.org'", "...<EMAIL>, '<EMAIL>'"),
        ("a@b.com@c.com", "<EMAIL>@c.com"),
        ("@user user@ a@b x@y.z icon@2x.png", "@user user@ a@b x@y.z icon@2x.png"),
    ],
)
def test_emails(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from 8.8.8.8 and 1.1.1.1:80/x", "from <IP> and <IP>:80/x"),
        ("地址8.8.8.8。", "地址<IP>。"),
        ("http://93.184.215.14/", "http://<IP>/"),
        ("end 8.8.4.4.", "end <IP>."),
    ],
)
def test_public_addresses(text: str, expected: str) -> None:
    assert redacted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "192.168.0.1 10.1.2.3 127.0.0.1 0.0.0.0 203.0.113.9",
        "v3.2.1.0, Version 3.2.1.0, ver. 3.2.1.0, release: 8.8.8.8",
        "8.8.8.256 1.2.3 1.2.3.4.5 11.22.33.4444 08.8.8.8",
    ],
)
def test_private_addresses_versions_and_other_numbers_stay(text: str) -> None:
    assert redacted(text) == text


def test_counts_and_kinds() -> None:
    text = pa.array(["a@b.org c@d.org 8.8.8.8", None, "", "nichts für uns"], pa.large_string())
    out, counts = redact(text)
    assert out.to_pylist() == ["<EMAIL> <EMAIL> <IP>", None, "", "nichts für uns"]
    assert counts.to_pydict() == {"pii_email": [2, 0, 0, 0], "pii_ip": [1, 0, 0, 0]}
    assert counts.schema.types == [pa.int32(), pa.int32()]
    out, counts = redact(text, ["ip"])
    assert out[0].as_py() == "a@b.org c@d.org <IP>"
    assert counts.schema.names == ["pii_ip"]


def test_empty_batches_and_slices() -> None:
    text = pa.array(["x", "a@b.org", "8.8.8.8"], pa.large_string())
    assert redact(text[:0])[0].to_pylist() == []
    assert redact(text[:0])[1].num_rows == 0
    assert redact(text[1:])[0].to_pylist() == ["<EMAIL>", "<IP>"]


@pytest.mark.parametrize("replace", ["tag", "stand_in"])
@pytest.mark.parametrize(
    "text",
    [
        "a@b.org8.8.8.8 and c@d.com.x 1.1.1.1",
        "a@b.com@c.com@d.org",
        "x" * 100 + "@b.com2023 e@f.com-g.org_h@i.de.",
        "-a@b.com-- .c@d.org.. 8.8.8.8.com u@8.8.8.8 日a@b.cnc@d.cn",
        "a@8.8.8.8.com@1.1.1.1",
        "icon@2x.png_h@i.de a@b.com.h@i.de a@b.com_@x.org a@b.com2x@c.de_d@e.fr",
    ],
)
def test_idempotent(text: str, replace: str) -> None:
    once = redact(pa.array([text], pa.large_string()), replace=replace)  # type: ignore[arg-type]
    twice = redact(once[0], replace=replace)  # type: ignore[arg-type]
    assert twice[0].equals(once[0])
    assert twice[1].to_pydict() == {"pii_email": [0], "pii_ip": [0]}
    assert once[1]["pii_email"][0].as_py() + once[1]["pii_ip"][0].as_py() > 0


def test_stand_ins_depend_on_value_and_key_alone() -> None:
    one = redacted("A@b.org 8.8.8.8", replace="stand_in")
    assert one == redacted("a@b.org 8.8.8.8", replace="stand_in")
    assert one == "user-330df34f@example.com 203.0.113.180"
    assert one != redacted("a@b.org 8.8.8.8", replace="stand_in", key=b"other")


def test_unknown_names_are_refused() -> None:
    text = pa.array(["a"], pa.large_string())
    with pytest.raises(ValueError, match="unknown PII kind 'phone'; the kinds are email, ip"):
        redact(text, ["phone"])
    with pytest.raises(ValueError, match="use 'tag' or 'stand_in'"):
        redact(text, replace="hash")  # type: ignore[arg-type]


@pytest.mark.parametrize("unit", ["a", "@", "a@", "a.", "1.", "a@b.", "-@-."])
def test_hostile_repetition_stays_linear(unit: str) -> None:
    start = time.perf_counter()
    redacted(unit * 200_000 + "x@y.org")
    assert time.perf_counter() - start < 5


@pytest.mark.real
def test_every_email_and_ipv4_of_presidios_synthetic_sentences_is_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    sentences = json.loads(real_data("pii/presidio-synth-1500.json").read_text())
    for kind, find in (("EMAIL_ADDRESS", email_spans), ("IP_ADDRESS", ip_spans)):
        gold = found = extra = 0
        for sentence in sentences:
            wanted = {
                (span["start_position"], span["end_position"])
                for span in sentence["spans"]
                if span["entity_type"] == kind and ":" not in span["entity_value"]  # IPv6
            }
            got = set(find(sentence["full_text"]))
            gold += len(wanted)
            found += len(wanted & got)
            extra += len(got - wanted)
        with capsys.disabled():
            print(f"\n{kind}: recall {found}/{gold}, {extra} others")
        assert found == gold
