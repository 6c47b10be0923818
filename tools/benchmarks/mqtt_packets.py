"""The few packets of MQTT 3.1.1 that ten thousand simulated devices send."""

# Packet types, in the upper half of the first byte (MQTT 3.1.1, section 2.2.1)
CONNECT, PUBLISH, SUBSCRIBE = 0x10, 0x30, 0x82


def packet(kind: int, *parts: bytes) -> bytes:
    """Return one control packet (section 2.2: type, length in base 128, content)."""
    content = b"".join(parts)
    length, size = len(content), bytearray()
    while True:
        length, digit = divmod(length, 128)
        size.append(digit | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(size) + content


def text(value: str) -> bytes:
    """Return a string with its length before it (section 1.5.3)."""
    data = value.encode()
    return len(data).to_bytes(2, "big") + data


def connect(name: str) -> bytes:
    """Return a CONNECT with a retained last will `offline`, and a keep-alive of 5 minutes."""
    clean_will_retain = bytes([0x02 | 0x04 | 0x20])
    will = text(f"moodpid/{name}/status") + text("offline")
    return packet(CONNECT, text("MQTT"), b"\x04", clean_will_retain, b"\x01\x2c", text(name), will)


def publish(topic: str, payload: bytes, *, retain: bool) -> bytes:
    """Return a PUBLISH of quality 0."""
    return packet(PUBLISH | retain, text(topic), payload)
