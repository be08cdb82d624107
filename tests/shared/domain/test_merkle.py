from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain import merkle
from shared.domain.merkle import Span, Tree

#: The test data and roots that implementations of Certificate Transparency share.
CONTENTS = [
    bytes.fromhex(content)
    for content in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
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
SIZES = st.integers(min_value=1, max_value=200)


def naive_root(contents: list[bytes]) -> bytes:
    """As RFC 6962 defines it, word for word."""
    if not contents:
        return sha256(b"").digest()
    if len(contents) == 1:
        return sha256(b"\x00" + contents[0]).digest()
    k = 1
    while k * 2 < len(contents):
        k *= 2
    return sha256(b"\x01" + naive_root(contents[:k]) + naive_root(contents[k:])).digest()


def leaves(size: int) -> list[bytes]:
    return [str(i).encode() for i in range(size)]


def tree_of(contents: list[bytes]) -> Tree:
    tree = Tree()
    for content in contents:
        tree.append(merkle.leaf(content))
    return tree


def proof(spans: list[Span], contents: list[bytes]) -> list[bytes]:
    return [naive_root(contents[first:end]) for first, end in spans]


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert tree_of(CONTENTS[:size]).root.hex() == ROOTS[size - 1]


@given(st.integers(min_value=0, max_value=200))
def test_a_growing_tree_has_the_root_of_the_definition(size: int) -> None:
    assert tree_of(leaves(size)).root == naive_root(leaves(size))


@given(SIZES, st.data())
def test_a_span_of_a_proof_is_the_fold_of_its_complete_subtrees(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    nodes = {node: hash_ for leaf in [tree_nodes(size)] for node, hash_ in leaf.items()}
    for first, end in merkle.inclusion(index, size):
        peaks = [nodes[node] for node in merkle.complete_in((first, end))]
        assert merkle.folded(peaks) == naive_root(leaves(size)[first:end])


def tree_nodes(size: int) -> dict[merkle.Node, bytes]:
    tree = Tree()
    return dict(made for one in leaves(size) for made in tree.append(merkle.leaf(one)))


@given(SIZES, st.data())
def test_inclusion_is_proven_for_the_leaf_in_its_place_and_no_other(
    size: int, data: st.DataObject
) -> None:
    contents = leaves(size)
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path = proof(merkle.inclusion(index, size), contents)
    root = naive_root(contents)
    assert merkle.is_included(contents[index], index, size, path, root)
    assert merkle.is_included(contents[other], index, size, path, root) == (other == index)
    assert merkle.is_included(contents[index], other, size, path, root) == (other == index)


@given(st.integers(0, 200), st.integers(0, 200))
def test_growth_is_proven(first: int, second: int) -> None:
    old, new = sorted((first, second))
    contents = leaves(new)
    path = proof(merkle.consistency(old, new), contents)
    roots = {"old_root": naive_root(contents[:old]), "new_root": naive_root(contents)}
    assert merkle.is_consistent(old, new, path, **roots)


@given(SIZES, SIZES, st.data())
def test_no_proof_shows_that_a_tree_grew_whose_past_was_changed(
    first: int, second: int, data: st.DataObject
) -> None:
    old, new = sorted((first, second))
    changed = leaves(new)
    changed[data.draw(st.integers(0, old - 1))] = b"something else"
    path = proof(merkle.consistency(old, new), changed)
    roots = {"old_root": naive_root(leaves(old)), "new_root": naive_root(changed)}
    assert not merkle.is_consistent(old, new, path, **roots)


@given(SIZES, SIZES, st.data())
def test_a_proof_with_a_wrong_or_missing_part_proves_nothing(
    first: int, second: int, data: st.DataObject
) -> None:
    old, new = sorted((first, second))
    contents = leaves(new)
    path = proof(merkle.consistency(old, new), contents)
    if path:
        spoilt = data.draw(st.integers(0, len(path) - 1))
        path[spoilt] = bytes(32)
    else:
        path = [bytes(32)]
    roots = {"old_root": naive_root(contents[:old]), "new_root": naive_root(contents)}
    assert not merkle.is_consistent(old, new, path, **roots)
    assert not merkle.is_consistent(old, new, path[:-1], **roots) or len(path) == 1


def test_a_shrunken_tree_is_never_consistent() -> None:
    assert not merkle.is_consistent(3, 2, [], old_root=b"", new_root=b"")


def test_a_leaf_beyond_the_tree_is_not_in_it() -> None:
    root = naive_root(leaves(1))
    assert merkle.is_included(b"0", 0, 1, [], root)
    assert not merkle.is_included(b"0", 1, 1, [], root)
