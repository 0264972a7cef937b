"""PII: found in any script, counted, replaced the same way each time, and only once."""

import time

import pyarrow as pa
import pytest

from filters.pii import KINDS, redact
from manifests import schemas


def redacted(text: str, **options: object) -> str:
    return redact(pa.array([text], pa.large_string()), **options)[0][0].as_py()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Write to jo.e+x@mail-host.co.uk.", "Write to <EMAIL>."),
        ("联系我john@example.net谢谢", "联系我<EMAIL>谢谢"),
        ("メールはa_b@例.jpとc@d.jpです", "メールは<EMAIL>と<EMAIL>です"),
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
        ("from 93.184.215.14 and 1.1.1.1:80/x", "from <IP> and <IP>:80/x"),
        ("地址93.184.215.14。", "地址<IP>。"),
        ("http://93.184.215.14/ in 93.184.215.0/24", "http://<IP>/ in <IP>/24"),
        ("end 93.184.215.14.", "end <IP>."),
        ("dns: 4.4.8.8, host 2.8.4.4; 8.8.8.8", "dns: <IP>, host <IP>; <IP>"),
        ("von 2a00:1450:4001:81b::200e, 6e40:4041:c617:e898:c11:40d2:c669:2eb4", "von <IP>, <IP>"),
        ("地址2a00:1450:4001:81b::200e。", "地址<IP>。"),
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
        "3.2.1.0 is out; 4.1.2.3 Goals; Section 11.2.30.14; 版本11.2.30.14; §12.1.14.2; 12.1.14.0",
        "::1 fe80::1 2001:db8::7 std::vector abc::def 12:30:45 00:1b:44:11:3a:b7 dead::beef",
    ],
)
def test_private_addresses_versions_and_other_numbers_stay(text: str) -> None:
    assert redacted(text) == text


def test_counts_and_kinds() -> None:
    text = pa.array(["a@b.org c@d.org 93.1.2.3", None, "", "nichts für uns"], pa.large_string())
    out, counts = redact(text)
    assert out.to_pylist() == ["<EMAIL> <EMAIL> <IP>", None, "", "nichts für uns"]
    assert counts.to_pydict() == {
        "pii_email": [2, 0, 0, 0],
        "pii_ip": [1, 0, 0, 0],
        "redactions": [
            [
                {"kind": "email", "start": 0, "end": 7},
                {"kind": "email", "start": 8, "end": 15},
                {"kind": "ip", "start": 16, "end": 20},
            ],
            [],
            [],
            [],
        ],
    }
    assert counts.schema.types == [pa.int32(), pa.int32(), schemas.REDACTIONS_TYPE]
    out, counts = redact(text, ["ip"])
    assert out[0].as_py() == "a@b.org c@d.org <IP>"
    assert counts.schema.names == ["pii_ip", "redactions"]


def test_empty_batches_and_slices() -> None:
    text = pa.array(["x", "a@b.org", "93.1.2.3"], pa.large_string())
    assert redact(text[:0])[0].to_pylist() == []
    assert redact(text[:0])[1].num_rows == 0
    assert redact(text[1:])[0].to_pylist() == ["<EMAIL>", "<IP>"]


@pytest.mark.parametrize("replace", ["tag", "stand_in"])
@pytest.mark.parametrize(
    "text",
    [
        "a@b.org93.1.2.3 and c@d.com.x 93.1.1.1",
        "a@b.com@c.com@d.org",
        "x" * 100 + "@b.com2023 e@f.com-g.org_h@i.de.",
        "-a@b.com-- .c@d.org.. 93.8.8.8.com u@93.8.8.8 日a@b.cnc@d.cn",
        "a@93.8.8.8.com@93.1.1.1",
        "icon@2x.png_h@i.de a@b.com.h@i.de a@b.com_@x.org a@b.com2x@c.de_d@e.fr",
    ],
)
def test_idempotent(text: str, replace: str) -> None:
    once = redact(pa.array([text], pa.large_string()), replace=replace)  # type: ignore[arg-type]
    twice = redact(once[0], replace=replace)  # type: ignore[arg-type]
    assert twice[0].equals(once[0])
    assert twice[1].to_pydict() == {"pii_email": [0], "pii_ip": [0], "redactions": [[]]}
    assert once[1]["pii_email"][0].as_py() + once[1]["pii_ip"][0].as_py() > 0


def test_stand_ins_depend_on_value_and_key_alone() -> None:
    one = redacted("A@b.org 93.1.2.3", replace="stand_in")
    assert one == redacted("a@b.org 93.1.2.3", replace="stand_in")
    assert one == "user-621f5ffa@example.com 203.0.113.67"
    assert one != redacted("a@b.org 93.1.2.3", replace="stand_in", key=b"other")


def test_unknown_names_are_refused() -> None:
    text = pa.array(["a"], pa.large_string())
    with pytest.raises(
        ValueError, match="unknown PII kind 'fone'; the kinds of winnow are private_key"
    ):
        redact(text, ["fone"])
    with pytest.raises(
        ValueError, match=r"kind .phone.; the kinds of datatrove-0\.10 are email, ip"
    ):
        redact(text, ["phone"], decisions="datatrove-0.10")
    with pytest.raises(ValueError, match="use 'tag' or 'stand_in'"):
        redact(text, replace="hash")  # type: ignore[arg-type]


UNITS = [
    "a", "@", "a@", "a.", "1.", "a@b.", "-@-.", "1:", "12-", "0000", "(at) ", "a (dot) ", "Tel 1 ",
    "x1 ", "AB12 ", "://a:b@", "1/", "12 34 56 ", "a:", "0a-", "ж@", "ж", "+1 ", "-----BEGIN ",
    "+ (", "1.3.101.112 ", "fax ", "http://", "٣ ", "eyJa.", "<at>", " AT ", "00:1b:", "_1",
    "A1@例.",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_hostile_repetition_stays_linear(unit: str) -> None:
    """Four times the text takes about four times the work, and not sixteen times."""
    times = []
    for size in (50_000, 200_000):
        start = time.process_time()  # others may be busy
        redacted(unit * (size // len(unit)) + "x@y.org", kinds=tuple(KINDS))
        times.append(time.process_time() - start)
    assert times[1] < 9 * times[0] + 0.5, times
