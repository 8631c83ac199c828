import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayClock } from "../src/clock.js";
import { clockText, FollowingScale, roundStep, scaleFor, timeMarks } from "../src/plot/scale.js";
import { Series } from "../src/series.js";

function visited(series: Series, from_s: number, to_s: number, pixel_s: number): [number, number, number][] {
  const seen: [number, number, number][] = [];
  series.visit(from_s, to_s, pixel_s, (t, low, high) => seen.push([t, low, high]));
  return seen;
}

test("a window is given with one sample beyond each end, so that lines reach the edges", () => {
  const series = new Series();
  for (let second = 0; second < 10; second += 1) series.push(second, second * 10);
  assert.deepEqual(visited(series, 2.5, 4.5, 0).map(([t]) => t), [2, 3, 4, 5]);
});

test("a ring that grew keeps its samples and their order", () => {
  const series = new Series();
  for (let index = 0; index < 5000; index += 1) series.push(index / 1000, index);
  const seen = visited(series, 0, 10, 0);
  assert.equal(seen.length, 5000);
  assert.deepEqual(seen.map(([, value]) => value), [...Array(5000).keys()]);
});

test("memory is bounded, and a peak that the ring forgot is still in the long window", () => {
  const series = new Series();
  const samples = 300_000;
  for (let index = 0; index < samples; index += 1) series.push(index / 1000, index === 100_050 ? 999 : 1);
  assert.equal(series.total, samples);
  const seen = visited(series, 0, samples / 1000, 0.5);
  assert.ok(seen.length <= 3001, `${seen.length} buckets`);
  assert.ok(seen.some(([, low, high]) => low === 1 && high === 999));
});

test("what a busy channel takes in its first minute it takes after an hour, whatever its values", () => {
  const series = new Series();
  const { tiers } = (series as unknown as { pyramid: { tiers: { numbers: Float64Array }[] } }).pyramid;
  const taken = (): number => tiers.reduce((sum, tier) => sum + 4 * tier.numbers.byteLength, 0);
  let at = 0;
  const until = (end_s: number): number => {
    for (; at < end_s * 512; at += 1) series.push(at / 512, Math.sin(at / 100));
    return taken();
  };
  const minute = until(60);
  // The tiers of 2 s and more are a hundredth of it.
  assert.ok(until(3600) < 1.1 * minute, `${minute} bytes, then ${taken()}`);
  assert.ok(minute < 1.5e6);
  assert.equal(visited(series, 0, 3600, 0.5).length, 3600 * 2);
});

test("the value at a time is the newest one that is not later", () => {
  const series = new Series();
  series.push(1, 10);
  series.push(2, 20);
  assert.deepEqual([series.valueAt(0.5), series.valueAt(1.9), series.valueAt(2), series.valueAt(9)], [null, 10, 20, 20]);
});

test("a sample from the past is left out", () => {
  const series = new Series();
  series.push(2, 1);
  series.push(1, 2);
  assert.deepEqual(visited(series, 0, 9, 0), [[2, 1, 1]]);
});

test("gaps that touch and say the same are one", () => {
  const series = new Series();
  series.push(1, 1);
  series.markGap(1, 2, "unplugged");
  series.markGap(2, 3, "unplugged");
  series.markGap(3, 4, "12 missing");
  assert.deepEqual(series.gaps, [
    { from_s: 1, to_s: 3, reason: "unplugged" },
    { from_s: 3, to_s: 4, reason: "12 missing" },
  ]);
});

for (const [span, step] of [[1, 1], [1.9, 1], [2, 2], [4.9, 2], [9, 5], [70, 50], [0.03, 0.02]] as const) {
  test(`steps are round: at most ${span} gives ${step}`, () => {
    assert.ok(Math.abs(roundStep(span) - step) < 1e-12);
  });
}

for (const [low, high] of [[0, 1023], [-1, 1], [21.3, 21.9], [5, 5], [0, 0], [-3, -3]] as const) {
  test(`a scale holds its values with at least two lines: ${low} to ${high}`, () => {
    const scale = scaleFor(low, high, 2);
    assert.ok(scale.low < low && scale.high > high);
    assert.ok((scale.high - scale.low) / scale.step >= 2);
  });
}

test("a scale widens at once and narrows only after two quiet seconds", () => {
  const scale = new FollowingScale();
  scale.follow(0, 1, 3, 0);
  const wide = scale.follow(0, 100, 3, 1);
  assert.ok(wide.high >= 100);
  assert.equal(scale.follow(0, 1, 3, 1.5), wide);
  assert.equal(scale.follow(0, 1, 3, 3), wide);
  assert.ok(scale.follow(0, 1, 3, 3.6).high < 2);
});

test("time marks are as far apart as they need, on round times", () => {
  const marks = timeMarks(100.3, 110.3, 600, 84);
  assert.equal(marks.step_s, 2);
  assert.deepEqual(marks.at_s, [102, 104, 106, 108, 110]);
});

test("a mark's rounding error does not show", () => {
  const local = new Date(2026, 10, 22, 12, 3, 4).getTime() / 1000;
  assert.equal(clockText(local - 1e-7), "12:03:04");
  assert.equal(clockText(local + 0.5, 1), "12:03:04.5");
});

test("the gateway's clock is that of its freshest message", () => {
  const clock = new GatewayClock();
  assert.equal(clock.now(0), null);
  clock.observe(1000, 0);
  clock.observe(1000.4, 500); // 100 ms on its way: it does not set the clock back
  assert.ok(Math.abs(clock.now(500)! - 1000.5) < 0.001);
  clock.observe(990, 600); // stepped
  assert.ok(Math.abs(clock.now(600)! - 990) < 0.001);
});
