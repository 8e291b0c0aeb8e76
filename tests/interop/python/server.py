"""The official Python server: server.py [CA CERTIFICATE KEY]. Prints "listening PORT"; ends when its standard input does."""
import sys
import time
from concurrent import futures

import grpc

import wire

CODES = {code.value[0]: code for code in grpc.StatusCode}


def echo_metadata(context):
    received = context.invocation_metadata()
    context.send_initial_metadata([pair for pair in received if pair[0] == "x-grpc-test-echo-initial"])
    context.set_trailing_metadata([pair for pair in received if pair[0] == "x-grpc-test-echo-trailing-bin"])


def ends_with_status(fields, context):
    status = wire.read(wire.first(fields, 7, b""))
    if wire.first(status, 1, 0) == 0:
        return False
    context.set_code(CODES[wire.first(status, 1, 0)])
    context.set_details(wire.first(status, 2, b"").decode("utf-8"))
    return True


def empty(request, context):
    return b""


def unary(request, context):
    fields = wire.read(request)
    if wire.first(wire.read(wire.first(fields, 6, b"")), 1, 0):
        context.set_compression(grpc.Compression.Gzip)  # Whether the client accepts it or not.
    echo_metadata(context)
    if ends_with_status(fields, context):
        return b""
    return wire.octets(1, wire.payload(wire.first(fields, 2, 0)))


def streaming(request, context):
    fields = wire.read(request)
    echo_metadata(context)
    if ends_with_status(fields, context):
        return
    for parameters in map(wire.read, fields.get(2, [])):
        until = time.monotonic() + wire.first(parameters, 2, 0) / 1e6
        while time.monotonic() < until:
            if not context.is_active():
                return
            time.sleep(min(0.01, max(0, until - time.monotonic())))
        yield wire.octets(1, wire.payload(wire.first(parameters, 1, 0)))


class TestService(grpc.GenericRpcHandler):
    methods = {
        "/grpc.testing.TestService/EmptyCall": grpc.unary_unary_rpc_method_handler(empty),
        "/grpc.testing.TestService/UnaryCall": grpc.unary_unary_rpc_method_handler(unary),
        "/grpc.testing.TestService/StreamingOutputCall": grpc.unary_stream_rpc_method_handler(streaming),
    }

    def service(self, call):
        return self.methods.get(call.method)


def main():
    server = grpc.server(futures.ThreadPoolExecutor(8), [TestService()])
    if len(sys.argv) > 1:
        ca, certificate, key = (open(path, "rb").read() for path in sys.argv[1:])
        port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(key, certificate)], ca, require_client_auth=True))
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("listening", port, flush=True)
    sys.stdin.read()
    server.stop(grace=None)


main()
