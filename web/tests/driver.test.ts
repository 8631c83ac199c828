import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestFailed } from "../src/client.js";
import { Driver } from "../src/driver.js";
import type { Json, SetBy } from "../src/protocol.js";
import { settle } from "./support.js";

interface Call {
  method: string;
  params: { [key: string]: Json };
  answer(result: Json): void;
  refuse(reason: string): void;
}

function world(): { driver: Driver; calls: Call[]; clock: { now_s: number } } {
  const calls: Call[] = [];
  const clock = { now_s: 100 };
  const driver = new Driver(
    (method, params) =>
      new Promise((resolve, reject) => {
        calls.push({ method, params, answer: resolve, refuse: (reason) => reject(new RequestFailed({ reason, message: reason, hint: "" })) });
      }),
    () => clock.now_s,
    () => undefined,
    () => undefined,
  );
  return { driver, calls, clock };
}

const receipt = (value: Json, until_s: number | null = null): Json => ({
  channel: "g/fan",
  asked: value,
  value,
  accepted_t_s: 100,
  executed_t_s: 100,
  hold: until_s === null ? "link" : "client",
  ...(until_s === null ? {} : { until_s }),
});

test("what was asked is shown until it is confirmed", async () => {
  const { driver, calls } = world();
  driver.ask("g/fan", 0.5);
  assert.equal(driver.asked.get("g/fan")!.phase, "asked");
  calls[0]!.answer(receipt(0.5));
  await settle();
  assert.equal(driver.asked.get("g/fan")!.phase, "confirmed");
});

test("while one set is under way only the newest value waits", async () => {
  const { driver, calls } = world();
  for (const value of [0.1, 0.2, 0.3, 0.4]) driver.ask("g/fan", value);
  assert.equal(calls.length, 1);
  calls[0]!.answer(receipt(0.1));
  await settle();
  assert.deepEqual(calls.map((call) => call.params["value"]), [0.1, 0.4]);
});

test("control is taken over, and who may not is told why", async () => {
  const { driver, calls } = world();
  void driver.takeOver("g/fan", 10_000);
  assert.deepEqual([calls[0]!.method, calls[0]!.params], ["lease_take", { channels: ["g/fan"], ttl_ms: 10_000, takeover: true }]);
  calls[0]!.refuse("leased");
  await settle();
  assert.equal(driver.asked.get("g/fan")!.refusal!.reason, "leased");
  void driver.takeOver("g/fan", 10_000);
  calls[1]!.answer({ leases: [] });
  await settle();
  assert.equal(driver.asked.get("g/fan"), undefined);
});

test("a refusal is shown with its reason", async () => {
  const { driver, calls } = world();
  driver.ask("g/fan", 2);
  calls[0]!.refuse("out_of_range");
  await settle();
  assert.equal(driver.asked.get("g/fan")!.refusal!.reason, "out_of_range");
});

test("a visible page renews what it holds, a hidden one lets it go safe", async () => {
  const { driver, calls, clock } = world();
  driver.ask("g/fan", 0.5);
  calls[0]!.answer(receipt(0.5, 102));
  await settle();
  driver.tick(true);
  assert.equal(calls.length, 1, "nothing is due yet");
  clock.now_s = 101;
  driver.tick(false);
  assert.equal(calls.length, 1, "a hidden page renews nothing");
  driver.tick(true);
  assert.deepEqual([calls[1]!.method, calls[1]!.params], ["lease_renew", { channels: ["g/fan"], ttl_ms: 2000 }]);
  driver.tick(true);
  assert.equal(calls.length, 2, "one renewal at a time");
  calls[1]!.answer({ leases: [], extended: ["g/fan"] });
  await settle();
  assert.deepEqual(driver.holds("g/fan"), { left_s: 2, whole_s: 2 });
  clock.now_s = 104;
  driver.tick(false);
  assert.equal(driver.holds("g/fan"), null);
});

test("a hold is counted from when it was asked, however late the answer comes", async () => {
  const { driver, calls, clock } = world();
  driver.ask("g/fan", 0.5);
  clock.now_s = 101.5;
  calls[0]!.answer(receipt(0.5, 102));
  await settle();
  assert.equal(driver.holds("g/fan")!.left_s, 0.5);
  driver.tick(true);
  assert.equal(calls.length, 2, "it is due at once");
});

test("a hold that somebody else took is not renewed again", async () => {
  const { driver, calls, clock } = world();
  driver.ask("g/fan", 0.5);
  calls[0]!.answer(receipt(0.5, 102));
  await settle();
  clock.now_s = 101;
  driver.tick(true);
  calls[1]!.refuse("leased");
  await settle();
  driver.tick(true);
  assert.equal(calls.length, 2);
  assert.equal(driver.holds("g/fan"), null);
});

test("nothing is held that is off", async () => {
  const { driver, calls } = world();
  driver.ask("g/fan", 0);
  calls[0]!.answer(receipt(0, 102));
  await settle();
  assert.equal(driver.holds("g/fan"), null);
});

test("after a stop nothing is held, and nothing that waited is sent", async () => {
  const { driver, calls } = world();
  driver.ask("g/fan", 0.5);
  driver.ask("g/fan", 0.9);
  driver.release("g");
  calls[0]!.answer(receipt(0.5, 102));
  await settle();
  assert.equal(calls.length, 1);
  assert.equal(driver.asked.size, 0);
  assert.equal(driver.holds("g/fan"), null);
});

test("a command is called once at a time, and its end is told", async () => {
  const { driver, calls } = world();
  void driver.call("g", "water", { seconds: 3 });
  void driver.call("g", "water", { seconds: 4 });
  assert.deepEqual(calls.map((call) => [call.method, call.params]), [["call", { board: "g", command: "water", args: { seconds: 3 } }]]);
  assert.equal(driver.called.get("g/water")!.phase, "runs");
  calls[0]!.answer({ board: "g", command: "water", accepted_t_s: 100, executed_t_s: 103 });
  await settle();
  assert.deepEqual(driver.called.get("g/water"), { phase: "done", took_s: 3, result: null, unit: "", refusal: null });
  void driver.call("g", "water", { seconds: 99 });
  calls[1]!.refuse("out_of_range");
  await settle();
  assert.equal(driver.called.get("g/water")!.refusal!.reason, "out_of_range");
});

test("what a command gave back is kept with its unit", async () => {
  const { driver, calls } = world();
  void driver.call("g", "battery", {});
  calls[0]!.answer({ board: "g", command: "battery", result: 1.25, unit: "V", accepted_t_s: 100, executed_t_s: 100 });
  await settle();
  assert.deepEqual(driver.called.get("g/battery"), { phase: "done", took_s: 0, result: 1.25, unit: "V", refusal: null });
});

test("arguments that cannot be are refused without asking", () => {
  const { driver, calls } = world();
  driver.refuseCall("g/blink", { reason: "out_of_range", message: "times is beyond its limits", hint: "times takes 1 to 20" });
  assert.equal(calls.length, 0);
  assert.equal(driver.called.get("g/blink")!.refusal!.hint, "times takes 1 to 20");
});

test("a counter is sampled as soon as it is one; an output is not", async () => {
  const { driver, calls } = world();
  void driver.mode("g/D2", "quadrature", { partner: "D3" });
  assert.deepEqual(calls[0]!.params, { channel: "g/D2", mode: "quadrature", options: { partner: "D3" } });
  calls[0]!.answer({});
  await settle();
  assert.deepEqual([calls[1]!.method, calls[1]!.params], ["rate", { channels: ["g/D2"], hz: 10 }]);
  void driver.mode("g/D9", "servo");
  calls[2]!.answer({});
  await settle();
  assert.equal(calls.length, 3);
});

test("a board that cannot show itself says why", async () => {
  const { driver, calls } = world();
  const shows = driver.identify("g");
  calls[0]!.answer({});
  assert.equal(await shows, null);
  const cannot = driver.identify("g");
  calls[1]!.refuse("refused");
  assert.equal((await cannot)!.reason, "refused");
});

test("what somebody else set since is not held any more, what this page set is, over whichever connection", async () => {
  const { driver, calls } = world();
  const by = (session: string, set_t_s: number): SetBy => ({ channel: "g/fan", session, principal: "token", set_t_s, until_s: 102 });
  driver.ask("g/fan", 0.5);
  driver.heard([by("c_2", 99)], "c_1");
  calls[0]!.answer(receipt(0.5, 102));
  await settle();
  // A request over plain HTTP has a session of its own.
  driver.heard([by("c_9", 100)], "c_1");
  driver.heard([by("c_1", 99)], "c_1");
  assert.notEqual(driver.holds("g/fan"), null);
  assert.equal(driver.asked.get("g/fan")!.phase, "confirmed");
  driver.heard([by("c_2", 101)], "c_1");
  assert.equal(driver.asked.has("g/fan"), false);
  assert.equal(driver.holds("g/fan"), null);
});
