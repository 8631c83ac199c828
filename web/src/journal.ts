/**
 * The journal as the page shows it: what it was told itself, and what only the gateway wrote down, in one order of time.
 * Imports no DOM and knows no connection.
 */
import type { Happening } from "./protocol.js";

/** Lines that are kept while nobody asks for older ones, the newest: as many as the gateway gives in one answer. */
export const MAX_LINES = 1000;
/** Longest line of a sketch's text that is kept. */
export const MAX_TEXT = 500;
/** What the gateway writes down of something comes so much later at most than its own time of it. */
const CLOSE_S = 0.01;

/** A line of the journal. Its text is a sentence of the gateway's or the page's, or what a sketch printed: only ever text. */
export interface Line {
  number: number;
  t_s: number;
  /** One of the gateway's kinds (docs/reference/gateway.md, 3.20), or `page`. */
  kind: string;
  board: string;
  text: string;
}

/** Kinds that are told to no page by themselves. All others come as notifications: while it is connected, it notes them itself. */
const UNTOLD: ReadonlySet<string> = new Set(["lost", "command", "client", "refused", "lease", "started", "ended"]);

/** A request to the gateway's `journal`. */
export type JournalAsked = { since_s?: number; until_s?: number; last: number };

export class Journal {
  /** Oldest first. */
  readonly lines: Line[] = [];
  /** Whether the gateway has older lines than are here. */
  older = false;
  private most = MAX_LINES;
  /** The stretches of gateway time in which this page was told what happened; the last has no end while it is connected. */
  private readonly told: { from_s: number; to_s: number }[] = [];
  /** Lines that were ever taken. */
  count = 0;
  /** Time of the newest line that the gateway gave. */
  private newest_s: number | null = null;

  /** A line of this page's own. `t_s` null: now, after all others. */
  note(kind: string, board: string, text: string, t_s: number | null): void {
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
    const newest_s = this.lines.findLast((line) => !UNTOLD.has(line.kind) && line.kind !== "page")?.t_s ?? 0;
    if (last && last.to_s === Infinity) last.to_s = Math.max(last.from_s, t_s, newest_s + CLOSE_S);
  }

  /** What to ask the gateway for: what is new at `now_s`, or at first the newest `first`. */
  asks(now_s: number | null, first: number): JournalAsked {
    return this.newest_s === null ? { last: first } : { since_s: Math.min(this.newest_s, now_s ?? Infinity), last: MAX_LINES };
  }

  /** What to ask the gateway for, for more lines before the oldest. */
  asksOlder(): JournalAsked {
    return { until_s: this.lines[0]?.t_s ?? 0, last: MAX_LINES };
  }

  /** Nobody reads the older ones any more. */
  shorten(): void {
    this.most = MAX_LINES;
    this.bound();
  }

  /** Takes what the gateway gave, and gives of it what is new: neither here nor told. Nothing is there twice, and nothing is missing. */
  take(entries: readonly Happening[], asked: JournalAsked): Happening[] {
    if (asked.since_s === undefined) this.older = entries.length === asked.last;
    if (asked.until_s === undefined) this.newest_s = entries.at(-1)?.t_s ?? this.newest_s;
    else this.most += asked.last;
    const isNew = ({ t_s, kind, text }: Happening): boolean =>
      (UNTOLD.has(kind) || !this.told.some((part) => t_s >= part.from_s && t_s <= part.to_s)) && !this.lines.some((line) => line.t_s === t_s && line.text === text);
    const fresh = entries.filter(isNew);
    for (const { t_s, kind, board, text } of fresh) this.put(kind, board ?? "", text, t_s);
    this.bound();
    return fresh;
  }

  private put(kind: string, board: string, text: string, t_s: number): void {
    let at = this.lines.length;
    while (at > 0 && this.lines[at - 1]!.t_s > t_s) at -= 1;
    this.count += 1;
    this.lines.splice(at, 0, { number: this.count, t_s, kind, board, text: text.slice(0, MAX_TEXT) });
  }

  private bound(): void {
    if (this.lines.length <= this.most) return;
    this.lines.splice(0, this.lines.length - this.most);
    this.older = true;
  }
}
