import assert from "node:assert/strict";
import { test } from "node:test";
import { AskedTime, Health, Rate, Spread } from "../src/health.js";
import { Leases } from "../src/leases.js";
import type { Lease, SetBy } from "../src/protocol.js";

test("a spread is the middle and the worst of the last minute", () => {
  const spread = new Spread();
  assert.equal(spread.summary(0), null);
  spread.add(900, 0);
  for (const [at, took] of [5, 1, 3].entries()) spread.add(took, 50_000 + at);
  assert.deepEqual(spread.summary(59_000), { median_ms: 5, worst_ms: 900, count: 4 });
  assert.deepEqual(spread.summary(60_001), { median_ms: 3, worst_ms: 5, count: 3 });
  assert.equal(spread.summary(200_000), null);
});

test("the gateway's time comes from its quickest answer, and is wrong by half of its way at most", () => {
  const time = new AskedTime();
  assert.equal(time.at(0), null);
  time.told(1000, 0, 40);
  assert.deepEqual(time.at(20), { t_s: 1000, error_s: 0.02 });
  time.told(1001, 1000, 1004);
  assert.equal(time.at(1002)!.t_s.toFixed(6), "1001.000000");
  time.told(1099, 2000, 2100);
  assert.equal(time.at(2000)!.error_s, 0.002, "a slower answer says less");
  time.told(1099, 70_000, 70_100);
  assert.equal(time.at(70_050)!.error_s, 0.05, "but an old one is not believed for ever");
});

test("a rate is what came between two looks, and a count that began anew says nothing", () => {
  const rate = new Rate();
  rate.read(100, 0);
  assert.equal(rate.hz, null);
  rate.read(400, 3000);
  assert.equal(rate.hz, 100);
  rate.read(5, 4000);
  assert.equal(rate.hz, 100);
});

test("each picture that has a newer sample tells how old that is", () => {
  const health = new Health();
  health.painted("g", 999, 0);
  health.time.told(1000, 0, 0);
  health.painted("g", 999.98, 0);
  health.painted("g", 999.98, 16);
  assert.deepEqual(
    [health.of("g").shown.summary(16)].map((found) => [found!.count, Math.round(found!.worst_ms)]),
    [[1, 20]],
  );
  health.painted("g", 999.99, 60_000);
  assert.equal(health.of("g").shown.summary(60_016), null, "what comes after a pause is not the way's fault");
});

test("a click is measured until its confirmation is seen, once", () => {
  const health = new Health();
  health.answered("g/led", 5, true);
  health.asked("g/led", 10);
  health.answered("g/led", 22, true);
  health.answered("g/led", 99, true);
  health.asked("g/fan", 30);
  health.answered("g/fan", 99, false);
  assert.deepEqual(health.clicks.summary(100), { median_ms: 12, worst_ms: 12, count: 1 });
});

test("a lease is somebody's until it ends, by word or by time", () => {
  const lease = (session: string): Lease => ({ channel: "g/led", session, principal: "token", until_s: 1010, keep: false });
  const leases = new Leases();
  leases.replace([lease("c_1")], []);
  assert.equal(leases.of("g/led", 1000)!.session, "c_1");
  assert.deepEqual(leases.by("c_1", 1000), ["g/led"]);
  assert.equal(leases.of("g/led", 1011), null);
  leases.change({ cause: "taken_over", leases: [lease("c_2")], t_s: 1000 });
  assert.deepEqual([leases.by("c_1", 1000), leases.by("c_2", 1000)], [[], ["g/led"]]);
  leases.change({ cause: "expired", leases: [lease("c_2")], t_s: 1000 });
  assert.equal(leases.of("g/led", null), null);
});

test("who set an output is known until its board forgets, and drives it while it is held", () => {
  const by = (until_s: number | null): SetBy => ({ channel: "g/fan", session: "c_1", principal: "token", set_t_s: 1000, until_s });
  const leases = new Leases();
  leases.replace([], [by(1010)]);
  assert.deepEqual(leases.by("c_1", 1000), ["g/fan"]);
  assert.deepEqual(leases.by("c_1", 1011), []);
  assert.equal(leases.setter("g/fan")!.session, "c_1");
  leases.drive({ drivers: [by(1020)], ended: [], t_s: 1011 });
  assert.deepEqual(leases.by("c_1", 1011), ["g/fan"]);
  leases.release("attic");
  assert.notEqual(leases.setter("g/fan"), null);
  leases.drive({ drivers: [], ended: ["g/fan"], t_s: 1012 });
  assert.equal(leases.setter("g/fan"), null);
  leases.drive({ drivers: [by(1020)], ended: [], t_s: 1013 });
  leases.release("g");
  assert.equal(leases.setter("g/fan"), null);
});
