"""Each kind of personal data: what counts, what its check refuses, and where it ends."""

import pytest

from filters.pii import KINDS, kinds_of
from filters.pii.crypto import is_base58check, is_bech32, is_ethereum, keccak_256
from filters.pii.regions import regions_of
from filters.pii.redact import find


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
