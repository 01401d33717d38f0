// Calls the library by gRPC-Web with Connect's client for Node.js, through naru. Any surprise is an exception.
//
// usage: client.mjs ADDRESS DESCRIPTORS
import { strict as assert } from "node:assert";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";

const [address, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const transport = createGrpcWebTransport({ baseUrl: `http://${address}`, httpVersion: "1.1" });
const headers = { "x-face": "web", "x-tenant": "a" };
const library = createClient(registry.getService("library.v1.Library"), transport);
const mirror = createClient(registry.getService("library.v1.Mirror"), transport);

let head, trailer;
const shelf = await library.getShelf(
  { name: "a" },
  { headers, timeoutMs: 4000, onHeader: (fields) => (head = fields), onTrailer: (fields) => (trailer = fields) },
);
assert.equal(shelf.name, "a");
assert.equal(shelf.books, 9007199254740993n);
assert.equal(head.get("x-seen-tenant"), "a");
assert.ok(Number(trailer.get("x-left")) <= 4, trailer.get("x-left"));

const arrived = [];
const began = performance.now();
for await (const message of library.watchShelf({ name: "a", count: 3, every: 300 }, { headers })) {
  arrived.push([message.books, performance.now() - began]);
}
assert.deepEqual(arrived.map(([books]) => books), [0n, 1n, 2n]);
assert.ok(arrived[0][1] < arrived[2][1] - 300, `held back: ${arrived}`);

const failing = async (call) => {
  try {
    await call();
  } catch (error) {
    return ConnectError.from(error);
  }
  throw new Error("it did not fail");
};
const early = await failing(() => library.fail({ code: 8, detailed: true }, { headers }));
assert.equal(early.code, Code.ResourceExhausted);
assert.equal(early.rawMessage, "code 8: 없음 100%");
const [info] = early.findDetails(registry.getMessage("google.rpc.ErrorInfo"));
assert.equal(info.reason, "FULL");
const seen = [];
const late = await failing(async () => {
  for await (const message of library.failLater({ code: 14, after: 2 }, { headers })) seen.push(message.books);
});
assert.deepEqual(seen, [0n, 1n]);
assert.equal(late.code, Code.Unavailable);
const never = await failing(async () => {
  for await (const _ of library.failLater({ code: 5 }, { headers })) assert.fail("a message");
});
assert.equal(never.code, Code.NotFound);

const large = "x".repeat(900_000);
assert.equal((await mirror.reflect({ aString: large }, { headers })).aString, large);
// What naru itself answers, too large a body, is an error too.
const tooLarge = await failing(() => mirror.reflect({ aString: large + large }, { headers }));
assert.notEqual(tooLarge.code, undefined);

// As text, which browsers without streams speak: by hand, as Connect's client is binary.
const framed = (bytes) => Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]);
const answer = await fetch(`http://${address}/library.v1.Library/GetShelf`, {
  method: "POST",
  headers: { ...headers, "content-type": "application/grpc-web-text", accept: "application/grpc-web-text" },
  body: framed(Buffer.from([0x0a, 1, 0x61])).toString("base64"),
});
assert.equal(answer.headers.get("content-type"), "application/grpc-web-text+proto");
const text = await answer.text();
const body = Buffer.concat((text.match(/.{4}/g) ?? []).map((group) => Buffer.from(group, "base64")));
assert.equal(body.readUInt8(0), 0);
const end = body.subarray(5 + body.readUInt32BE(1));
assert.equal(end.readUInt8(0), 0x80);
assert.match(end.subarray(5).toString(), /^grpc-status: ?0\r\n/m);
console.log("  gRPC-Web: well");

// gRPC itself on the same route, both ways at once.
const native = createClient(
  registry.getService("library.v1.Mirror"),
  createGrpcTransport({ baseUrl: `http://${address}` }),
);
async function* numbers() {
  for (let number = 0; number < 3; number++) yield { anInt32: number };
}
const back = [];
for await (const message of native.both(numbers(), { headers })) back.push(message.anInt32);
assert.deepEqual(back, [0, 1, 2]);
console.log("  gRPC itself from Node.js: well");
