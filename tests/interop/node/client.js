'use strict';
// grpc-js against a server: client.js ADDRESS [CA CERTIFICATE KEY]. One line a case: "ok NAME" or "failed NAME why".
const assert = require('node:assert');
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const wire = require('./wire.js');

const SERVICE = '/grpc.testing.TestService/';
const PATIENCE = 30_000; // milliseconds, for any call that is not about time
const SPECIAL = '\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n';
const [address, ...tls] = process.argv.slice(2);
const same = (bytes) => bytes;

function open(options = {}) {
  const [ca, certificate, key] = tls.map((path) => fs.readFileSync(path));
  const credentials = tls.length ? grpc.credentials.createSsl(ca, key, certificate) : grpc.credentials.createInsecure();
  return new grpc.Client(address, credentials, { 'grpc.enable_http_proxy': 0, ...options });
}

const client = open();

function metadata(pairs) {
  const all = new grpc.Metadata();
  for (const [key, value] of pairs) all.add(key, value);
  return all;
}

/** Resolves however the call ends: { response, status, headers }. */
function unary(method, request, { path = SERVICE, sent = [], on = client } = {}) {
  return new Promise((resolve) => {
    const end = {};
    const finish = () => end.status && end.answered && resolve(end);
    const options = { deadline: Date.now() + PATIENCE };
    const call = on.makeUnaryRequest(path + method, same, same, request, metadata(sent), options, (error, response) => {
      Object.assign(end, { response, answered: true });
      finish();
    });
    call.on('metadata', (headers) => (end.headers = headers));
    call.on('status', (status) => {
      end.status = status;
      finish();
    });
  });
}

/** Resolves however the call ends: { responses, status, headers }. */
function stream(request, { timeout = PATIENCE, sent = [], onCall = () => {}, onResponse = () => {} } = {}) {
  return new Promise((resolve) => {
    const end = { responses: [] };
    const call = client.makeServerStreamRequest(SERVICE + 'StreamingOutputCall', same, same, request, metadata(sent), { deadline: Date.now() + timeout });
    call.on('metadata', (headers) => (end.headers = headers));
    call.on('data', (response) => {
      end.responses.push(response);
      onResponse(call);
    });
    call.on('error', () => {});
    call.on('status', (status) => resolve(Object.assign(end, { status })));
    onCall(call);
  });
}

function refused(end, code, message) {
  assert.strictEqual(end.status.code, code, end.status.details);
  if (message !== undefined) assert.strictEqual(end.status.details, message);
}

async function large(on) {
  const end = await unary('UnaryCall', wire.simpleRequest({ responseSize: 314159, payloadSize: 271828 }), { on });
  refused(end, grpc.status.OK);
  assert.ok(wire.bodyOf(end.response).equals(Buffer.alloc(314159)));
}

const cases = {
  async empty_unary() {
    const end = await unary('EmptyCall', Buffer.alloc(0));
    refused(end, grpc.status.OK);
    assert.strictEqual(end.response.length, 0);
  },
  large_unary: () => large(client),
  async server_streaming() {
    const sizes = [31415, 9, 2653, 58979];
    const end = await stream(wire.streamingRequest(sizes));
    refused(end, grpc.status.OK);
    assert.deepStrictEqual(end.responses.map((response) => wire.bodyOf(response).length), sizes);
  },
  async empty_stream() {
    const end = await stream(wire.streamingRequest([]));
    refused(end, grpc.status.OK);
    assert.strictEqual(end.responses.length, 0);
  },
  async status_code_and_message() {
    const ends = { code: 2, message: 'test status message' };
    refused(await unary('UnaryCall', wire.simpleRequest({ ends })), grpc.status.UNKNOWN, ends.message);
    refused(await stream(wire.streamingRequest([9], { ends })), grpc.status.UNKNOWN, ends.message);
  },
  async special_status_message() {
    refused(await unary('UnaryCall', wire.simpleRequest({ ends: { code: 2, message: SPECIAL } })), grpc.status.UNKNOWN, SPECIAL);
  },
  async unimplemented_method() {
    refused(await unary('UnimplementedCall', Buffer.alloc(0)), grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service() {
    refused(await unary('UnimplementedCall', Buffer.alloc(0), { path: '/grpc.testing.UnimplementedService/' }), grpc.status.UNIMPLEMENTED);
  },
  async custom_metadata() {
    const sent = [['x-grpc-test-echo-initial', 'test_initial_metadata_value'], ['x-grpc-test-echo-trailing-bin', Buffer.from('ababab', 'hex')]];
    const request = wire.simpleRequest({ responseSize: 314159, payloadSize: 271828 });
    for (const end of [await unary('UnaryCall', request, { sent }), await stream(wire.streamingRequest([9]), { sent })]) {
      assert.deepStrictEqual(end.headers.get(sent[0][0]), [sent[0][1]]);
      assert.deepStrictEqual(end.status.metadata.get(sent[1][0]), [sent[1][1]]);
    }
  },
  async repeated_metadata() {
    const sent = ['00', '0102'].map((hex) => ['x-grpc-test-echo-trailing-bin', Buffer.from(hex, 'hex')]);
    const end = await unary('UnaryCall', wire.simpleRequest(), { sent });
    assert.deepStrictEqual(end.status.metadata.get(sent[0][0]), sent.map(([, value]) => value));
  },
  async timeout_on_sleeping_server() {
    refused(await stream(wire.streamingRequest([9], { intervalUs: 60_000_000 }), { timeout: 100 }), grpc.status.DEADLINE_EXCEEDED);
  },
  async cancel_after_begin() {
    const end = await stream(wire.streamingRequest([9], { intervalUs: 60_000_000 }), { onCall: (call) => call.cancel() });
    refused(end, grpc.status.CANCELLED);
  },
  async cancel_after_first_response() {
    const request = Buffer.concat([wire.streamingRequest([31415]), wire.streamingRequest([9], { intervalUs: 60_000_000 })]);
    const end = await stream(request, { onResponse: (call) => call.cancel() });
    refused(end, grpc.status.CANCELLED);
    assert.strictEqual(end.responses.length, 1);
  },
  async compressed_request_refused() {
    const compressing = open({ 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
    refused(await unary('UnaryCall', wire.simpleRequest({ payloadSize: 271828 }), { on: compressing }), grpc.status.UNIMPLEMENTED);
    compressing.close();
  },
  async request_streams_refused() {
    const status = await new Promise((resolve) => {
      const call = client.makeBidiStreamRequest(SERVICE + 'FullDuplexCall', same, same, { deadline: Date.now() + PATIENCE });
      call.on('error', () => {});
      call.on('data', () => {});
      call.on('status', resolve);
      call.end(Buffer.alloc(0));
    });
    refused({ status }, grpc.status.UNIMPLEMENTED);
  },
  async oversized_request_refused() {
    refused(await unary('UnaryCall', wire.simpleRequest({ payloadSize: 5 << 20 })), grpc.status.RESOURCE_EXHAUSTED);
  },
  async health() {
    const end = await unary('Check', Buffer.alloc(0), { path: '/grpc.health.v1.Health/' });
    refused(end, grpc.status.OK);
    assert.deepStrictEqual([...wire.read(end.response)], [[1, [1]]]);
  },
  async rpc_soak() {
    for (let i = 0; i < 100; i++) await large(client);
  },
  async channel_soak() {
    for (let i = 0; i < 10; i++) {
      const fresh = open({ 'grpc.use_local_subchannel_pool': 1 });
      await large(fresh);
      fresh.close();
    }
  },
};

async function main() {
  for (const [name, run] of Object.entries(cases)) {
    try {
      await run();
      console.log('ok', name);
    } catch (error) {
      console.log('failed', name, String(error.stack).replaceAll('\n', ' | '));
    }
  }
  process.exit(0); // Not waiting for the timers of deadlines long met.
}

main();
