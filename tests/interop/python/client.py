"""The official Python client against a server: client.py ADDRESS [CA CERTIFICATE KEY]. One line a case: "ok NAME" or "failed NAME why"."""
import sys
import traceback

import grpc

import wire

SERVICE = "/grpc.testing.TestService/"
PATIENCE = 30  # seconds, for any call that is not about time
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"


def open_channel(address, tls):
    options = [("grpc.max_receive_message_length", 8 << 20), ("grpc.enable_http_proxy", 0)]
    if not tls:
        return grpc.insecure_channel(address, options)
    ca, certificate, key = (open(path, "rb").read() for path in tls)
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(ca, key, certificate), options)


class Cases:
    def __init__(self, address, tls):
        self.address, self.tls = address, tls
        self.channel = open_channel(address, tls)

    def unary(self, method, request, path=SERVICE, channel=None, timeout=PATIENCE, **more):
        return (channel or self.channel).unary_unary(path + method).with_call(request, timeout=timeout, **more)

    def stream(self, request, timeout=PATIENCE, **more):
        return self.channel.unary_stream(SERVICE + "StreamingOutputCall")(request, timeout=timeout, **more)

    def empty_unary(self):
        response, _ = self.unary("EmptyCall", b"")
        assert response == b"", response

    def large_unary(self):
        response, _ = self.unary("UnaryCall", wire.simple_request(314159, 271828))
        assert wire.body_of(response) == bytes(314159)

    def server_streaming(self):
        sizes = [31415, 9, 2653, 58979]
        call = self.stream(wire.streaming_request(*sizes))
        assert [len(wire.body_of(response)) for response in call] == sizes
        assert call.code() == grpc.StatusCode.OK

    def empty_stream(self):
        assert list(self.stream(wire.streaming_request())) == []

    def status_code_and_message(self):
        refused(lambda: self.unary("UnaryCall", wire.simple_request(status=(2, "test status message"))), grpc.StatusCode.UNKNOWN, "test status message")
        refused(lambda: list(self.stream(wire.streaming_request(9, status=(2, "test status message")))), grpc.StatusCode.UNKNOWN, "test status message")

    def special_status_message(self):
        refused(lambda: self.unary("UnaryCall", wire.simple_request(status=(2, SPECIAL))), grpc.StatusCode.UNKNOWN, SPECIAL)

    def unimplemented_method(self):
        refused(lambda: self.unary("UnimplementedCall", b""), grpc.StatusCode.UNIMPLEMENTED)

    def unimplemented_service(self):
        refused(lambda: self.unary("UnimplementedCall", b"", path="/grpc.testing.UnimplementedService/"), grpc.StatusCode.UNIMPLEMENTED)

    def custom_metadata(self):
        sent = (("x-grpc-test-echo-initial", "test_initial_metadata_value"), ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab"))
        _, unary = self.unary("UnaryCall", wire.simple_request(314159, 271828), metadata=sent)
        stream = self.stream(wire.streaming_request(9), metadata=sent)
        list(stream)
        for call in (unary, stream):
            assert sent[0] in [tuple(pair) for pair in call.initial_metadata()], call.initial_metadata()
            assert sent[1] in [tuple(pair) for pair in call.trailing_metadata()], call.trailing_metadata()

    def repeated_metadata(self):
        name = "x-grpc-test-echo-trailing-bin"
        _, call = self.unary("UnaryCall", wire.simple_request(), metadata=((name, b"\x00"), (name, b"\x01\x02"), (name, b"")))
        assert [value for key, value in call.trailing_metadata() if key == name] == [b"\x00", b"\x01\x02", b""], call.trailing_metadata()

    def timeout_on_sleeping_server(self):
        refused(lambda: list(self.stream(wire.streaming_request(9, interval_us=60_000_000), timeout=0.1)), grpc.StatusCode.DEADLINE_EXCEEDED)

    def cancel_after_begin(self):
        call = self.stream(wire.streaming_request(9, interval_us=60_000_000))
        call.cancel()
        assert call.code() == grpc.StatusCode.CANCELLED, call.code()

    def cancel_after_first_response(self):
        call = self.stream(wire.streaming_request(31415, 31415, interval_us=1000) + wire.streaming_request(9, interval_us=60_000_000))
        assert len(wire.body_of(next(call))) == 31415
        call.cancel()
        assert call.code() == grpc.StatusCode.CANCELLED, call.code()

    def compressed_request_refused(self):
        refused(lambda: self.unary("UnaryCall", wire.simple_request(9, 271828), compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)

    def request_streams_refused(self):
        call = self.channel.stream_unary(SERVICE + "StreamingInputCall")
        refused(lambda: call(iter([b"", b""]), timeout=PATIENCE), grpc.StatusCode.UNIMPLEMENTED)
        call = self.channel.stream_stream(SERVICE + "FullDuplexCall")
        refused(lambda: list(call(iter([b""]), timeout=PATIENCE)), grpc.StatusCode.UNIMPLEMENTED)

    def oversized_request_refused(self):
        refused(lambda: self.unary("UnaryCall", wire.simple_request(payload_size=5 << 20)), grpc.StatusCode.RESOURCE_EXHAUSTED)

    def health(self):
        response, _ = self.unary("Check", b"", path="/grpc.health.v1.Health/")
        assert wire.read(response) == {1: [1]}, response

    def rpc_soak(self):
        for _ in range(100):
            self.large_unary()

    def channel_soak(self):
        for _ in range(10):
            with open_channel(self.address, self.tls) as channel:
                response, _ = self.unary("UnaryCall", wire.simple_request(314159, 271828), channel=channel)
                assert wire.body_of(response) == bytes(314159)


def refused(call, code, message=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, error
        assert message is None or error.details() == message, error.details()
        return
    raise AssertionError(f"not refused with {code}")


def main():
    sys.stdout.reconfigure(encoding="utf-8", line_buffering=True)
    cases = Cases(sys.argv[1], sys.argv[2:])
    for name in [name for name in vars(Cases) if not name.startswith("_") and name not in ("unary", "stream")]:
        try:
            getattr(cases, name)()
            print("ok", name)
        except Exception:
            print("failed", name, traceback.format_exc().replace("\n", " | "))


main()
