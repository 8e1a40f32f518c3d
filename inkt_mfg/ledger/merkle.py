"""The Merkle tree over a site's entries, as RFC 9162 section 2.1 (and RFC 6962 before it) defines it, with SHA-256.

A leaf is an entry's canonical bytes. ``Frontier`` computes a root while the entries stream by and keeps one hash for
each bit of the size; ``Tree`` keeps every subtree hash and gives proofs. Used by seals and exports; it refuses a size
beyond its leaves with ValueError. The verifier in ``verify_ledger`` is written apart from this one, on purpose.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """MTH of one leaf: a leaf can never be taken for a node, because its first byte is another."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


def _folded(peaks: Sequence[bytes]) -> bytes:
    """Perfect subtrees, the largest first, as one root."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class Frontier:
    """The right edge of a tree: its perfect subtrees, the largest first. All that is needed to add leaves to it.

    The peaks need no trust: there is one list of hashes of this length that folds to a given root, so whoever knows
    the signed root can check them. Raises ValueError when there are not as many as the size has bits set.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count() or any(len(p) != HASH_BYTES for p in self.peaks):
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} peaks")

    def add(self, leaf: bytes) -> None:
        """One more leaf, by its hash."""
        standing, hashed = self.size, leaf
        while standing & 1:
            hashed = node_hash(self.peaks.pop(), hashed)
            standing >>= 1
        self.peaks.append(hashed)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The tree's hash (MTH) as it stands."""
        return _folded(self.peaks) if self.peaks else EMPTY_ROOT


class Tree:
    """Every perfect subtree's hash, level by level from the leaves: 64 bytes for each entry."""

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray(b"".join(leaves))]
        while len(self._levels[-1]) >= 2 * HASH_BYTES:
            self._levels.append(_level_above(self._levels[-1]))

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` leaves, of all of them by default."""
        wanted = self._within(self.size if size is None else size)
        return self._range(0, wanted) if wanted else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """The path of leaf ``index`` (from 0) in the tree of the first ``size`` leaves, the sister leaf first."""
        end = self._within(self.size if size is None else size)
        if not 0 <= index < end:
            raise ValueError(f"a tree of {end} leaves has no leaf {index}")
        return [self._range(low, high) for low, high in _sisters(index, end)][::-1]

    def consistency(self, earlier: int, size: int | None = None) -> list[bytes]:
        """The proof that the tree of ``earlier`` leaves is the beginning of that of ``size`` (RFC 9162, 2.1.4.1)."""
        end = self._within(self.size if size is None else size)
        if not 0 < earlier <= end:
            raise ValueError(f"a tree of {end} leaves does not continue one of {earlier}")
        return [self._range(low, high) for low, high in _edge(earlier, end)][::-1]

    def _within(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise ValueError(f"there are {self.size} leaves, not {size}")
        return size

    def _range(self, low: int, high: int) -> bytes:
        """MTH of leaves ``low`` to before ``high``, ``low`` a multiple of the power of two not below their number."""
        peaks = []
        while low < high:
            level = (high - low).bit_length() - 1
            at = (low >> level) * HASH_BYTES
            peaks.append(bytes(self._levels[level][at : at + HASH_BYTES]))
            low += 1 << level
        return _folded(peaks)


def _level_above(level: bytearray) -> bytearray:
    pairs = memoryview(level)[: len(level) // (2 * HASH_BYTES) * (2 * HASH_BYTES)]
    return bytearray(
        b"".join(
            sha256(b"\x01" + pairs[at : at + 2 * HASH_BYTES]).digest()
            for at in range(0, len(pairs), 2 * HASH_BYTES)
        )
    )


def _split(size: int) -> int:
    """The largest power of two below ``size``."""
    return 1 << (size - 1).bit_length() - 1


def _sisters(index: int, end: int) -> Iterator[tuple[int, int]]:
    """The subtrees beside the way from the root down to a leaf, the topmost first."""
    low, high = 0, end
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            yield middle, high
            high = middle
        else:
            yield low, middle
            low = middle


def _edge(earlier: int, end: int) -> Iterator[tuple[int, int]]:
    """The subtrees of a consistency proof, the topmost first."""
    low, high = 0, end
    while high > earlier:
        middle = low + _split(high - low)
        if earlier <= middle:
            yield middle, high
            high = middle
        else:
            yield low, middle
            low = middle
    if low:  # the earlier tree is not itself a subtree of the later one: its last part is named
        yield low, high
