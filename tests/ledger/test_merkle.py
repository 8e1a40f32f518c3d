"""The Merkle tree against the published vectors of RFC 6962's reference implementation, and against the definition itself.

Vectors: certificate-transparency, merkle_tree_test; the same leaves, roots, paths and consistency proofs.
"""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.ledger import verify_ledger
from inkt_mfg.ledger.merkle import EMPTY_ROOT, Frontier, Tree, leaf_hash, node_hash

LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
L1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
L6 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
N03 = ROOTS[3]
PATHS = [  # leaf from 0, size, path
    (0, 1, []),
    (0, 8, [L1, N23, N47]),
    (5, 8, [L4, N67, N03]),
    (2, 3, [ROOTS[1]]),
    (1, 5, [ROOTS[0], N23, L4]),
]
GROWTH = [  # earlier size, later size, proof
    (1, 1, []),
    (1, 8, [L1, N23, N47]),
    (6, 8, [N45, N67, N03]),
    (2, 5, [N23, L4]),
    (6, 7, [N45, L6, N03]),
]
pytestmark = pytest.mark.requirement("R04")


def tree_of(leaves) -> Tree:
    return Tree(map(leaf_hash, leaves))


def hexes(path) -> list[str]:
    return [p.hex() for p in path]


def test_the_root_of_no_entries_is_the_hash_of_nothing() -> None:
    assert sha256(b"").digest() == EMPTY_ROOT == Tree().root() == Frontier().root


@pytest.mark.parametrize("size", range(1, 9))
def test_every_published_root(size) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.add(leaf_hash(leaf))
    assert frontier.root.hex() == tree_of(LEAVES).root(size).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_every_published_inclusion_proof(leaf, size, path) -> None:
    assert hexes(tree_of(LEAVES).inclusion(leaf, size)) == path
    root = bytes.fromhex(ROOTS[size - 1])
    assert verify_ledger.included(leaf_hash(LEAVES[leaf]), leaf, size, list(map(bytes.fromhex, path)), root)


@pytest.mark.parametrize(("earlier", "later", "proof"), GROWTH)
def test_every_published_consistency_proof(earlier, later, proof) -> None:
    assert hexes(tree_of(LEAVES).consistency(earlier, later)) == proof
    roots = [bytes.fromhex(ROOTS[n - 1]) for n in (earlier, later)]
    assert verify_ledger.continued(earlier, later, list(map(bytes.fromhex, proof)), *roots)


def test_a_proof_never_holds_for_another_place_size_or_root() -> None:
    tree = tree_of(LEAVES)
    leaf, path, root = leaf_hash(LEAVES[5]), tree.inclusion(5), tree.root()
    assert verify_ledger.included(leaf, 5, 8, path, root)
    # (Sizes 7 and 8 have one shape on the way to leaf 5: the seal names its size and its root together.)
    for index, size in ((4, 8), (5, 6), (13, 8), (-1, 8), (5, 0), (5, 16)):
        assert not verify_ledger.included(leaf, index, size, path, root)
    assert not verify_ledger.included(leaf, 5, 8, path[:-1], root)
    assert not verify_ledger.included(leaf, 5, 8, [*path, root], root)
    assert not verify_ledger.included(leaf, 5, 8, path, tree.root(7))
    assert not verify_ledger.included(leaf_hash(LEAVES[4]), 5, 8, path, root)
    # A node is never taken for an entry: their hashes begin with another byte.
    inner = node_hash(leaf_hash(LEAVES[4]), leaf)
    assert not verify_ledger.included(inner, 2, 4, path[1:], tree_of([b"x"] * 8).root())


def test_a_consistency_proof_never_holds_for_another_tree() -> None:
    tree = tree_of(LEAVES)
    proof = tree.consistency(6)
    assert verify_ledger.continued(6, 8, proof, tree.root(6), tree.root(8))
    assert not verify_ledger.continued(6, 8, proof, tree.root(5), tree.root(8))
    assert not verify_ledger.continued(6, 8, proof, tree.root(6), tree.root(7))
    assert not verify_ledger.continued(5, 8, proof, tree.root(5), tree.root(8))
    assert not verify_ledger.continued(6, 8, proof[:-1], tree.root(6), tree.root(8))
    assert not verify_ledger.continued(6, 8, [], tree.root(6), tree.root(8))
    assert not verify_ledger.continued(0, 8, proof, tree.root(0), tree.root(8))
    assert not verify_ledger.continued(8, 6, proof, tree.root(8), tree.root(6))
    assert not verify_ledger.continued(6, 6, proof, tree.root(6), tree.root(6))


def by_definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=70), st.data())
def test_tree_frontier_and_verifier_agree_with_the_definition(leaves, data) -> None:
    tree, frontier = tree_of(leaves), Frontier()
    for leaf in leaves:
        frontier.add(leaf_hash(leaf))
    assert tree.root() == frontier.root == by_definition(leaves)
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    earlier = data.draw(st.integers(1, size))
    assert tree.root(size) == by_definition(leaves[:size])
    assert verify_ledger.included(
        leaf_hash(leaves[index]), index, size, tree.inclusion(index, size), tree.root(size)
    )
    grown = tree.consistency(earlier, size)
    assert verify_ledger.continued(earlier, size, grown, tree.root(earlier), tree.root(size))


@given(st.lists(st.binary(max_size=4), min_size=1, max_size=40), st.lists(st.binary(max_size=4), max_size=40))
def test_a_frontier_put_by_and_taken_up_again_gives_the_same_root(before, after) -> None:
    whole = Frontier()
    for leaf in before:
        whole.add(leaf_hash(leaf))
    again = Frontier(whole.size, list(whole.peaks))
    for leaf in after:
        whole.add(leaf_hash(leaf))
        again.add(leaf_hash(leaf))
    assert again.root == whole.root == tree_of(before + after).root()


def test_what_cannot_be_a_tree_is_refused() -> None:
    tree = tree_of(LEAVES)
    with pytest.raises(ValueError, match="a tree of 6 leaves has 2 peaks"):
        Frontier(6, [b"\0" * 32])
    with pytest.raises(ValueError, match="peaks"):
        Frontier(1, [b"short"])
    with pytest.raises(ValueError, match="there are 8 leaves, not 9"):
        tree.root(9)
    with pytest.raises(ValueError, match="has no leaf 8"):
        tree.inclusion(8)
    with pytest.raises(ValueError, match="has no leaf 3"):
        tree.inclusion(3, 3)
    with pytest.raises(ValueError, match="does not continue one of 0"):
        tree.consistency(0)
