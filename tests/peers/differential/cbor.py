# SPDX-License-Identifier: Apache-2.0
"""Reads CBOR (RFC 8949), as far as service protocols use it: independent of both clients."""
import struct

_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_BREAK = object()


class _Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, count):
        part = self.data[self.at:self.at + count]
        if len(part) < count:
            raise ValueError("the CBOR ends too early")
        self.at += count
        return part

    def argument(self, info):
        if info < 24:
            return info
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def until_break(self):
        while (item := self.item()) is not _BREAK:
            yield item

    def items(self, info, factor=1):
        if info == 31:
            return list(self.until_break())
        return [self.item() for _ in range(self.argument(info) * factor)]

    def text(self, info):
        if info == 31:
            return b"".join(self.until_break())
        return self.take(self.argument(info))

    def item(self):
        head = self.take(1)[0]
        major, info = head >> 5, head & 31
        if head == 0xFF:
            return _BREAK
        if major == 0:
            return self.argument(info)
        if major == 1:
            return -1 - self.argument(info)
        if major == 2:
            return self.text(info)
        if major == 3:
            text = self.text(info)
            return text.decode() if isinstance(text, bytes) else text
        if major == 4:
            return self.items(info)
        if major == 5:
            flat = self.items(info, 2)
            return dict(zip(flat[::2], flat[1::2]))
        if major == 6:
            return ("tag", self.argument(info), self.item())
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self.take(1 << (info - 24)))[0]
        return _SIMPLE[info]


def decode(data):
    reader = _Reader(data)
    value = reader.item()
    if reader.at != len(data):
        raise ValueError("bytes follow the CBOR")
    return value


class Moment(float):
    """Seconds since 1970, written with the tag 1."""


def _head(major, argument):
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 24:
            return bytes([major << 5 | argument])
        if argument < 1 << (8 * size):
            return bytes([major << 5 | info]) + argument.to_bytes(size, "big")
    raise ValueError(argument)


def encode(value):
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, Moment):
        return b"\xc1\xfb" + struct.pack(">d", value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(map(encode, value))
    return _head(5, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())
