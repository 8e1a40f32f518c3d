"""The line of every key, whatever a TOML text looks like."""

import tomllib
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from inkt_mfg.protocol import Protocol
from inkt_mfg.protocol.locate import KeyPath, line_of, lines_of

TEXT = '''# [not.a.table]
top = 1
"quoted key" = "a = b # [x]"
dotted.inner = 2

[table]   # comment
many = [
    "[[no]]", # key = 1
    "x = 1",
]
long = """
key = 1
[no]
"""
literal = \'\'\'
also = 1\'\'\'
after = { inner = 1 }

[[items]]
code = "a"
[items.sub]
deep = 1
[[items]]
code = "b"
[[items.parts]]
name = "p"
[[items.parts]]
name = "q"'''


def test_each_key_is_found_where_it_stands():
    lines = lines_of(TEXT)
    assert tomllib.loads(TEXT)
    expected = {
        ("top",): 2, ("quoted key",): 3, ("dotted", "inner"): 4, ("table",): 6, ("table", "many"): 7,
        ("table", "long"): 11, ("table", "literal"): 15, ("table", "after"): 17, ("items", 0): 19,
        ("items", 0, "code"): 20, ("items", 0, "sub"): 21, ("items", 0, "sub", "deep"): 22, ("items", 1): 23,
        ("items", 1, "code"): 24, ("items", 1, "parts", 0): 25, ("items", 1, "parts", 0, "name"): 26,
        ("items", 1, "parts", 1): 27, ("items", 1, "parts", 1, "name"): 28,
    }  # fmt: skip
    assert lines == expected


def test_a_key_that_is_not_there_is_pointed_to_by_its_table():
    lines = lines_of(TEXT)
    assert line_of(lines, ("items", 1, "missing")) == 23
    assert line_of(lines, ("table", "after", "inner")) == 17
    assert line_of(lines, ("nowhere",)) == 1


def _leaves(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, key))
    elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path


def test_every_value_of_both_protocols_is_found_on_a_line_that_names_it(
    trial: Protocol, weight_based: Protocol
):
    for protocol in (trial, weight_based):
        lines, text = lines_of(protocol.text), protocol.text.split("\n")
        for path in _leaves(tomllib.loads(protocol.text)):
            line = text[line_of(lines, path) - 1]
            assert any(str(part) in line for part in path), (path, line)


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z]{1,8}", fullmatch=True),
            st.sampled_from(['"x"', "[1,\n 2]", '"""\na = 1\n"""', "'[t]'", "{ a = 1 }", "1 # = [", '["]"]']),
            st.integers(0, 3),
        ),
        unique_by=lambda item: item[0],
        max_size=12,
    )
)
def test_any_order_of_values_and_blank_lines_keeps_the_lines(items):
    text, expected = "", {}
    for key, value, blank in items:
        text += "\n" * blank
        expected[key,] = text.count("\n") + 1
        text += f"{key} = {value}\n"
    assert set(tomllib.loads(text)) == {key for (key,) in expected}
    assert lines_of(text) == expected
