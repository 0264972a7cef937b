"""Addresses of cryptocurrencies, told from other strings by their own checksums.

Base58Check (Bitcoin, Litecoin, Dogecoin, Dash, Tron: any version byte over 20 bytes), Bech32 and
Bech32m (Bitcoin, Litecoin; BIP 173 and 350) and Ethereum's hexadecimal form (EIP-55). An Ethereum
address in one case carries no check; `0x` and 40 digits are taken for one. Addresses without any
check (Solana) are left.
"""

import hashlib
import re

from filters.pii.places import Place, matches

Span = tuple[int, int]

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
BASE58_WORD = re.compile(rf"(?<![0-9A-Za-z])[{BASE58}]{{26,35}}(?![0-9A-Za-z])")
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
BECH32_WORD = re.compile(r"(?<![0-9A-Za-z])(?:bc|ltc)1[ac-hj-np-z02-9]{11,87}(?![0-9A-Za-z])", re.I)
BECH32_CONSTANTS = (1, 0x2BC830A3)  # of Bech32 and Bech32m
ETHEREUM_WORD = re.compile(r"(?<![0-9A-Za-z])0x[0-9A-Fa-f]{40}(?![0-9A-Za-z])")


def crypto_spans(text: str, places: list[Place]) -> list[Span]:
    """Where addresses are."""
    tests = (
        (BASE58_WORD, is_base58check),
        (BECH32_WORD, is_bech32),
        (ETHEREUM_WORD, is_ethereum),
    )
    return [m.span() for word, test in tests for m in matches(word, text, places, 1) if test(m[0])]


def is_base58check(value: str) -> bool:
    """A version byte, 20 bytes and the first four of their double SHA-256."""
    number = 0
    for character in value:
        number = number * 58 + BASE58.index(character)
    if number >= 1 << 200:
        return False
    data = number.to_bytes(25, "big")
    if len(value) - len(value.lstrip("1")) != len(data) - len(data.lstrip(b"\0")):
        return False
    return hashlib.sha256(hashlib.sha256(data[:21]).digest()).digest()[:4] == data[21:]


def is_bech32(value: str) -> bool:
    if value not in (value.lower(), value.upper()):
        return False
    prefix, _, data = value.lower().rpartition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix]
    return _bech32_remainder(values + [BECH32.index(c) for c in data]) in BECH32_CONSTANTS


def _bech32_remainder(values: list[int]) -> int:
    remainder = 1
    for value in values:
        top = remainder >> 25
        remainder = (remainder & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            remainder ^= generator if top >> bit & 1 else 0
    return remainder


def is_ethereum(value: str) -> bool:
    digits = value[2:]
    if digits in (digits.lower(), digits.upper()):
        return True
    digest = keccak_256(digits.lower().encode()).hex()
    return all(
        digit.isdigit() or digit.isupper() == (int(nibble, 16) >= 8)
        for digit, nibble in zip(digits, digest, strict=False)
    )


_MASK = (1 << 64) - 1


def keccak_256(data: bytes) -> bytes:
    """Keccak-256 of up to 135 bytes as Ethereum uses it, from before SHA-3 got its own padding."""
    block = 136
    assert len(data) < block
    padded = bytearray(data) + b"\1" + bytes(block - 1 - len(data))
    padded[-1] |= 0x80
    lanes = [[0] * 5 for _ in range(5)]
    for i in range(block // 8):
        lanes[i % 5][i // 5] = int.from_bytes(padded[8 * i : 8 * i + 8], "little")
    _permute(lanes)
    return b"".join(lanes[i][0].to_bytes(8, "little") for i in range(4))


def _rotate(value: int, bits: int) -> int:
    bits %= 64
    return (value << bits | value >> (64 - bits)) & _MASK if bits else value


def _permute(lanes: list[list[int]]) -> None:
    """Keccak-f[1600] (FIPS 202, section 3.3), its constants from the register that defines them."""
    register = 1
    for _ in range(24):
        columns = [a ^ b ^ c ^ d ^ e for a, b, c, d, e in lanes]
        for x in range(5):
            mixed = columns[x - 1] ^ _rotate(columns[(x + 1) % 5], 1)
            lanes[x] = [lane ^ mixed for lane in lanes[x]]
        x, y, current = 1, 0, lanes[1][0]
        for step in range(24):
            x, y = y, (2 * x + 3 * y) % 5
            current, lanes[x][y] = lanes[x][y], _rotate(current, (step + 1) * (step + 2) // 2)
        for y in range(5):
            row = [lanes[x][y] for x in range(5)]
            for x in range(5):
                lanes[x][y] = row[x] ^ (~row[(x + 1) % 5] & _MASK & row[(x + 2) % 5])
        for bit in range(7):
            register = (register << 1 ^ (register >> 7) * 0x171) & 0xFF
            if register & 2:
                lanes[0][0] ^= 1 << ((1 << bit) - 1)
