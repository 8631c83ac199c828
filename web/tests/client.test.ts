import assert from "node:assert/strict";
import { test } from "node:test";
import { ANSWER_MS, Client, FIRST_WAIT_MS, LONGEST_WAIT_MS, NEXT_WAY_MS, RequestFailed, SILENCE_MS } from "../src/client.js";
import type { ConnectionState } from "../src/client.js";
import type { Notification, Refusal } from "../src/protocol.js";
import { FakeWorld, settle, welcome } from "./support.js";
import type { FakeSocket } from "./support.js";

class Heard {
  readonly states: ConnectionState[] = [];
  readonly notifications: string[] = [];
  readonly faults: string[] = [];
  connectionChanged(state: ConnectionState, _everOpened: boolean, _refusal: Refusal | null): void {
    this.states.push(state);
  }
  notificationReceived(notification: Notification): void {
    this.notifications.push(notification.method);
  }
  frameReceived(): void {}
  faultCounted(detail: string): void {
    this.faults.push(detail);
  }
}

function opened(): { world: FakeWorld; heard: Heard; client: Client } {
  const world = new FakeWorld();
  const heard = new Heard();
  const client = new Client(world, heard);
  client.keep({ form: "raw" });
  client.start();
  world.sockets[0]!.notify(welcome([]));
  return { world, heard, client };
}

const samples = (cursor: string): Notification => ({
  kind: "notification",
  method: "samples",
  params: { stream: "s", seq: 0, columns: {}, lost: 0, cursor },
});

/** Answers the newest `subscribe` with one stream, `s`. */
function subscribed(socket: FakeSocket): void {
  const stream = { stream: "s", number: 1, board: "b", dt_s: null, started_t_s: 0, cause: "boot", predecessor: null, subscriptions: ["u1"], channels: [] };
  socket.answer(socket.request("subscribe").id, { subscription: "u1", streams: [stream] });
}

test("the connection is open when the gateway has spoken, and then subscribes", () => {
  const { world, heard } = opened();
  assert.deepEqual(heard.states, ["open"]);
  assert.deepEqual(world.sockets[0]!.request("subscribe").params, { form: "raw" });
});

test("the streams of the answer to subscribe are known before what follows it", async () => {
  const { world, heard } = opened();
  const socket = world.sockets[0]!;
  socket.answer(socket.request("subscribe").id, { subscription: "u1", streams: [] });
  await settle();
  assert.deepEqual(heard.notifications, ["welcome", "streams"]);
});

test("a lost connection comes back, later each time, up to a limit", () => {
  const { world } = opened();
  world.sockets[0]!.onclose!(null);
  for (let wait = FIRST_WAIT_MS, tries = 1; tries < 9; tries += 1) {
    world.pass(wait - 1);
    assert.equal(world.sockets.length, tries);
    world.pass(1);
    assert.equal(world.sockets.length, tries + 1);
    world.sockets.at(-1)!.onclose!(null);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
});

test("after a reconnect the subscription goes on at its cursor, in another life of the gateway it begins anew", () => {
  const { world } = opened();
  subscribed(world.sockets[0]!);
  world.sockets[0]!.notify(samples("7f3a-9"));
  world.sockets[0]!.onclose!(null);
  world.pass(FIRST_WAIT_MS);
  world.sockets[1]!.notify(welcome([]));
  assert.deepEqual(world.sockets[1]!.request("subscribe").params, { form: "raw", cursor: "7f3a-9" });
  world.sockets[1]!.onclose!(null);
  world.pass(FIRST_WAIT_MS);
  world.sockets[2]!.notify(welcome([], { life: "beef" }));
  assert.deepEqual(world.sockets[2]!.request("subscribe").params, { form: "raw" });
});

test("a cursor that has expired is given up", async () => {
  const { world } = opened();
  subscribed(world.sockets[0]!);
  world.sockets[0]!.notify(samples("7f3a-9"));
  world.sockets[0]!.onclose!(null);
  world.pass(FIRST_WAIT_MS);
  const socket = world.sockets[1]!;
  socket.notify(welcome([]));
  socket.refuse(socket.request("subscribe").id, "cursor_expired");
  await settle();
  assert.deepEqual(socket.request("subscribe").params, { form: "raw" });
});

test("a request fails with the gateway's reason", async () => {
  const { world, client } = opened();
  const asked = client.request("set", { channel: "pump", value: true });
  world.sockets[0]!.refuse(world.sockets[0]!.request("set").id, "leased");
  await assert.rejects(asked, (error: RequestFailed) => error.refusal.reason === "leased");
});

test("a request that was under way when the connection was lost fails, and is never sent again", async () => {
  const { world, client } = opened();
  const asked = client.request("set", { channel: "pump", value: true });
  world.sockets[0]!.onclose!(null);
  await assert.rejects(asked, (error: RequestFailed) => error.refusal.reason === "lost");
  world.pass(FIRST_WAIT_MS);
  world.sockets[1]!.notify(welcome([]));
  assert.deepEqual(world.sockets[1]!.sent.map((request) => request.method), ["subscribe"]);
});

test("a request without an answer ends", async () => {
  const { world, client } = opened();
  const asked = client.request("get", { channel: "temp" });
  world.pass(ANSWER_MS);
  await assert.rejects(asked, (error: RequestFailed) => error.refusal.reason === "timeout");
});

test("a gateway that says nothing at all after a probe is lost, one that talks is not", async () => {
  const { world, heard, client } = opened();
  const first = client.probe("ledger");
  world.sockets[0]!.answer(world.sockets[0]!.request("ledger").id, {});
  await first;
  world.pass(SILENCE_MS);
  assert.deepEqual(heard.states, ["open"]);
  const second = client.probe("ledger");
  world.pass(SILENCE_MS);
  await assert.rejects(second);
  assert.deepEqual(heard.states, ["open", "lost"]);
  assert.ok(world.sockets[0]!.closed);
});

test("what cannot be read is counted", () => {
  const { world, heard } = opened();
  world.sockets[0]!.onmessage!("{");
  world.sockets[0]!.onmessage!(new ArrayBuffer(0));
  assert.equal(heard.faults.length, 2);
});

test("a client that was stopped stays away", () => {
  const { world, client } = opened();
  client.stop();
  world.sockets[0]!.onclose!(null);
  world.pass(LONGEST_WAIT_MS);
  assert.equal(world.sockets.length, 1);
});

test("a way that is refused is followed by the next at once, one that stays silent by and by", () => {
  const world = new FakeWorld();
  world.transports = [world.way("websocket"), world.way("sse"), world.way("poll")];
  const client = new Client(world, new Heard());
  client.start();
  assert.equal(world.sockets.length, 1);
  world.sockets[0]!.onclose!(null);
  assert.equal(world.sockets.length, 2);
  world.pass(NEXT_WAY_MS - 1);
  assert.equal(world.sockets.length, 2);
  world.pass(1);
  world.sockets[2]!.notify(welcome([]));
  assert.equal(client.transport, "poll");
  assert.ok(world.sockets[1]!.closed);
});

test("the third way is begun early enough to be there within three seconds", () => {
  assert.ok(2 * NEXT_WAY_MS <= 2500);
});

test("a way that is slow is taken after all where the others do not lead there", () => {
  const world = new FakeWorld();
  world.transports = [world.way("websocket"), world.way("sse")];
  const heard = new Heard();
  const client = new Client(world, heard);
  client.start();
  world.pass(NEXT_WAY_MS);
  world.sockets[1]!.onclose!({ reason: "internal", message: "", hint: "" });
  assert.deepEqual(heard.states, []);
  world.sockets[0]!.notify(welcome([]));
  assert.equal(client.transport, "websocket");
});

test("what the gateway says of why nobody comes in is told", () => {
  const world = new FakeWorld();
  world.transports = [world.way("websocket"), world.way("sse")];
  const reasons: (string | undefined)[] = [];
  const heard = new Heard();
  heard.connectionChanged = (_state, _ever, refusal) => reasons.push(refusal?.reason);
  new Client(world, heard).start();
  world.sockets[0]!.onclose!(null);
  world.sockets[1]!.onclose!({ reason: "not_allowed", message: "who are you?", hint: "" });
  assert.deepEqual(reasons, ["not_allowed"]);
});

test("a subscription that is dropped ends at the gateway, and does not come back", () => {
  const { world, client } = opened();
  const { subscription } = client.keep({ channels: ["temp"] });
  subscribed(world.sockets[0]!);
  client.drop(subscription);
  assert.deepEqual(world.sockets[0]!.request("unsubscribe").params, { subscription: "u1" });
  world.sockets[0]!.onclose!(null);
  world.pass(FIRST_WAIT_MS);
  world.sockets[1]!.notify(welcome([]));
  assert.deepEqual(world.sockets[1]!.sent.map((request) => request.params), [{ form: "raw" }]);
});
