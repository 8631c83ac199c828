import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFrame } from "../src/protocol.js";
import type { JsonSamples, Notification, Stream } from "../src/protocol.js";
import { Store } from "../src/store.js";
import type { ChannelState } from "../src/store.js";
import { board, bytes, channel, vectors, welcome } from "./support.js";

const words = {
  lost: (count: number) => `${count} missing`,
  ended: (cause: string) => cause,
  stopped: () => "stopped",
};

function stream(name: string, more: Partial<Stream> = {}): Stream {
  return {
    stream: `s_${name}`,
    number: 1,
    board: "greenhouse",
    dt_s: 0.01,
    started_t_s: 0,
    cause: "boot",
    predecessor: null,
    channels: [{ channel: `greenhouse/${name}`, type: "int", scale: 1, offset: 0, offset_s: 0, labels: [] }],
    ...more,
  };
}

const streams = (begun: Stream[], ended: { stream: string; cause: string; t_s: number }[] = []): Notification => ({
  kind: "notification",
  method: "streams",
  params: { streams: begun, ended },
});
const samples = (params: Partial<JsonSamples>): Notification => ({
  kind: "notification",
  method: "samples",
  params: { stream: "s_A0", seq: 0, t0_s: 1000, dt_s: 0.01, columns: {}, lost: 0, cursor: "", ...params },
});

function ready(): { store: Store; a0: ChannelState } {
  const store = new Store(words);
  store.apply(welcome([board([channel("A0")])]), 0);
  store.apply(streams([stream("A0")]), 0);
  return { store, a0: store.channels.get("greenhouse/A0")! };
}

test("after the clock was set back, values and the page's time go on in the new time", () => {
  const { store, a0 } = ready();
  store.apply(samples({ columns: { "greenhouse/A0": [1, 2] } }), 0);
  const successor = stream("A0", { stream: "s_next", number: 2, cause: "clock", predecessor: "s_A0", started_t_s: 400 });
  store.apply(streams([successor], [{ stream: "s_A0", cause: "clock", t_s: 1000.02 }]), 0);
  store.apply(samples({ stream: "s_next", t0_s: 400, columns: { "greenhouse/A0": [3] } }), 0);
  assert.deepEqual(a0.last, { value: 3, t_s: 400 });
  assert.deepEqual(drawn(a0), [[400, 3]]);
  assert.equal(store.clock.now(1000), 401);
});

test("how a link does is told alone, and leaves the rest of the board as it was", () => {
  const { store, a0 } = ready();
  const link = { round_trip_ms: 3.1, clock_error_ms: 0.4, bad_frames: 0, resends: 0, counters: { starved_loops: 2 } };
  store.apply({ kind: "notification", method: "link", params: { board: "greenhouse", link } }, 0);
  store.apply({ kind: "notification", method: "link", params: { board: "attic", link } }, 0);
  assert.deepEqual(store.boards.get("greenhouse")?.link, link);
  assert.equal(store.channels.get("greenhouse/A0"), a0);
  assert.equal(store.boards.has("attic"), false);
});

function drawn(state: ChannelState): [number, number][] {
  const points: [number, number][] = [];
  state.series.visit(0, 1e12, 0, (t, value) => points.push([t, value]));
  return points;
}

// The page subscribes to every scan, never to an envelope.
const everyScan = vectors().frames.filter((vector) => (vector.stream as { form?: string }).form !== "envelope");
for (const vector of everyScan) {
  test(`binary and JSON samples give the same values and times: ${vector.name}`, () => {
    const channels = vector.stream.channels.map((each) => channel(each.channel.split("/")[1]!, { ...each, channel: each.channel }));
    const stores = [new Store(words), new Store(words)] as const;
    for (const store of stores) {
      store.apply(welcome([board(channels)]), 0);
      store.apply(streams([vector.stream]), 0);
    }
    const frame = parseFrame(bytes(vector.frame));
    assert.equal(frame.kind, "samples");
    if (frame.kind === "samples") stores[0].applyFrame(frame, 0);
    stores[1].apply({ kind: "notification", method: "samples", params: vector.samples as unknown as JsonSamples }, 0);
    for (const each of channels) {
      const [binary, json] = stores.map((store) => store.channels.get(each.channel)!) as [ChannelState, ChannelState];
      assert.ok(drawn(binary).length > 0);
      drawn(binary).forEach(([t, value], index) => {
        const [otherTime, other] = drawn(json)[index]!;
        assert.ok(Math.abs(t - otherTime) < 1e-6 && Math.abs(value - other) <= 1e-6 * Math.max(1, Math.abs(value)), `${value} at ${t}, ${other} at ${otherTime}`);
      });
      assert.deepEqual(typeof binary.last!.value, typeof json.last!.value);
    }
  });
}

test("lost samples become a gap that says how many", () => {
  const { store, a0 } = ready();
  store.apply(samples({ columns: { "greenhouse/A0": [1, 2] } }), 0);
  store.apply(samples({ seq: 14, t0_s: 1000.14, lost: 12, columns: { "greenhouse/A0": [3] } }), 0);
  assert.deepEqual(a0.series.gaps, [{ from_s: 1000.01, to_s: 1000.14, reason: "12 missing" }]);
});

for (const [cause, gaps] of [
  ["reset", 1],
  ["down", 1],
  ["rate", 0],
  ["mode", 0],
] as const) {
  test(`a stream that follows one ended by "${cause}" after two seconds leaves ${gaps} gaps`, () => {
    const { store, a0 } = ready();
    store.apply(samples({ columns: { "greenhouse/A0": [1] } }), 0);
    const next = stream("A0", { stream: "s_next", number: 2 });
    store.apply(streams([next], [{ stream: "s_A0", cause, t_s: 1000 }]), 0);
    store.apply(samples({ stream: "s_next", t0_s: 1002, columns: { "greenhouse/A0": [1] } }), 0);
    assert.deepEqual(a0.series.gaps.map((gap) => gap.reason), gaps ? [cause] : []);
  });
}

for (const [what, seq, gaps] of [
  ["goes on where it was leaves no gap", 2, []],
  ["missed something leaves a gap", 900, ["page"]],
] as const) {
  test(`a page that was away and ${what}`, () => {
    const { store, a0 } = ready();
    store.apply(samples({ seq: 0, columns: { "greenhouse/A0": [1, 2] } }), 0);
    store.disconnected(1001);
    store.apply(streams([stream("A0")]), 0);
    store.apply(samples({ seq, t0_s: 1000 + seq / 100, columns: { "greenhouse/A0": [3] } }), 0);
    assert.deepEqual(a0.series.gaps.map((gap) => gap.reason), gaps);
  });
}

test("a value that comes only when it changes is known until its stream ended", () => {
  const { store } = ready();
  const d2 = (number: number): Stream => stream("A0", { stream: `s_${number}`, number, dt_s: null });
  store.apply(streams([d2(8)]), 0);
  store.apply(samples({ stream: "s_8", t_s: [1000], columns: { "greenhouse/A0": [1] } }), 0);
  store.apply(streams([d2(9)], [{ stream: "s_8", cause: "boot", t_s: 1060 }]), 0);
  store.apply(samples({ stream: "s_9", t_s: [1062], columns: { "greenhouse/A0": [0] } }), 0);
  assert.deepEqual(store.channels.get("greenhouse/A0")!.series.gaps, [{ from_s: 1060, to_s: 1062, reason: "boot" }]);
});

test("of a receipt and a sample whose times are too close to tell, the later heard is the later", () => {
  const { store, a0 } = ready();
  const heard = (seq: number, t0_s: number, value: number): void => store.apply(samples({ seq, t0_s, columns: { "greenhouse/A0": [value] } }), 0);
  heard(0, 1000.004, 0);
  store.takeValue("greenhouse/A0", 1, 1000);
  assert.equal(a0.last!.value, 1, "the sample of before was given too young a time");
  heard(1, 1000.001, 1);
  heard(2, 1000.002, 0);
  assert.equal(a0.last!.value, 0, "a stop followed at once");
});

test("a sample from before a receipt does not take back what that told", () => {
  const { store, a0 } = ready();
  store.takeValue("greenhouse/A0", 1, 1000);
  store.apply(samples({ t0_s: 999.9, columns: { "greenhouse/A0": [0] } }), 0);
  assert.deepEqual(a0.last, { value: 1, t_s: 1000 });
});

test("a sample does not change the structure's version, a board does", () => {
  const { store } = ready();
  const before = store.version;
  store.apply(samples({ columns: { "greenhouse/A0": [1] } }), 0);
  assert.equal(store.version, before);
  store.apply({ kind: "notification", method: "board", params: { board: board([channel("A0")], { state: "silent" }) } }, 0);
  assert.ok(store.version > before);
  assert.equal(store.boards.get("greenhouse")!.state, "silent");
});

test("a channel whose unit changes begins a new series, one whose rate changes goes on", () => {
  const { store, a0 } = ready();
  store.apply(samples({ columns: { "greenhouse/A0": [1] } }), 0);
  const say = (more: Parameters<typeof channel>[1]): void =>
    store.apply({ kind: "notification", method: "board", params: { board: board([channel("A0", more)]) } }, 0);
  say({ rate_hz: 10 });
  assert.equal(store.channels.get("greenhouse/A0"), a0);
  say({ unit: "V" });
  assert.notEqual(store.channels.get("greenhouse/A0"), a0);
});

test("samples of a stream that nobody announced are counted, not shown", () => {
  const { store, a0 } = ready();
  store.apply(samples({ stream: "s_other", columns: { "greenhouse/A0": [1] } }), 0);
  assert.equal(store.faults, 1);
  assert.equal(a0.last, null);
});

test("pieces of a sketch's text become lines", () => {
  const { store } = ready();
  for (const text of ["rea", "dy\r\nsecond", " line\n", "rest"]) {
    store.apply({ kind: "notification", method: "log", params: { board: "greenhouse", text, t_s: 1, checked: true } }, 0);
  }
  assert.deepEqual(store.journal.lines.map((line) => line.text), ["ready", "second line"]);
});

test("a board's end takes its channels with it", () => {
  const { store } = ready();
  store.apply({ kind: "notification", method: "board", params: { gone: "greenhouse" } }, 0);
  assert.equal(store.channels.size, 0);
});

test("a text channel's value and an enum's label are shown as they are", () => {
  const store = new Store(words);
  const program = channel("program", { type: "enum", labels: ["idle", "fast"] });
  const status = channel("status", { type: "text" });
  store.apply(welcome([board([program, status])]), 0);
  const one = (name: string, type: "enum" | "text", number: number): Stream =>
    stream(name, { number, dt_s: null, channels: [{ channel: `greenhouse/${name}`, type, scale: 1, offset: 0, offset_s: 0, labels: program.labels }] });
  store.apply(streams([one("program", "enum", 1), one("status", "text", 2)]), 0);
  store.apply(samples({ stream: "s_program", t_s: [1], columns: { "greenhouse/program": ["fast"] } }), 0);
  store.apply(samples({ stream: "s_status", t_s: [1], columns: { "greenhouse/status": ["<b>ok</b>"] } }), 0);
  assert.equal(store.channels.get("greenhouse/program")!.last!.value, "fast");
  assert.deepEqual(drawn(store.channels.get("greenhouse/program")!), [[1, 1]]);
  assert.equal(store.channels.get("greenhouse/status")!.last!.value, "<b>ok</b>");
});
