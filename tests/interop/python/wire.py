"""As much protobuf as the interop messages need, so that the peer shares no code with the side under test."""


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return b"" if value == 0 else varint(field << 3) + varint(value)


def octets(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def text(field, value):
    return octets(field, value.encode("utf-8"))


def read(message):
    """The fields of a message: number -> list of values (int or bytes), in order."""
    fields, at = {}, 0

    def take():
        nonlocal at
        value, shift = 0, 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        key = take()
        if key & 7 == 0:
            value = take()
        elif key & 7 == 2:
            length = take()
            if at + length > len(message):
                raise ValueError("truncated")
            value = message[at:at + length]
            at += length
        else:
            raise ValueError(f"wire type {key & 7}")
        fields.setdefault(key >> 3, []).append(value)
    return fields


def first(fields, field, default):
    return fields.get(field, [default])[0]


def payload(size):
    """A Payload of so many zeros."""
    return octets(2, bytes(size))


def echo_status(code, message):
    return number(1, code) + text(2, message)


def simple_request(response_size=0, payload_size=0, status=None):
    return (number(2, response_size) + (octets(3, payload(payload_size)) if payload_size else b"")
            + (octets(7, echo_status(*status)) if status else b""))


def streaming_request(*sizes, interval_us=0, status=None):
    parameters = b"".join(octets(2, number(1, size) + number(2, interval_us)) for size in sizes)
    return parameters + (octets(7, echo_status(*status)) if status else b"")


def body_of(response):
    """The payload's body of a SimpleResponse or StreamingOutputCallResponse."""
    return first(read(first(read(response), 1, b"")), 2, b"")
