import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedScale, lineText, linesOf, markText, placeOf, timeMarks } from "../src/plot/scale.js";
import { peakOf, spectrumOf } from "../src/plot/spectrum.js";
import type { WindowName } from "../src/plot/spectrum.js";
import { SvgPen } from "../src/plot/svg.js";
import { Trigger } from "../src/plot/trigger.js";
import { Series } from "../src/series.js";

// The trigger.

const RISING = { channel: "a", level: 0.5, edge: "rising", before: 0.25, once: false } as const;

/** A sine of 1 Hz at 100 Hz, from `from_s` on. */
function sine(series: Series, from_s: number, to_s: number): void {
  for (let at = Math.round(from_s * 100); at < to_s * 100; at += 1) series.push(at / 100, Math.sin((2 * Math.PI * at) / 100));
}

test("a trigger waits for the crossing and for the rest of the window, and shows where it was", () => {
  const series = new Series();
  const trigger = new Trigger();
  trigger.arm(RISING);
  sine(series, 0, 0.5);
  assert.equal(trigger.look(series, 0.4), null);
  sine(series, 0.5, 1.2);
  assert.equal(trigger.look(series, 0.4), null); // it rose at 1 + 1/12 s; 0.3 s must come after that
  sine(series, 1.2, 1.5);
  const end_s = trigger.look(series, 0.4)!;
  assert.ok(Math.abs(trigger.at_s! - (1 + 1 / 12)) < 0.001);
  assert.ok(Math.abs(end_s - (trigger.at_s! + 0.3)) < 1e-9);
});

test("each sweep stands still until the next, and the first is kept when once is asked", () => {
  for (const once of [false, true]) {
    const series = new Series();
    const trigger = new Trigger();
    trigger.arm({ ...RISING, once });
    sine(series, 0, 0.3);
    trigger.look(series, 0.1);
    sine(series, 0.3, 1.6);
    trigger.look(series, 0.1);
    const first_s = trigger.at_s;
    sine(series, 1.6, 2.9);
    trigger.look(series, 0.1);
    assert.equal(trigger.at_s === first_s, once);
  }
});

test("a falling edge is not a rising one, and a break is no crossing", () => {
  const series = new Series();
  const trigger = new Trigger();
  series.push(0, 0);
  trigger.arm({ ...RISING, edge: "falling" });
  trigger.look(series, 0.1);
  for (const [t_s, value] of [[1, 1], [2, Number.NaN], [3, 0], [4, 1]] as const) series.push(t_s, value);
  assert.equal(trigger.look(series, 0.1), null);
  series.push(5, 0);
  series.push(6, 0);
  trigger.look(series, 0.1);
  assert.equal(trigger.at_s, 4.5);
});

// The spectrum.

for (const name of ["hann", "blackman", "flat", "none"] as WindowName[]) {
  test(`a sine of amplitude 2 on a line has its frequency and 6.02 dB, window ${name}`, () => {
    const samples = Float64Array.from({ length: 1024 }, (_, at) => 7 + 2 * Math.sin((2 * Math.PI * 100 * at) / 1024));
    const peak = peakOf(spectrumOf(samples, 1 / 1024, name));
    assert.ok(Math.abs(peak.hz - 100) < 1e-9);
    assert.ok(Math.abs(peak.db - 6.0206) < 0.01, `${peak.db}`);
  });
}

test("a Hann window keeps the skirt of a sine between two lines down", () => {
  const samples = Float64Array.from({ length: 1024 }, (_, at) => Math.sin((2 * Math.PI * 100.5 * at) / 1024));
  const far = (name: WindowName): number => spectrumOf(samples, 1, name).db[200]!;
  assert.ok(far("hann") < far("none") - 60);
});

test("only evenly spaced samples without a break have a spectrum", () => {
  const even = new Series();
  const broken = new Series();
  for (let at = 0; at < 200; at += 1) {
    even.push(at / 100, at);
    broken.push(at / 100 + (at === 150 ? 0.005 : 0), at);
  }
  const found = even.evenly(1.5, 128, 64, 0.1)!;
  assert.equal(found.values.length, 128);
  assert.equal(found.values.at(-1), 150);
  assert.ok(Math.abs(found.dt_s - 0.01) < 1e-9);
  assert.equal(broken.evenly(2, 128, 64, 0.1), null);
  assert.equal(even.evenly(0.3, 128, 64, 0.1), null);
});

// Logarithmic scales and long axes.

test("a logarithmic scale has its decades at equal distances, and what is not above zero below them", () => {
  const scale = fixedScale(1, 1000, 4, true);
  assert.deepEqual([1, 10, 100, 1000].map((value) => Math.round(placeOf(scale, value) * 300)), [0, 100, 200, 300]);
  assert.equal(placeOf(scale, 0), -1);
  assert.deepEqual(linesOf(scale).map((value) => lineText(scale, value)).slice(0, 3), ["1", "3", "10"]);
});

test("marks of a long axis are local days, of a short one fractions of a second", () => {
  const from_s = new Date(2026, 10, 1).getTime() / 1000;
  const month = timeMarks(from_s + 5, from_s + 30 * 86_400, 600, 84);
  assert.equal(month.step_s, 5 * 86_400);
  assert.equal(new Date(month.at_s[0]! * 1000).getHours(), 0);
  const short = timeMarks(from_s, from_s + 0.01, 600, 84);
  assert.equal(markText(from_s + 0.002, short.step_s), "00:00:00.002");
});

// Drawings.

test("an SVG's words are words whatever they hold, and each clip ends with what it clips", () => {
  const pen = new SvgPen((words) => words.length * 6);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, 10, 10);
  pen.clip();
  pen.fillText("<script>\"&'", 1, 2);
  pen.moveTo(0, 0);
  pen.lineTo(3.14159, 1);
  pen.stroke();
  pen.restore();
  const file = pen.file(100, 50, "#fff", "#ccc");
  assert.ok(!file.includes("<script"));
  assert.ok(file.includes("M0 0L3.14 1"));
  assert.equal(file.match(/<g /g)?.length, file.match(/<\/g>/g)?.length);
});
