import assert from "node:assert/strict";
import { test } from "node:test";
import { Journal, MAX_LINES } from "../src/journal.js";
import type { Happening } from "../src/protocol.js";
import { Store } from "../src/store.js";
import { board, channel, welcome } from "./support.js";

const entry = (t_s: number, kind: string, text: string): Happening => ({ t_s, kind, board: "greenhouse", text });
const texts = (journal: Journal): string[] => journal.lines.map((line) => line.text);

test("what was before the page was opened stands before what it is told, and what it is told stands once", () => {
  const journal = new Journal();
  journal.connected(100);
  journal.note("reset", "greenhouse", "was reset", 101);
  const fresh = journal.take([entry(90, "log", "ready"), entry(101.0001, "reset", "was reset")], { last: 500 });
  assert.deepEqual(texts(journal), ["ready", "was reset"]);
  assert.deepEqual(fresh.map((each) => each.text), ["ready"]);
  assert.deepEqual(journal.lines.map((line) => line.kind), ["log", "reset"]);
});

test("what is told to no page is taken while it is connected, and once however often it is given", () => {
  const journal = new Journal();
  journal.connected(100);
  const asked = journal.asks(105, 500);
  assert.deepEqual(asked, { last: 500 });
  journal.take([entry(101, "command", "somebody: set"), entry(102, "lost", "3 scans")], asked);
  const next = journal.asks(106, 500);
  assert.deepEqual(next, { since_s: 102, last: MAX_LINES });
  journal.take([entry(102, "lost", "3 scans"), entry(103, "client", "c_2 came")], next);
  assert.deepEqual(texts(journal), ["somebody: set", "3 scans", "c_2 came"]);
});

test("what happened while the page was away is filled in, between what it was told before and after", () => {
  const journal = new Journal();
  journal.connected(100);
  journal.note("log", "greenhouse", "tick", 104);
  journal.disconnected(104.5);
  journal.connected(110);
  journal.note("log", "greenhouse", "tick", 111);
  journal.take([entry(104.001, "log", "tick"), entry(107, "log", "missed"), entry(111.001, "log", "tick")], { last: 500 });
  assert.deepEqual(texts(journal), ["tick", "missed", "tick"]);
});

test("a line that was told last is there once, also where the page's guess at the time is behind", () => {
  const journal = new Journal();
  journal.connected(100);
  journal.note("log", "greenhouse", "last words", 104.2);
  journal.disconnected(104);
  journal.take([entry(104.2005, "log", "last words"), entry(104.5, "down", "unplugged")], { last: 500 });
  assert.deepEqual(texts(journal), ["last words", "unplugged"]);
});

test("after the computer's clock was set back, lines go on in the new time, each once", () => {
  const store = new Store({ lost: String, ended: String, stopped: String });
  store.apply(welcome([board([channel("A0")])], { t_s: 1000 }), 0);
  const told = (t_s: number, kind: string): void =>
    store.apply({ kind: "notification", method: "event", params: { kind, board: "greenhouse", text: kind, t_s } }, 0);
  told(500, "clock");
  told(501, "reset");
  store.journal.take([entry(500, "clock", "clock"), entry(501.0001, "reset", "reset")], { last: 500 });
  assert.deepEqual(texts(store.journal), ["clock", "reset"]);
  assert.deepEqual(store.journal.asks(502, 500).since_s, 501.0001);
});

test("older lines are known to be there as long as an answer is full, and no more than an answer holds are kept", () => {
  const journal = new Journal();
  const many = (count: number): Happening[] => Array.from({ length: count }, (_, at) => entry(at, "client", `line ${at}`));
  journal.take(many(500), { last: 500 });
  assert.ok(journal.older);
  const asked = journal.asksOlder();
  assert.deepEqual(asked, { until_s: 0, last: MAX_LINES });
  journal.take(many(700), asked);
  assert.ok(!journal.older);
  assert.equal(journal.lines.length, 700);
  journal.shorten();
  for (let index = 0; index < 900; index += 1) journal.note("page", "", `own ${index}`, null);
  assert.equal(journal.lines.length, MAX_LINES);
  assert.equal(texts(journal).at(-1), "own 899");
  assert.ok(journal.older, "what was let go can be had again");
});

test("whoever goes on asking for older lines gets all there are, each once, until nobody reads them", () => {
  const all = Array.from({ length: 2_500 }, (_, at) => entry(Math.floor(at / 2), "client", `line ${at}`));
  const journal = new Journal();
  journal.take(all.slice(-500), { last: 500 });
  while (journal.older) {
    const asked = journal.asksOlder();
    journal.take(all.filter((each) => each.t_s <= asked.until_s!).slice(-asked.last), asked);
  }
  assert.deepEqual(texts(journal), all.map((each) => each.text));
  assert.equal(journal.asks(9_999, 500).since_s, 1_249, "what is new is asked for as before");
  journal.shorten();
  assert.equal(journal.lines.length, MAX_LINES);
  assert.ok(journal.older);
});
