"""Plain data across a pipe: JSON for the structure, raw bytes for the arrays, nothing else.

Both sides of a jail speak through this module. What comes out of a jail is bounded in size, depth
and time before it is looked at, and can become numbers, text, None, lists, tuples, dicts and
arrays of numbers or text only: there is no pickle, and no type that carries code.

A message is four bytes (length of the head), eight bytes (length of all arrays), the head (JSON in
UTF-8) and the arrays one after the other. In the head an array is {"a": [dtype, shape]}, a tuple
{"t": [...]}, a dict {"d": [[key, value], ...]}; everything else stands for itself.
"""

import json
import math
import struct

import numpy as np

HEADER = struct.Struct(">IQ")
# The largest honest messages of all labs hold 11 kB of JSON and 1.2 MB of arrays. Python objects
# take up to a hundred times the bytes of their JSON, float64 eight times those of an int8.
MOST_HEAD = 2 * 2**20  # bytes of JSON
MOST_ARRAYS = 64 * 2**20  # bytes of arrays in one message
DEEPEST = 32  # levels of lists and dicts
LARGEST = 2**1024  # of whole numbers: beyond, none becomes a float
# What an array may be made of; np.dtype(text) knows far more than these.
DTYPES = frozenset(
    ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    + ("float16", "float32", "float64")
)


class Forbidden(ValueError):
    """A message that no honest other side would send, or data that can't be sent."""


def encode(value) -> list:
    """`value`, plain data, as a list of bytes-like parts of one message.

    Raises:
        Forbidden: for data of other types, or more than a message may hold.
    """
    blobs = []
    head = json.dumps(_encoded(value, blobs, 0), separators=(",", ":")).encode()
    size = sum(blob.nbytes for blob in blobs)
    if len(head) > MOST_HEAD or size > MOST_ARRAYS:
        raise Forbidden(f"the result is too large to be sent: {(len(head) + size) / 1e6:.0f} MB")
    return [HEADER.pack(len(head), size), head, *(blob.data.cast("B") for blob in blobs)]


def _encoded(value, blobs, depth):
    if depth > DEEPEST:
        raise Forbidden(f"the result has more than {DEEPEST} levels")
    if value is None or isinstance(value, (str, bool, float)):
        # Lone surrogates have no UTF-8.
        return value.encode(errors="replace").decode() if isinstance(value, str) else value
    if isinstance(value, int):
        if abs(value) >= LARGEST:
            raise Forbidden("the result holds a number beyond 2^1024")
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        if value.dtype.kind == "U":
            return {"u": [list(value.shape), _encoded(value.ravel().tolist(), blobs, depth + 1)]}
        if value.dtype.name not in DTYPES:
            raise Forbidden(f"the result is an array of {value.dtype}")
        array = np.asarray(value, value.dtype.newbyteorder("="))
        if array.size:
            blobs.append(np.ascontiguousarray(array).reshape(-1))
        kind = "s" if isinstance(value, np.generic) else "a"
        return {kind: [value.dtype.name, list(value.shape)]}
    if isinstance(value, list):
        return [_encoded(item, blobs, depth + 1) for item in value]
    if isinstance(value, tuple):
        return {"t": [_encoded(item, blobs, depth + 1) for item in value]}
    if isinstance(value, dict):
        pairs = [[_key(k), _encoded(item, blobs, depth + 1)] for k, item in value.items()]
        return {"d": pairs}
    raise Forbidden(f"the result holds something of type {type(value).__name__}")


def _key(key):
    if not isinstance(key, (str, int)) or isinstance(key, bool):
        raise Forbidden(f"a dict has a key of type {type(key).__name__}")
    return key


def lengths(header: bytes) -> tuple[int, int]:
    """The lengths of head and arrays that a message's first bytes announce.

    Raises:
        Forbidden: they are above the bounds.
    """
    head, arrays = HEADER.unpack(header)
    if head > MOST_HEAD or arrays > MOST_ARRAYS:
        raise Forbidden("a message larger than a message may be")
    return head, arrays


def decode(head: bytes, arrays: bytes):
    """The value of a message.

    Args:
        head, arrays: bytes, as `lengths` announced them.

    Raises:
        Forbidden: it is not what `encode` makes.
    """
    try:
        tree = json.loads(head.decode())
    except (ValueError, RecursionError) as error:
        raise Forbidden(f"a message that is no JSON: {type(error).__name__}") from None
    reader = _Reader(memoryview(arrays))
    value = reader.value(tree, 0)
    if reader.place != len(arrays):
        raise Forbidden("a message with more bytes than its arrays have")
    return value


class _Reader:
    def __init__(self, blob):
        self.blob, self.place = blob, 0

    def value(self, node, depth):
        if depth > DEEPEST + 2:
            raise Forbidden("a message with too many levels")
        if isinstance(node, int) and abs(node) >= LARGEST:
            raise Forbidden("a message with a number beyond 2^1024")
        if node is None or isinstance(node, (str, bool, int, float)):
            return node
        if isinstance(node, list):
            return [self.value(item, depth + 1) for item in node]
        ((kind, content),) = node.items() if len(node) == 1 else (("", None),)
        if kind == "t" and isinstance(content, list):
            return tuple(self.value(item, depth + 1) for item in content)
        if kind == "d" and isinstance(content, list):
            return dict(self.pair(pair, depth) for pair in content)
        if kind in ("a", "s", "u") and isinstance(content, list) and len(content) == 2:
            return self.array(kind, *content)
        raise Forbidden("a message with an unknown part")

    def pair(self, pair, depth):
        if not (isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in (str, int)):
            raise Forbidden("a message with a dict that is none")
        return pair[0], self.value(pair[1], depth + 1)

    def array(self, kind, first, second):
        shape = first if kind == "u" else second
        if not isinstance(shape, list) or len(shape) > 16:
            raise Forbidden("a message with an array of no shape")
        # Empty arrays can have axes of any length, and NumPy none beyond 2^63 bytes in all.
        if not all(type(n) is int and 0 <= n <= MOST_ARRAYS for n in shape) or (
            math.prod(n for n in shape if n) > MOST_ARRAYS
        ):
            raise Forbidden("a message with an array of no shape")
        size = math.prod(shape)
        if kind == "u":
            if not (isinstance(second, list) and all(isinstance(text, str) for text in second)):
                raise Forbidden("a message with an array of text that is none")
            longest = max(map(len, second), default=0)
            if len(second) != size or size * longest > 10**6:
                raise Forbidden("a message with an array of text that is too large")
            return np.array(second, dtype="U").reshape(shape)
        if not isinstance(first, str) or first not in DTYPES:
            raise Forbidden("a message with an array of a type that is not sent")
        dtype = np.dtype(first)
        end = self.place + size * dtype.itemsize
        if end > len(self.blob):
            raise Forbidden("a message with fewer bytes than its arrays have")
        # A copy: answers and checks may write into what they get. A byte that is neither 0 nor 1
        # is no bool.
        part = self.blob[self.place : end]
        array = np.frombuffer(part, "uint8" if first == "bool" else dtype)
        array = (array != 0) if first == "bool" else array.copy()
        self.place = end
        return array.reshape(shape)[()] if kind == "s" and not shape else array.reshape(shape)
