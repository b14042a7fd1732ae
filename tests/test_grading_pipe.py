"""Plain data across a pipe: what goes in comes out, and hostile bytes end in `Forbidden` alone."""

import contextlib
import json
import random
import time
import tracemalloc

import numpy as np
import pytest

from utils.grading.inside import pipe


def through(value):
    """What comes out on the other side."""
    header, *parts = pipe.encode(value)
    sent = b"".join(parts)
    head, arrays = pipe.lengths(header)
    assert len(sent) == head + arrays
    return pipe.decode(sent[:head], sent[head:])


def same(a, b):
    if isinstance(a, (np.ndarray, np.generic)):
        equal = np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        return type(a) is type(b) and a.dtype == b.dtype and a.shape == b.shape and equal
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        pairs = zip(a, b, strict=True)
        return type(a) is type(b) and len(a) == len(b) and all(same(*pair) for pair in pairs)
    return type(a) is type(b) and (a == b or a != a)


PLAIN = [
    *(None, True, False, 0, -1, 2**70, 1.5, -0.0, float("inf"), float("nan"), "", "é\x00\n\u202e"),
    *([], (), {}, [1, [2, (3, None)]], (1,), {"a": {1: [2.5]}, "t": 1, "a b": ("x",)}),
    {"a": [["float32", [2]]], "d": [], "t": []},  # looks like what the pipe itself writes
    *(np.arange(6, dtype=kind).reshape(2, 3) for kind in sorted(pipe.DTYPES - {"bool"})),
    *(np.array([[True, False]]), np.zeros((0, 5)), np.zeros((3, 0), "int8"), np.array(2.5)),
    *(np.float32(1.5), np.int64(-3), np.bool_(True), np.array(["ab", "c", ""]), np.array("x")),
    *(np.arange(12.0).reshape(3, 4).T, np.arange(9)[::-2], np.arange(3, dtype=">f8")),
    {"n": 1, "value": {"weights": [np.ones((2, 2)), np.zeros(3, "int8")], "kind": "Dense"}},
]


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: repr(value)[:40])
def test_round_trip(value):
    got = through(value)
    if isinstance(value, np.ndarray) and not value.dtype.isnative:
        value = value.astype(value.dtype.newbyteorder("="))
    if isinstance(value, np.ndarray) and value.dtype.kind == "U":
        assert got.shape == value.shape and got.tolist() == value.tolist()
    else:
        assert same(value, got)


def test_what_comes_can_be_written():
    got = through([np.arange(3.0), np.array([True])])
    got[0] += 1
    got[1][:] = False
    assert got[0].tolist() == [1, 2, 3]


def test_lone_surrogates_are_replaced():
    assert through("a\ud800b") == "a?b"


def deep(levels):
    return [deep(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    "value, words",
    [
        (object(), "type object"),
        (1j, "type complex"),
        (b"bytes", "type bytes"),
        ({1, 2}, "type set"),
        ({(1, 2): 3}, "key of type tuple"),
        ({True: 3}, "key of type bool"),
        (np.array([object()]), "array of object"),
        (np.array([1j]), "array of complex"),
        (np.zeros(2, [("a", "i4")]), "array of"),
        (np.array(["2020-01-01"], "datetime64"), "array of datetime64"),
        (2**1024, "beyond 2.1024"),
        (deep(40), "levels"),
        (np.broadcast_to(np.int8(0), pipe.MOST_ARRAYS + 1), "too large"),
        ("x" * (pipe.MOST_HEAD + 1), "too large"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 30 else type(value).__name__,
)
def test_what_is_not_plain_is_not_sent(value, words):
    with pytest.raises(pipe.Forbidden, match=words):
        pipe.encode(value)


@pytest.mark.parametrize(
    "lengths", [(pipe.MOST_HEAD + 1, 0), (0, pipe.MOST_ARRAYS + 1), (2**32 - 1, 2**64 - 1)]
)
def test_lengths_are_bounded_before_anything_is_read(lengths):
    with pytest.raises(pipe.Forbidden, match="larger than"):
        pipe.lengths(pipe.HEADER.pack(*lengths))


HOSTILE = [
    (b"", b""),
    (b"{", b""),
    (b"\xff\xfe", b""),
    (b"[" * 10**6, b""),
    (b'{"d":' * 10**5, b""),
    (b"1" + b"0" * 400, b""),  # a whole number beyond all floats
    (b"1" + b"0" * 5000, b""),
    (b"{}", b""),
    (b'{"a":1,"b":2}', b""),
    (b'{"x":[1]}', b""),
    (b'{"t":1}', b""),
    (b'{"d":[1]}', b""),
    (b'{"d":[[1]]}', b""),
    (b'{"d":[[[],1]]}', b""),
    (b'{"d":[[true,1]]}', b""),
    (b'{"d":[[null,1]]}', b""),
    (b"1", b"x"),
    (b'{"a":["float64",[1]]}', b""),
    (b'{"a":["float64",[1]]}', bytes(9)),
    (b'{"a":["float64",[-1]]}', bytes(8)),
    (b'{"a":["float64",[true]]}', bytes(8)),
    (b'{"a":["float64",[1.0]]}', bytes(8)),
    (b'{"a":["float64",1]}', bytes(8)),
    (b'{"a":["float64",[4611686018427387904,4]]}', bytes(8)),
    (b'{"a":["float64",[0,4611686018427387904]]}', b""),
    (b'{"a":["float64",[0,67108864,67108864,67108864]]}', b""),
    (json.dumps({"a": ["float64", [1] * 40]}).encode(), bytes(8)),
    (b'{"a":["O",[1]]}', bytes(8)),
    (b'{"a":["V8",[1]]}', bytes(8)),
    (b'{"a":[["float64"],[1]]}', bytes(8)),
    (b'{"a":[{},[1]]}', bytes(8)),
    (b'{"a":[null,[1]]}', bytes(8)),
    (b'{"u":[[2],["a"]]}', b""),
    (b'{"u":[[1],[1]]}', b""),
    (b'{"u":[[1],"a"]}', b""),
    (b'{"u":["a",[1]]}', b""),
    (json.dumps({"u": [[1000], ["x" * 1001] + [""] * 999]}).encode(), b""),
]


@pytest.mark.parametrize("head, arrays", HOSTILE, ids=lambda part: repr(part[:30]))
def test_hostile_messages(head, arrays):
    with pytest.raises(pipe.Forbidden):
        pipe.decode(head, arrays)


TOKENS = [
    *('"a"', '"s"', '"u"', '"t"', '"d"', "[", "]", "{", "}", ",", ":", "0", "-1", "1e999", "NaN"),
    *("null", "true", '"float32"', '"O"', "[2,3]", "[0]", '"\\ud800"', "9" * 400, '"bool"'),
    *('{"a":["int8",[1]]}', '{"s":["bool",[]]}', '{"u":[[1],["x"]]}', '{"t":[]}', '{"d":[]}'),
]


def mutated(rng):
    """A message that was sound, with some of its bytes, words or arrays changed; or of words."""
    value = rng.choice([value for value in PLAIN if not isinstance(value, float)])
    _, head, *arrays = pipe.encode({"n": 1, "value": value})
    head, arrays = bytearray(head), b"".join(arrays)
    kind = rng.randrange(4)
    if kind == 0:
        for _ in range(rng.randint(1, 4)):
            head[rng.randrange(len(head))] = rng.choice(b'[]{},:"0123456789eautsdnf.-\x00\xff')
    elif kind == 1:
        at = rng.randrange(len(head))
        head[at : at + rng.randrange(8)] = rng.choice(TOKENS).encode()
    elif kind == 2:
        head = "".join(rng.choices(TOKENS, k=rng.randint(1, 9))).encode()
    else:
        arrays = arrays[: rng.randrange(len(arrays) + 1)] + rng.randbytes(rng.randrange(9))
    return bytes(head), arrays


def test_mutated_messages_give_forbidden_or_a_value():
    rng, values, forbidden = random.Random(0), 0, 0
    for _ in range(30_000):
        head, arrays = mutated(rng)
        began = time.process_time()
        try:
            pipe.decode(head, arrays)
            values += 1
        except pipe.Forbidden:
            forbidden += 1
        assert time.process_time() - began < 1, (head, arrays)
    assert values > 1000 and forbidden > 1000  # both ways were tried


@pytest.mark.parametrize("part", ["[],", '{"d":[["a",0]]},'])
def test_the_costliest_heads_take_seconds_and_megabytes(part):
    count = pipe.MOST_HEAD // len(part) - 1
    head = ("[" + part * count)[:-1] + "]"
    assert len(head) <= pipe.MOST_HEAD
    tracemalloc.start()
    began = time.process_time()
    with contextlib.suppress(pipe.Forbidden):
        pipe.decode(head.encode(), b"")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 15
    assert peak < 400e6, f"{peak / 1e6:.0f} MB"
