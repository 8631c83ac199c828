import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyLayout, LayoutKeeper, parseLayout } from "../src/layout.js";
import { Past } from "../src/past.js";
import type { HistoryAnswer } from "../src/past.js";
import { Pyramid } from "../src/pyramid.js";
import { Series } from "../src/series.js";
import type { Trace } from "../src/series.js";
import { LONGEST_S, SHORTEST_S, View } from "../src/view.js";

const words = { lost: (count: number) => `${count} missing`, ended: (cause: string) => cause, loss: () => "", stopped: () => "" };

function visited(trace: Trace, from_s: number, to_s: number, pixel_s: number): [number, number, number, number][] {
  const seen: [number, number, number, number][] = [];
  trace.visit(from_s, to_s, pixel_s, (...each) => seen.push(each));
  return seen;
}

// The pyramid.

for (const pixel_s of [0.05, 1, 30]) {
  test(`a spike of one sample shows with pixels of ${pixel_s} s, in at most four buckets a pixel`, () => {
    const pyramid = new Pyramid();
    for (let index = 0; index < 100_000; index += 1) pyramid.push(index / 1000, index === 61_234 ? -9 : 1);
    const seen: [number, number, number][] = [];
    pyramid.visit(0, 100, pixel_s, (t_s, low, high) => seen.push([t_s, low, high]));
    const spike = seen.find(([, low]) => low === -9);
    assert.ok(spike && Math.abs(spike[0] - 61.234) <= pixel_s && spike[2] <= 1);
    assert.ok(seen.length <= 4 * (100 / pixel_s) + 4);
  });
}

test("a bucket ends with its last value, also while it is the newest", () => {
  const pyramid = new Pyramid();
  for (const [t_s, value] of [[0, 1], [0.3, 0], [1.1, 5], [1.2, 3]] as const) pyramid.push(t_s, value);
  const lasts: number[] = [];
  pyramid.visit(0, 2, 0.5, (_t, _low, _high, last) => lasts.push(last));
  assert.deepEqual(lasts, [0, 3]);
});

test("a break parts buckets, and within one bucket it is too short to be seen", () => {
  const pyramid = new Pyramid();
  for (const [t_s, value] of [[0, 1], [0.1, Number.NaN], [0.2, 2], [3, Number.NaN], [5, 7]] as const) pyramid.push(t_s, value);
  const lows: number[] = [];
  pyramid.visit(0, 9, 0.5, (_t, low) => lows.push(low));
  assert.deepEqual(lows, [1, Number.NaN, 7]);
});

test("a channel that breaks off again and again does not fill wide tiers with breaks", () => {
  const pyramid = new Pyramid();
  for (let index = 0; index < 40_000; index += 1) pyramid.push(index / 100, index % 2 ? Number.NaN : index);
  let count = 0;
  pyramid.visit(0, 400, 2, () => (count += 1));
  assert.ok(count < 410, `${count} buckets`);
});

// The view.

test("zooming keeps the time under the pointer where it is, and live keeps the end at now", () => {
  const view = new View();
  view.pause(100);
  view.zoom(0.5, 92, 100);
  assert.equal(view.window_s, 5);
  assert.equal(view.end_s, 96); // 92 was a fifth from the left, and is
  view.follow();
  view.zoom(4, 95, 100);
  assert.deepEqual([view.live, view.window_s], [true, 20]);
});

test("moving to the present follows it again, and no stretch of the future is shown", () => {
  const view = new View();
  view.pan(-5, 100);
  assert.equal(view.end_s, 95);
  view.show(60, 100);
  assert.equal(view.end_s, 100);
  view.pan(1, 100);
  assert.ok(view.live);
});

test("a window has a shortest and a longest", () => {
  const view = new View();
  view.zoom(1e-9, 0, 100);
  assert.equal(view.window_s, SHORTEST_S);
  view.zoom(1e99, 0, 100);
  assert.equal(view.window_s, LONGEST_S);
});

// The layout.

test("a layout outlives the page, and can be taken elsewhere", () => {
  const kept = new Map<string, string>();
  const keeping = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const layout = new LayoutKeeper(keeping);
  layout.setChannel("demo/temp", { name: "Oven", colour: 3 });
  layout.setPlot("°C", { log: true, low: 1, high: 100 });
  layout.setChannel("demo/temp", { colour: undefined });
  const again = new LayoutKeeper(keeping);
  assert.deepEqual(again.channel("demo/temp"), { name: "Oven" });
  assert.deepEqual(parseLayout(layout.serialize()), again.current);
});

for (const [what, json] of [
  ["nothing", ""],
  ["a list", "[]"],
  ["another version", '{"version": 2}'],
  ["half a file", '{"version": 1, "chan'],
] as const) {
  test(`${what} is no layout`, () => assert.equal(parseLayout(json), null));
}

test("of a layout only what can be is taken", () => {
  const json = JSON.stringify({
    version: 1,
    window_s: -5,
    boards: ["a", 7],
    channels: { "a/x": { name: "n".repeat(500), colour: 99, hidden: "yes", order: 2 }, "a/y": 3 },
    plots: { V: { low: 5, high: 1, log: true } },
    more: 1,
  });
  const layout = parseLayout(json);
  assert.deepEqual(layout, {
    ...emptyLayout(),
    boards: ["a"],
    channels: { "a/x": { name: "n".repeat(80), order: 2 } },
    plots: { V: { log: true } },
  });
});

test("each set of boards has its own arrangement, and a new one begins with the newest", () => {
  const kept = new Map<string, string>();
  const keeping = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) };
  const layout = new LayoutKeeper(keeping);
  assert.equal(layout.useFor(["one"]), false);
  layout.setWindow(60);
  assert.equal(layout.useFor(["two", "one"]), false, "never seen: it stays as it is");
  layout.setWindow(3600);
  assert.equal(layout.useFor(["one"]), true);
  assert.equal(layout.current.window_s, 60);
  assert.equal(layout.useFor(["one", "two"]), true, "their order does not matter");
  assert.equal(layout.current.window_s, 3600);
  assert.equal(layout.useFor(["two", "one"]), false);
});

test("a browser that keeps nothing still arranges its page", () => {
  const never = (): never => {
    throw new Error("forbidden");
  };
  const layout = new LayoutKeeper({ getItem: never, setItem: never });
  layout.setWindow(60);
  assert.equal(layout.current.window_s, 60);
});

// What was before the page was opened.

const STREAM = { stream: "s1", cause: "boot", channels: [{ channel: "demo/a", labels: [] }] };

/** Waits until the answers of promises that are done have been taken. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function answer(t_s: number[], column: HistoryAnswer["samples"][0]["columns"][string], lost = 0): HistoryAnswer {
  return { streams: [STREAM], samples: [{ stream: "s1", t_s, columns: { "demo/a": column }, lost }] } as unknown as HistoryAnswer;
}

test("times before the series are asked once, and put before it as minima and maxima", async () => {
  const series = new Series();
  series.push(100, 1);
  series.push(101, 2);
  const asked: unknown[] = [];
  const past = new Past((params) => {
    asked.push(params);
    return Promise.resolve(answer([80, 90], { min: [3, 4], max: [5, 6] }));
  }, words);
  const channel = { address: "demo/a", series };
  for (const now_ms of [0, 200, 400]) {
    past.want([channel], 70, 102, 1, false, now_ms);
    await settled();
  }
  assert.deepEqual(asked, [{ channels: ["demo/a"], from_s: 54, to_s: 102, points: 96 }]);
  assert.deepEqual(visited(past.trace(channel), 70, 102, 1), [[80, 3, 5, 5], [90, 4, 6, 6], [100, 1, 1, 1], [101, 2, 2, 2]]);
});

test("what the series has in full is not asked", async () => {
  const series = new Series();
  for (let second = 0; second < 10; second += 1) series.push(second, second);
  const past = new Past(() => assert.fail("asked"), words);
  past.want([{ address: "demo/a", series }], 2, 9, 0.01, false, 1e6);
  past.want([{ address: "demo/a", series }], 2, 9, 0.01, false, 2e6);
  await settled();
  assert.equal(past.loading, false);
});

test("where memory does not reach back so far, all that there is is asked", async () => {
  const asked: { [key: string]: unknown }[] = [];
  const past = new Past((params) => {
    asked.push(params);
    const expired = Object.assign(new Error("too old"), { refusal: { reason: "cursor_expired" } });
    return "from_s" in params ? Promise.reject(expired) : Promise.resolve(answer([90], [1]));
  }, words);
  const channel = { address: "demo/a", series: new Series() };
  past.want([channel], 0, 100, 1, false, 0);
  past.want([channel], 0, 100, 1, false, 500);
  await settled();
  assert.deepEqual(asked.map((params) => "from_s" in params), [true, false]);
  assert.equal(past.trace(channel).valueAt(95), 1);
});

test("a refusal is said, and the same not asked again at once", async () => {
  let asked = 0;
  const past = new Past(() => {
    asked += 1;
    return Promise.reject(new Error("too much"));
  }, words);
  const channel = { address: "demo/a", series: new Series() };
  for (const now_ms of [0, 500, 1000]) {
    past.want([channel], 0, 100, 1, false, now_ms);
    await settled();
  }
  assert.deepEqual([asked, past.refused], [1, "too much"]);
});

test("what is missing in the past is a gap with its reason, and the trace breaks there", async () => {
  const first = answer([1, 2], [10, 11]);
  const second = answer([5], [12], 3);
  const past = new Past(() => Promise.resolve({ streams: first.streams, samples: [...first.samples, ...second.samples] }), words);
  const channel = { address: "demo/a", series: new Series() };
  past.want([channel], 0, 10, 0.1, false, 0);
  past.want([channel], 0, 10, 0.1, false, 500);
  await settled();
  const trace = past.trace(channel);
  assert.deepEqual(trace.gaps, [{ from_s: 2, to_s: 5, reason: "3 missing" }]);
  assert.deepEqual(visited(trace, 0, 10, 0.1).map(([, low]) => low), [10, 11, Number.NaN, 12]);
});
