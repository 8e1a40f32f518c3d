"""Keys and signatures in minisign's own form (https://jedisct1.github.io/minisign/), so that anybody's `minisign` reads them.

Ed25519 (RFC 8032) over the BLAKE2b-512 hash of a text ("ED"), a trusted comment under a second signature, and a secret
key wrapped by scrypt. Seals are made and checked with it. It refuses with ``NotMinisign`` what is not in this form, and a
wrong passphrase; it never says which byte of a signature was wrong. Signing itself is the ``cryptography`` library's.
"""

import secrets
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from hashlib import blake2b, scrypt
from typing import Self

_SIGNS = b"Ed"  # algorithm of a key
_SIGNS_HASHED = (
    b"ED"  # algorithm of a signature over the hash of a text; "Ed", over the text itself, is not accepted
)
_KDF = b"Sc"
_CHECKSUM = b"B2"
_UNTRUSTED = "untrusted comment: "
_TRUSTED = "trusted comment: "
_ID_BYTES, _KEY_BYTES, _SIGNATURE_BYTES, _SALT_BYTES, _CHECKSUM_BYTES = 8, 32, 64, 32, 32
_WRAPPED_BYTES = _ID_BYTES + 2 * _KEY_BYTES + _CHECKSUM_BYTES
_ROUNDS = 8  # scrypt's r, as libsodium fixes it
LONGEST_PASSPHRASE = 1023  # bytes; the minisign program reads no more


class NotMinisign(ValueError):
    """A text is not in minisign's form, or does not belong to the key or passphrase given."""


class WrongPassphrase(NotMinisign):
    """A secret key file in this form does not open with it; a damaged one cannot be told from that."""


@dataclass(frozen=True, slots=True)
class Cost:
    """How much work a guess at the passphrase is, as libsodium's scrypt counts it: operations, and bytes of memory."""

    operations: int
    memory: int

    def scrypt_numbers(self) -> tuple[int, int]:
        """Scrypt's N and p (r is 8), chosen as libsodium's crypto_pwhash_scryptsalsa208sha256 does."""
        operations = max(self.operations, 32768)
        if operations < self.memory // 32:
            return _power_of_two(operations // (_ROUNDS * 4)), 1
        number = _power_of_two(self.memory // (_ROUNDS * 128))
        return number, min(operations // 4 // number, 0x3FFFFFFF) // _ROUNDS


def _power_of_two(most: int) -> int:
    return 1 << max(1, most.bit_length() - 1)


CLINICAL = Cost(2**22, 2**27)  # N = 2^17, r = 8, p = 1, 128 MiB: OWASP's first choice for scrypt
TRAINING = Cost(2**15, 2**20)  # N = 2^10: nothing worth guarding behind it
_MOST_MEMORY = 2**30  # minisign's own default; a file that asks for more is not one of ours


@dataclass(frozen=True, slots=True)
class PublicKey:
    """What checks a signature. ``key_id`` is eight random bytes that name it."""

    key_id: bytes
    key: bytes

    @property
    def name(self) -> str:
        """The key id as the minisign program prints it: 16 hexadecimal digits, capital."""
        return f"{int.from_bytes(self.key_id, 'little'):016X}"

    @property
    def text(self) -> str:
        """The one line `minisign -P` takes."""
        return b64encode(_SIGNS + self.key_id + self.key).decode()

    @property
    def file(self) -> str:
        """What stands in a ``.pub`` file."""
        return f"{_UNTRUSTED}minisign public key {self.name}\n{self.text}\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """A public key from its line, or from its file. Raises NotMinisign."""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if lines and lines[0].startswith(_UNTRUSTED):
            del lines[0]
        if len(lines) != 1:
            raise NotMinisign("a public key is one line of base64")
        raw = _decoded(lines[0], 2 + _ID_BYTES + _KEY_BYTES)
        if raw[:2] != _SIGNS:
            raise NotMinisign("the public key is not an Ed25519 key")
        return cls(raw[2 : 2 + _ID_BYTES], raw[2 + _ID_BYTES :])

    def refuse_forged(self, message: bytes, signature: "Signature") -> None:
        """Raises NotMinisign unless this key signed this very message and its trusted comment."""
        if signature.key_id != self.key_id:
            raise NotMinisign(f"signed by key {signature.key_name}, not by {self.name}")
        if not self._signed(_hashed(message), signature.over_message):
            raise NotMinisign("the signature does not fit the text")
        if not self._signed(signature.over_message + signature.trusted.encode(), signature.over_comment):
            raise NotMinisign("the signature does not fit the trusted comment")

    def _signed(self, message: bytes, signature: bytes) -> bool:
        # Here: 30 ms that no other command need pay.
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signature:
    """A ``.minisig`` file taken apart: the key's id, the signature over the text's hash, the comment and its own signature."""

    key_id: bytes
    over_message: bytes
    trusted: str
    over_comment: bytes
    untrusted: str

    @property
    def key_name(self) -> str:
        return f"{int.from_bytes(self.key_id, 'little'):016X}"

    @property
    def file(self) -> str:
        """The four lines of a ``.minisig`` file."""
        return (
            f"{_UNTRUSTED}{self.untrusted}\n"
            f"{b64encode(_SIGNS_HASHED + self.key_id + self.over_message).decode()}\n"
            f"{_TRUSTED}{self.trusted}\n"
            f"{b64encode(self.over_comment).decode()}\n"
        )

    @classmethod
    def read(cls, text: str) -> Self:
        """Raises NotMinisign for anything but four lines in this form, prehashed."""
        lines = [line.rstrip("\r") for line in text.rstrip("\r\n").split("\n")]
        if len(lines) != 4 or not lines[0].startswith(_UNTRUSTED) or not lines[2].startswith(_TRUSTED):
            raise NotMinisign("a minisign signature has four lines, two of them comments")
        raw = _decoded(lines[1], 2 + _ID_BYTES + _SIGNATURE_BYTES)
        if raw[:2] != _SIGNS_HASHED:
            raise NotMinisign("the signature is not over the hash of a text (ED)")
        return cls(
            raw[2 : 2 + _ID_BYTES],
            raw[2 + _ID_BYTES :],
            lines[2][len(_TRUSTED) :],
            _decoded(lines[3], _SIGNATURE_BYTES),
            lines[0][len(_UNTRUSTED) :],
        )


@dataclass(frozen=True, slots=True)
class SecretKey:
    """An unlocked key. It is only ever in memory; ``locked`` gives the file that may be kept."""

    public: PublicKey
    seed: bytes

    def __repr__(self) -> str:  # a secret never reaches a traceback or a log
        return f"SecretKey({self.public.name}, …)"

    @classmethod
    def make(cls) -> Self:
        """A new key from the system's own randomness."""
        return cls._of(secrets.token_bytes(_ID_BYTES), secrets.token_bytes(_KEY_BYTES))

    @classmethod
    def _of(cls, key_id: bytes, seed: bytes) -> Self:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        return cls(PublicKey(key_id, public), seed)

    def sign(self, message: bytes, *, trusted: str, untrusted: str) -> Signature:
        """The signature over a message, and over it and the trusted comment together. Comments are one line each."""
        if any(ord(c) < 32 for c in trusted + untrusted):
            raise NotMinisign("a comment is one line")
        over_message = self._signed(_hashed(message))
        over_comment = self._signed(over_message + trusted.encode())
        return Signature(self.public.key_id, over_message, trusted, over_comment, untrusted)

    def _signed(self, message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)

    def locked(self, passphrase: str, cost: Cost) -> str:
        """The secret key file: this key under a passphrase. Raises NotMinisign for an empty or too long one."""
        salt = secrets.token_bytes(_SALT_BYTES)
        pair = self.public.key_id + self.seed + self.public.key
        plain = pair + _checksum(pair)
        head = _SIGNS + _KDF + _CHECKSUM + salt + _little(cost.operations) + _little(cost.memory)
        raw = head + _mixed(plain, _stretched(passphrase, salt, cost))
        return f"{_UNTRUSTED}minisign encrypted secret key\n{b64encode(raw).decode()}\n"

    @classmethod
    def unlock(cls, text: str, passphrase: str) -> Self:
        """The key in a secret key file. Raises NotMinisign for another file or the wrong passphrase."""
        lines = text.splitlines()
        if len(lines) != 2 or not lines[0].startswith(_UNTRUSTED):
            raise NotMinisign("a secret key file has two lines, the first a comment")
        raw = _decoded(lines[1].strip(), 6 + _SALT_BYTES + 16 + _WRAPPED_BYTES)
        if raw[:6] != _SIGNS + _KDF + _CHECKSUM:
            raise NotMinisign("the file does not hold an Ed25519 key under scrypt")
        salt, rest = raw[6 : 6 + _SALT_BYTES], raw[6 + _SALT_BYTES :]
        cost = Cost(int.from_bytes(rest[:8], "little"), int.from_bytes(rest[8:16], "little"))
        if cost.memory > _MOST_MEMORY or cost.operations > 2**32:
            raise NotMinisign("the file asks for more work than any of ours")
        plain = _mixed(rest[16:], _stretched(passphrase, salt, cost))
        pair, checksum = plain[:-_CHECKSUM_BYTES], plain[-_CHECKSUM_BYTES:]
        if not secrets.compare_digest(_checksum(pair), checksum):
            raise WrongPassphrase("the passphrase is wrong, or the file is damaged")
        key_id, seed, public = pair[:8], pair[8:40], pair[40:]
        key = cls._of(key_id, seed)
        if key.public.key != public:
            raise NotMinisign("the file holds two halves that do not belong together")
        return key


def _hashed(message: bytes) -> bytes:
    return blake2b(message).digest()


def _checksum(pair: bytes) -> bytes:
    return blake2b(_SIGNS + pair, digest_size=_CHECKSUM_BYTES).digest()


def _stretched(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    given = passphrase.encode()
    if not 0 < len(given) <= LONGEST_PASSPHRASE:
        raise NotMinisign(f"a passphrase has 1 to {LONGEST_PASSPHRASE} bytes")
    number, parallel = cost.scrypt_numbers()
    room = 128 * _ROUNDS * (number + parallel + 2) + 2**20
    return scrypt(given, salt=salt, n=number, r=_ROUNDS, p=parallel, maxmem=room, dklen=_WRAPPED_BYTES)


def _mixed(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _little(number: int) -> bytes:
    return number.to_bytes(8, "little")


def _decoded(text: str, length: int) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except (NotBase64, ValueError) as wrong:
        raise NotMinisign("not base64") from wrong
    if len(raw) != length or b64encode(raw).decode() != text:
        raise NotMinisign("not as long as it must be, or not in its one spelling")
    return raw
