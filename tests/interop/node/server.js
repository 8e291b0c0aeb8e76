'use strict';
// The grpc-js server: server.js [CA CERTIFICATE KEY]. Prints "listening PORT"; ends when its standard input does.
const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const wire = require('./wire.js');

const tls = process.argv.slice(2);
const same = (bytes) => bytes;
const NOTHING = Buffer.alloc(0);

function echo(call, from, to) {
  for (const value of call.metadata.get(from)) to.add(from, value);
  return to;
}

const echoInitial = (call) => call.sendMetadata(echo(call, 'x-grpc-test-echo-initial', new grpc.Metadata()));
const echoTrailing = (call) => echo(call, 'x-grpc-test-echo-trailing-bin', new grpc.Metadata());

function refusal(fields) {
  const status = wire.read(wire.first(fields, 7, NOTHING));
  const code = wire.first(status, 1, 0);
  return code === 0 ? null : { code, details: wire.first(status, 2, NOTHING).toString('utf8') };
}

const service = {
  EmptyCall: (call, done) => done(null, NOTHING),
  UnaryCall(call, done) {
    const fields = wire.read(call.request);
    echoInitial(call);
    done(refusal(fields), wire.octets(1, wire.payload(wire.first(fields, 2, 0))), echoTrailing(call));
  },
  async StreamingOutputCall(call) {
    const fields = wire.read(call.request);
    echoInitial(call);
    if (refusal(fields)) return call.emit('error', refusal(fields));
    for (const parameters of (fields.get(2) ?? []).map(wire.read)) {
      const interval = wire.first(parameters, 2, 0) / 1000;
      if (interval > 0) {
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, interval);
          call.on('cancelled', () => resolve(clearTimeout(timer)));
        });
      }
      if (call.cancelled) return;
      call.write(wire.octets(1, wire.payload(wire.first(parameters, 1, 0))));
    }
    call.end(echoTrailing(call));
  },
};

const definition = Object.fromEntries(Object.keys(service).map((name) => [name, {
  path: '/grpc.testing.TestService/' + name,
  requestStream: false,
  responseStream: name.startsWith('Streaming'),
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
}]));

const server = new grpc.Server();
server.addService(definition, service);
const [ca, certificate, key] = tls.map((path) => fs.readFileSync(path));
const credentials = tls.length
  ? grpc.ServerCredentials.createSsl(ca, [{ private_key: key, cert_chain: certificate }], true)
  : grpc.ServerCredentials.createInsecure();
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) throw error;
  console.log('listening', port);
});
process.stdin.on('end', () => process.exit(0)).resume();
