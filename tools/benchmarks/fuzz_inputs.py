"""Broken input for the fuzzer: what once was right, damaged as disks, networks and attackers do."""

from hypothesis import strategies as st


@st.composite
def broken(draw: st.DrawFn, original: bytes) -> bytes:
    """Bytes with some of them flipped, cut out, doubled or replaced, or cut short."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        end = at + draw(st.sampled_from([1, 1, 2, 4, 8, 64, 1024]))
        match draw(st.sampled_from(["flip", "replace", "cut", "double", "end"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "replace":
                data[at:end] = draw(st.binary(max_size=16) | st.sampled_from(NASTY))
            case "cut":
                del data[at:end]
            case "double":
                data[at:at] = data[at:end]
            case "end":
                del data[at:]
    return bytes(data)


NASTY = [
    *(
        b"\0",
        b"\xff\xff\xff\xff",
        b"\x7f\xff\xff\xff",
        b"\x80\0\0\0",
        b"\n",
        b"\r\n",
        b'"',
        b"'",
        b"[",
        b"{",
        b"]]",
    ),
    *(b"1" * 5000, b"1e400", b"-1", b"nan", b"[" * 3000, b"\\ud800", b"\\u0000", b"\x1b[2J", b"\xe2\x80\xae"),
    *(b"true", b"null", b"{}", b"[]", b'""', b"/dev/zero", b"../" * 9, b"A" * 3000, b"\xf4\x8f\xbf\xbf"),
]
