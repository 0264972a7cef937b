"""Each kind of personal data: what counts, what its check refuses, and where it ends."""

import pytest

from filters.pii import KINDS, kinds_of
from filters.pii.crypto import is_base58check, is_bech32, is_ethereum, keccak_256
from filters.pii.redact import find
from filters.pii.regions import regions_of


def found(text: str, kind: str, regions: tuple[str, ...] = ()) -> list[str]:
    return [text[hit.start : hit.end] for hit in find(text, [KINDS[kind]], regions)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4111 1111 1111 1111, exp 12/27", ["4111 1111 1111 1111"]),
        ("卡号4111-1111-1111-1111。", ["4111-1111-1111-1111"]),
        ("4111 1111 1111 1111 123", ["4111 1111 1111 1111"]),  # its security code
        ("378282246310005 3782 822463 10005", ["378282246310005", "3782 822463 10005"]),
        ("4111 1111 1111 1112 4111111111111112", []),  # Luhn
        ("9111111111111111116 0000000000000000", []),  # no issuer
        ("a4111111111111111 4111111111111111b 1.4111111111111111", []),
        ("4111 1111-1111 1111", []),
    ],
)
def test_cards(text: str, expected: list[str]) -> None:
    assert found(text, "credit_card") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GB82WEST12345698765432", ["GB82WEST12345698765432"]),
        ("IBAN: GB82 WEST 1234 5698 7654 32.", ["GB82 WEST 1234 5698 7654 32"]),
        ("账号de89370400440532013000吗", ["de89370400440532013000"]),
        ("DE89 3704 0044 0532 0130 00 EUR", ["DE89 3704 0044 0532 0130 00"]),
        ("GB82WEST12345698765433 ZZ82WEST12345698765432 GB82WEST1234", []),
        ("DE893704004405320130001", []),
    ],
)
def test_ibans(text: str, expected: list[str]) -> None:
    assert found(text, "iban") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("460-89-9847", ["460-89-9847"]),
        ("SSN 460 89 9847, Social Security number: 460899847", ["460 89 9847", "460899847"]),
        ("460 89 9847 460899847 460.89.9847", []),
        ("000-12-3456 666-12-3456 912-12-3456 460-00-9847 460-89-0000", []),
        ("1460-89-9847 460-89-98471 460-89-9847-1", []),
    ],
)
def test_social_security_numbers(text: str, expected: list[str]) -> None:
    assert found(text, "us_ssn") == expected


def test_checks_of_crypto_addresses_agree_with_their_standards() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak_256(b"").hex() == empty
    abc = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"
    assert keccak_256(b"abc").hex() == abc
    # Examples of EIP-55.
    for digits in (
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
    ):
        assert is_ethereum("0x" + digits)
        assert is_ethereum("0x" + digits.lower())
        assert not is_ethereum("0x" + digits.swapcase())
    # Examples of BIP 173 and 350.
    assert is_bech32("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4")
    assert is_bech32("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0")
    assert not is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5")
    assert not is_bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kV8f3t4")
    assert is_base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa")  # of the first block
    assert not is_base58check("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb")
    assert not is_base58check("z" * 35)


def test_keys_and_credentials_end_where_they_end() -> None:
    token = "gh" + "p_" + "a1" * 18
    assert found(f'key="{token}"', "api_key") == [token]
    assert found(f"{token}x my{token} gh" + "p_short", "api_key") == []
    key = "-----BEGIN PRIVATE KEY-----\nMIIEv\nAQ==\n-----END PRIVATE KEY-----"
    assert found(f"a\n{key}\nb", "private_key") == [key]
    cut = "-----BEGIN RSA PRIVATE KEY-----\nMIIEvAQ"
    assert found(f"{cut}. And then", "private_key") == [cut]
    text = "ftp://jo:s3cr3t@host.org/a http://host.org:80/b@c https://jo@host.org 见http://a:b@c"
    assert found(text, "url_credentials") == ["jo:s3cr3t", "a:b"]


@pytest.mark.parametrize(
    ("text", "regions", "expected"),
    [
        ("+44 20 7946 0018", (), ["+44 20 7946 0018"]),
        ("(212) 736-5000", (), []),
        ("(212) 736-5000", ("US",), ["(212) 736-5000"]),
        ("电话13800138000。", ("CN",), ["13800138000"]),
        ("号码13800138000。", ("CN",), []),  # bare digits that nothing announces
        ("Tel. 030/901820", ("DE",), ["030/901820"]),
        ("<PHONE> 030/901820", ("US",), []),  # a tag announces nothing
        ("call +1 415 863 1234 ext 99!", ("US",), ["+1 415 863 1234 ext 99"]),
        ("هاتف ٠٢ ٢٧٩٥ ١٢٣٤", ("EG",), ["٠٢ ٢٧٩٥ ١٢٣٤"]),
        ("$212-736-5000 A212-736-5000", ("US",), []),
        ("Phone: 1999-2004, 24.12.2024 18:30, 192.168.10.20", ("DE", "US"), []),
    ],
)
def test_phone_numbers(text: str, regions: tuple[str, ...], expected: list[str]) -> None:
    assert found(text, "phone", regions) == expected


def test_regions_follow_the_language() -> None:
    assert regions_of("de")[:2] == ("DE", "AT")
    assert regions_of("de-CH")[:2] == ("CH", "DE")
    assert regions_of("zh-Hant-TW")[0] == "TW"
    assert regions_of("deu_Latn") == regions_of(None) == regions_of("und") == ()


def test_kinds_of_decisions() -> None:
    assert kinds_of("winnow") == tuple(KINDS)
    assert kinds_of("datatrove-0.10") == ("email", "ip")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("björn.åk@räksmörgås.se, info@müller-söhne.example.de", None),
        ("Пишите: иван.петров@пример.рф", ["иван.петров@пример.рф"]),
        ("почта@пример.рфи", []),  # the domain goes on: no such top level
        ("γιώργος@παράδειγμα.ελ και", ["γιώργος@παράδειγμα.ελ"]),
        ("راسل مدير@مثال.السعودية اليوم", ["مدير@مثال.السعودية"]),
        ("संपर्क@उदाहरण.भारत", ["संपर्क@उदाहरण.भारत"]),
        ("邮箱:客服@例子.中国。", ["客服@例子.中国"]),
        ("邮箱客服@例子.com", None),
        ("kontakt@xn--bcher-kva.example, a@xn--e1afmkfd.xn--p1ai", None),
        ("jane (at) example (dot) org", ["jane (at) example (dot) org"]),
        ("jane.doe[at]mail[dot]example[dot]com!", ["jane.doe[at]mail[dot]example[dot]com"]),
        ("juan(arroba)ejemplo(punto)es", ["juan(arroba)ejemplo(punto)es"]),
        ("j {at} example.net; k@@example", ["j {at} example.net"]),
        ("jane AT example DOT com", ["jane AT example DOT com"]),
        ("jane＠example.co.jp", ["jane＠example.co.jp"]),
        ("we met (at) noon. Look at example dot com. LOOK AT THE DOT", []),
        ("f(at) x[at] = y.z, a (dot) b", []),
    ],
)
def test_emails_of_other_scripts_and_hidden_ones(text: str, expected: list[str] | None) -> None:
    if expected is None:  # all that has an @, to the next comma
        expected = [part.strip() for part in text.split(",") if "@" in part]
    assert found(text, "email") == expected


def test_spellings_of_an_address_are_one_value() -> None:
    kind = KINDS["email"]
    spellings = ("Jane@Example.org", "jane (at) example (dot) org", "jane AT example DOT org")
    assert len({kind.stand_in_of(value, b"key") for value in spellings}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("00:1b:44:11:3a:b7, 00-1B-44-11-3A-B7 and 001b.4411.3ab7", 3),
        ("地址00:1b:44:11:3a:b7。", 1),
        ("MAC address 00:11:22:33:44:55", 1),
        ("at 00:11:22:33:44:55", 0),  # digits alone
        ("01:00:5e:7f:ff:fa ff:ff:ff:ff:ff:ff 00:00:5e:00:53:af 00:00:00:00:00:00", 0),
        ("00:1b:44:11:3a:b7:c8:d9 00:1b:44:11:3a 00-1b:44-11-3a-b7 g0:1b:44:11:3a:b7x", 0),
    ],
)  # fmt: skip
def test_hardware_addresses(text: str, expected: int) -> None:
    assert len(found(text, "mac")) == expected


@pytest.mark.parametrize(
    "text",
    [
        'openjdk version "17.0.9.11"', "Firefox 12.0.92.22 for Linux", "nginx 1.22.14.3",
        "/opt/java/17.0.9.11-temurin/bin", "tool-2.14.31.40.tar.gz", "Build: 22.16.40.12",
        "OID 2.5.29.148 and 1.3.101.231", "extension 2.5.4.223", "Opera/12.16.44.90 (X11)",
        "R$ 93.184.216.34,00", "93.184.216.340", "ratio 1:2:3:4:5:6:7:8",
    ],
)  # fmt: skip
def test_versions_and_amounts_are_no_addresses(text: str) -> None:
    assert found(text, "ip") == []


def test_addresses_with_small_numbers_where_a_word_says_so() -> None:
    text = "ping 5.9.4.12, server 12.0.92.22, http://8.65.0.78/, 11.0.8.101:443"
    assert found(text, "ip") == ["5.9.4.12", "12.0.92.22", "8.65.0.78", "11.0.8.101"]


# Examples that standards, offices and encyclopedias print, and the library's own.
@pytest.mark.parametrize(
    ("text", "regions", "expected"),
    [
        ("CPF 390.533.447-05 e 390.533.447-06", (), ["390.533.447-05"]),
        ("CPF: 39053344705 ou 39053344705", (), ["39053344705"]),
        ("16.727.230/0001-97", (), ["16.727.230/0001-97"]),
        ("DNI 54362315-K", (), ["54362315-K"]),
        ("54362315K", ("ES",), ["54362315K"]),
        ("54362315K", ("US",), []),
        ("NIE X2482300W, X2482300A", (), ["X2482300W"]),
        ("RCCMNL83S18D969H", (), ["RCCMNL83S18D969H"]),
        ("RCCMNL83S18D969I", (), []),
        ("QQ 12 34 56 C, AB 12 34 56 C", (), ["AB 12 34 56 C"]),
        ("National Insurance number AB123456C", (), ["AB123456C"]),
        ("part AB123456C", (), []),
        ("Aadhaar: 2341 2341 2346", (), ["2341 2341 2346"]),
        ("Aadhaar: 2341 2341 2347; 2341 2341 2346", (), []),
        ("公民身份号码是11010519491231002X。", (), ["11010519491231002X"]),
        ("11010519491331002X 110105194912310021", (), []),
        ("PESEL 44051401359", (), ["44051401359"]),
        ("44051401359", ("PL",), []),
        ("henkilötunnus 131052-308T", (), ["131052-308T"]),
        ("131052-308T", ("FI",), ["131052-308T"]),
        ("971013/9234 a 971013/9235", (), None),
        ("BSN 111222333", (), ["111222333"]),
        ("СНИЛС 112-233-445 95", (), ["112-233-445 95"]),
        ("S1234567D", (), []),
        ("NRIC S1234567D", (), ["S1234567D"]),
        ("order 123.456.789-00, 12.345.678-9 A", (), []),
    ],
)
def test_national_ids(text: str, regions: tuple[str, ...], expected: list[str] | None) -> None:
    hits = found(text, "national_id", regions)
    assert len(hits) <= 1 if expected is None else hits == expected
