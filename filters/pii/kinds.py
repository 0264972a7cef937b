"""The kinds of personal data: how each is found, and what may stand in its place.

A stand-in is nobody's: it comes from what a standard reserves for documentation or fiction, or
fails the check of its kind. So it is never taken for a hit when the text comes by again.
"""

import dataclasses
import hashlib
import re
from collections.abc import Callable

from filters.pii import addresses, crypto, email, national, numbers, phone, places, secrets
from filters.pii.places import Place
from filters.pii.regions import Regions

Span = tuple[int, int]
Find = Callable[[str, list[Place], Regions], list[Span]]
# Reserved for documentation (RFC 5737).
DOCUMENTATION_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")


@dataclasses.dataclass(frozen=True)
class Kind:
    """One kind of personal data.

    Attributes:
      bit: of the kind in `filters.pii.places`.
      find: where it is, of places in a text, and regions (ISO 3166) where national forms are looked
        for.
      stand_in: what to write for a value, by a hash of it (64 bits).
      stand_in_pattern: matches what `stand_in` writes and nothing that is anybody's.
      canonical: the spelling of a value that is hashed, so that two spellings are one value.
    """

    name: str
    bit: int
    find: Find
    stand_in: Callable[[int], str]
    stand_in_pattern: str
    canonical: Callable[[str], str] = str

    @property
    def tag(self) -> str:
        return f"<{self.name.upper()}>"

    def stand_in_of(self, value: str, key: bytes) -> str:
        """The same for the same value and key, whatever else the text holds."""
        digest = hashlib.blake2b(self.canonical(value).encode(), digest_size=8, key=key).digest()
        return self.stand_in(int.from_bytes(digest, "big"))


def _anywhere(find: Callable[[str, list[Place]], list[Span]]) -> Find:
    return lambda text, places, regions: find(text, places)


def _ip_stand_in(value: int) -> str:
    network = DOCUMENTATION_NETWORKS[value % 3]
    return f"{network}.{value // 3 % 254 + 1}"


# In the order in which they claim text: of two hits that overlap the former kind's is taken.
_KINDS = (
    Kind(
        "private_key",
        places.PRIVATE_KEY,
        _anywhere(secrets.private_key_spans),
        lambda value: f"private-key-{value:016x}",
        r"private-key-[0-9a-f]{16}",
    ),
    Kind(
        "url_credentials",
        places.URL_CREDENTIALS,
        _anywhere(addresses.url_credential_spans),
        lambda value: f"user-{value >> 32:08x}:password",
        r"user-[0-9a-f]{8}:password",
    ),
    Kind(
        "api_key",
        places.API_KEY,
        _anywhere(secrets.api_key_spans),
        lambda value: f"api-key-{value:016x}",
        r"api-key-[0-9a-f]{16}",
    ),
    Kind(
        "email",
        places.EMAIL,
        _anywhere(email.email_spans),
        lambda value: f"user-{value >> 32:08x}@example.com",
        r"user-[0-9a-f]{8}@example\.com",
        email.canonical_email,
    ),
    Kind(
        "crypto",
        places.CRYPTO,
        _anywhere(crypto.crypto_spans),
        lambda value: f"crypto-address-{value:016x}",
        r"crypto-address-[0-9a-f]{16}",
    ),
    Kind(
        "iban",
        places.IBAN,
        _anywhere(numbers.iban_spans),
        lambda value: f"ZZ{value % 10**20:020}",  # no country has the code ZZ
        r"ZZ[0-9]{20}",
        numbers.canonical_iban,
    ),
    Kind(
        "credit_card",
        places.CREDIT_CARD,
        _anywhere(numbers.card_spans),
        lambda value: f"0000{value % 10**12:012}",  # no issuer has the prefix 0
        r"0000[0-9]{12}",
        lambda value: re.sub("[ -]", "", value),
    ),
    Kind(
        "us_ssn",
        places.US_SSN,
        _anywhere(numbers.ssn_spans),
        lambda value: f"000-{value % 99 + 1:02}-{value // 99 % 9999 + 1:04}",  # no area 000
        r"000-[0-9]{2}-[0-9]{4}",
        lambda value: re.sub("[-. ]", "", value),
    ),
    Kind(
        "national_id",
        places.NATIONAL_ID,
        national.national_id_spans,
        lambda value: f"national-id-{value:016x}",
        r"national-id-[0-9a-f]{16}",
        national.canonical_id,
    ),
    Kind(
        "mac",
        places.MAC,
        _anywhere(addresses.mac_spans),
        lambda value: f"00:00:5e:00:53:{value % 256:02x}",  # RFC 7042, for documentation
        r"00:00:5e:00:53:[0-9a-f]{2}",
        addresses.canonical_mac,
    ),
    Kind(
        "ip",
        places.IP,
        _anywhere(addresses.ip_spans),
        _ip_stand_in,
        r"(?:192\.0\.2|198\.51\.100|203\.0\.113)\.[0-9]{1,3}",
        addresses.canonical_ip,
    ),
    Kind(
        "phone",
        places.PHONE,
        phone.phone_spans,
        lambda value: f"+1 {value % 800 + 200}-555-01{value // 800 % 100:02}",  # fiction's own
        r"\+1 [2-9][0-9]{2}-555-01[0-9]{2}",
        phone.canonical_phone,
    ),
)
KINDS = {kind.name: kind for kind in _KINDS}
# Whatever stands there already, of any kind and either form of replacement.
REPLACED = re.compile("|".join(f"{kind.tag}|{kind.stand_in_pattern}" for kind in _KINDS))
