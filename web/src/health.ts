/**
 * How well it goes, as this page measures it: how long things take, how many samples come, and what time the gateway has.
 * No DOM. Times that end in `_ms` are this page's own clock, which never jumps.
 */

/** A spread tells of the last minute: long enough for a worst, short enough to follow what is mended. */
const KEPT_MS = 60_000;
/** Measurements of a fast board in a minute, at a screen's rate: more are not kept. */
const MOST = 3600;

/** How long something takes: the middle and the worst of the last minute. */
export class Spread {
  private times: { at_ms: number; took_ms: number }[] = [];

  add(took_ms: number, at_ms: number): void {
    this.times.push({ at_ms, took_ms });
    if (this.times.length >= 2 * MOST) this.times = this.times.slice(-MOST);
  }

  /** Null where nothing was measured in the last minute. */
  summary(now_ms: number): { median_ms: number; worst_ms: number; count: number } | null {
    this.times = this.times.filter((each) => each.at_ms > now_ms - KEPT_MS).slice(-MOST);
    const sorted = this.times.map((each) => each.took_ms).sort((a, b) => a - b);
    const count = sorted.length;
    return count === 0 ? null : { median_ms: sorted[count >> 1]!, worst_ms: sorted[count - 1]!, count };
  }
}

/** Gateway time by questions and answers: an answer was made between the question and its coming, half the way at best. */
export class AskedTime {
  private best: { offset_s: number; error_s: number; at_ms: number } | null = null;

  /** The gateway said `t_s` to what was asked at `asked_ms` and came at `came_ms`. */
  told(t_s: number, asked_ms: number, came_ms: number): void {
    const error_s = (came_ms - asked_ms) / 2000;
    if (this.best !== null && came_ms - this.best.at_ms < KEPT_MS && this.best.error_s <= error_s) return;
    this.best = { offset_s: t_s - (asked_ms + came_ms) / 2000, error_s, at_ms: came_ms };
  }

  /** Another life of the gateway, or its clock was set. */
  forget(): void {
    this.best = null;
  }

  /** Gateway time at `at_ms`, and by how much that may be wrong; null before anything was asked. */
  at(at_ms: number): { t_s: number; error_s: number } | null {
    return this.best && { t_s: this.best.offset_s + at_ms / 1000, error_s: this.best.error_s };
  }
}

/** How many a second, from a count that is read now and then. */
export class Rate {
  hz: number | null = null;
  private before: { count: number; at_ms: number } | null = null;

  read(count: number, at_ms: number): void {
    const { before } = this;
    // A count that sank began anew.
    if (before && at_ms > before.at_ms && count >= before.count) this.hz = ((count - before.count) / (at_ms - before.at_ms)) * 1000;
    this.before = { count, at_ms };
  }
}

/** What the page measures of one board. */
export interface BoardHealth {
  /** From when a sample was taken until it is on the screen: the newest of each picture that has a newer one. */
  readonly shown: Spread;
  /** Samples a second that reach this page, of all its channels. */
  readonly samples: Rate;
  newest_s: number;
}

export class Health {
  readonly time = new AskedTime();
  /** From a click until the confirmation is on the screen. */
  readonly clicks = new Spread();
  private readonly boards = new Map<string, BoardHealth>();
  private readonly pressed = new Map<string, number>();

  of(board: string): BoardHealth {
    let known = this.boards.get(board);
    if (!known) this.boards.set(board, (known = { shown: new Spread(), samples: new Rate(), newest_s: -Infinity }));
    return known;
  }

  /** A picture was painted at `at_ms`, whose newest sample of `board` is of `newest_s`. */
  painted(board: string, newest_s: number, at_ms: number): void {
    const own = this.of(board);
    if (newest_s <= own.newest_s) return;
    own.newest_s = newest_s;
    const now = this.time.at(at_ms);
    // Before the time is known, and after a hidden page comes back, nothing is measured.
    if (now && now.t_s - newest_s < 5) own.shown.add(Math.max(0, now.t_s - newest_s) * 1000, at_ms);
  }

  /** Somebody pressed something at `at_ms` that sets this output. */
  asked(address: string, at_ms: number): void {
    this.pressed.set(address, at_ms);
  }

  /** The page shows that the output is confirmed; or, `done` false, that it is not to be. */
  answered(address: string, at_ms: number, done: boolean): void {
    const began_ms = this.pressed.get(address);
    if (began_ms === undefined) return;
    this.pressed.delete(address);
    if (done) this.clicks.add(at_ms - began_ms, at_ms);
  }
}
