/**
 * The journal as the page shows it: what it was told itself, and what only the gateway wrote down, in one order of time.
 * Imports no DOM and knows no connection.
 */
import type { Happening } from "./protocol.js";

/** Lines that are kept, the newest: as many as the gateway gives in one answer. */
export const MAX_LINES = 1000;
/** Longest line of a sketch's text that is kept. */
export const MAX_TEXT = 500;
/** What the gateway writes down of something comes so much later at most than its own time of it. */
const CLOSE_S = 0.01;

export type LineKind = "text" | "loss" | "board" | "stop" | "page" | "mark" | "gateway" | "client" | "command" | "lease";

/** A line of the journal. Its text is a sentence of the gateway's or the page's, or what a sketch printed: only ever text. */
export interface Line {
  number: number;
  t_s: number;
  kind: LineKind;
  board: string;
  text: string;
}

/** The gateway's kinds that are not a board's life. */
const KINDS: { readonly [kind: string]: LineKind } = {
  log: "text",
  lost: "loss",
  stop: "stop",
  mark: "mark",
  started: "gateway",
  ended: "gateway",
  clock: "gateway",
  disk: "gateway",
  client: "client",
  refused: "client",
  command: "command",
  lease: "lease",
};
/** Kinds that come to every page as notifications: while it is connected, it notes them itself. */
const TOLD: ReadonlySet<LineKind> = new Set(["text", "stop", "board", "mark"]);

/** What kind of line an entry or an event of the gateway is. */
export const lineKind = (kind: string): LineKind => KINDS[kind] ?? "board";

/** Events that are told are those of a board's life, marks, and what happens to the gateway's clock and disk. */
const isTold = (kind: string): boolean => TOLD.has(lineKind(kind)) || kind === "clock" || kind === "disk";

export class Journal {
  /** Oldest first. */
  readonly lines: Line[] = [];
  /** Whether the gateway has older lines than are here. */
  older = false;
  /** The stretches of gateway time in which this page was told what happened; the last has no end while it is connected. */
  private readonly told: { from_s: number; to_s: number }[] = [];
  private count = 0;
  /** Time of the newest line that the gateway gave. */
  private newest_s: number | null = null;

  /** A line of this page's own. `t_s` null: now, after all others. */
  note(kind: LineKind, board: string, text: string, t_s: number | null): void {
    this.put(kind, board, text, t_s ?? this.lines.at(-1)?.t_s ?? 0);
    this.bound();
  }

  /** From `t_s` on this page is told what happens. Also where gateway time begins anew, because the clock was set. */
  connected(t_s: number): void {
    this.disconnected(t_s);
    this.told.push({ from_s: t_s, to_s: Infinity });
  }

  /** What happened after `t_s` was not told any more. */
  disconnected(t_s: number): void {
    const last = this.told.at(-1);
    // What was told last may be newer than this page's guess at the gateway's time.
    const newest_s = this.lines.findLast((line) => TOLD.has(line.kind))?.t_s ?? 0;
    if (last && last.to_s === Infinity) last.to_s = Math.max(last.from_s, t_s, newest_s + CLOSE_S);
  }

  /** What to ask the gateway for: what is new at `now_s`, or at first the newest `first`. */
  asks(now_s: number | null, first: number): { since_s?: number; last: number } {
    return this.newest_s === null ? { last: first } : { since_s: Math.min(this.newest_s, now_s ?? Infinity), last: MAX_LINES };
  }

  /** Takes what the gateway gave, and gives of it what is new: neither here nor told. Nothing is there twice, and nothing is missing. */
  take(entries: readonly Happening[], asked: { since_s?: number; last: number }): Happening[] {
    if (asked.since_s === undefined) this.older = entries.length === asked.last && asked.last < MAX_LINES;
    this.newest_s = entries.at(-1)?.t_s ?? this.newest_s;
    const isNew = ({ t_s, kind, text }: Happening): boolean =>
      !(isTold(kind) && this.told.some((part) => t_s >= part.from_s && t_s <= part.to_s)) && !this.lines.some((line) => line.t_s === t_s && line.text === text);
    const fresh = entries.filter(isNew);
    for (const { t_s, kind, board, text } of fresh) this.put(lineKind(kind), board ?? "", text, t_s);
    this.bound();
    return fresh;
  }

  private put(kind: LineKind, board: string, text: string, t_s: number): void {
    let at = this.lines.length;
    while (at > 0 && this.lines[at - 1]!.t_s > t_s) at -= 1;
    this.count += 1;
    this.lines.splice(at, 0, { number: this.count, t_s, kind, board, text: text.slice(0, MAX_TEXT) });
  }

  private bound(): void {
    if (this.lines.length > MAX_LINES) this.lines.splice(0, this.lines.length - MAX_LINES);
  }
}
