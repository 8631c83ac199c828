import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFrame, parseText, serializeRequest } from "../src/protocol.js";
import { bytes, vectors } from "./support.js";

const { frames, bad_frames, notifications } = vectors();

for (const vector of frames) {
  test(`a binary frame is read as the vector says: ${vector.name}`, () => {
    const frame = parseFrame(bytes(vector.frame));
    assert.equal(frame.kind, "samples");
    if (frame.kind !== "samples") return;
    const { count, columns, times_s, ...rest } = vector.decoded as (typeof vector)["decoded"] & { dtype?: string };
    delete rest.dtype;
    assert.equal(frame.scans, count);
    assert.deepEqual(frame.columns.map((column) => [...column]), columns);
    assert.deepEqual(frame.times_s && [...frame.times_s], times_s);
    assert.deepEqual({ number: frame.number, seq: frame.seq, t0_s: frame.t0_s, lost: frame.lost, cursor: frame.cursor }, rest);
  });
}

for (const vector of bad_frames) {
  test(`a bad binary frame is a fault or ignored, never an exception: ${vector.name}`, () => {
    assert.notEqual(parseFrame(bytes(vector.frame)).kind, "samples", vector.why);
  });
}

for (const notification of notifications) {
  test(`a notification of the vectors is known: ${notification.method}`, () => {
    const message = parseText(JSON.stringify(notification));
    assert.equal(message.kind, "notification");
    if (message.kind === "notification") assert.deepEqual(message.params, notification.params);
  });
}

test("a notification that is newer than the page is ignored", () => {
  assert.deepEqual(parseText('{"jsonrpc":"2.0","method":"weather","params":{}}'), { kind: "unknown" });
});

test("an answer carries its result, a refusal its reason and hint", () => {
  assert.deepEqual(parseText('{"jsonrpc":"2.0","id":3,"result":{"a":1}}'), { kind: "answer", id: 3, result: { a: 1 }, error: null });
  const refused = parseText('{"jsonrpc":"2.0","id":3,"error":{"code":-32000,"message":"no","data":{"reason":"leased","hint":"wait"}}}');
  assert.equal(refused.kind, "answer");
  if (refused.kind === "answer") assert.deepEqual(refused.error, { reason: "leased", message: "no", hint: "wait" });
});

for (const [name, text] of [
  ["no JSON", "{"],
  ["an array", "[]"],
  ["a number", "7"],
  ["neither id nor method", "{}"],
  ["a notification without params", '{"method":"samples"}'],
] as const) {
  test(`bad text is a fault: ${name}`, () => {
    assert.equal(parseText(text).kind, "fault");
  });
}

test("a request is one JSON-RPC object", () => {
  assert.deepEqual(JSON.parse(serializeRequest(7, "get", { channel: "temp" })), { jsonrpc: "2.0", id: 7, method: "get", params: { channel: "temp" } });
});
