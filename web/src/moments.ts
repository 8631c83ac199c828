/** Moments that somebody marked, by time. No DOM. */

/** More than fit on any screen; the journal has them all. */
const MOST = 500;

export interface Moment {
  t_s: number;
  text: string;
  /** What it is about, null for everything. */
  board: string | null;
}

export class Moments {
  /** Changes with any of them. */
  version = 0;
  private kept: Moment[] = [];

  add({ t_s, text, board }: Moment): void {
    this.kept.push({ t_s, text, board });
    this.kept.sort((a, b) => a.t_s - b.t_s);
    if (this.kept.length > MOST) this.kept.shift();
    this.version += 1;
  }

  /** Those of a stretch of time that are about one of these boards, or about all. */
  between(from_s: number, to_s: number, boards: readonly string[]): Moment[] {
    return this.kept.filter((each) => each.t_s >= from_s && each.t_s <= to_s && (each.board === null || boards.includes(each.board)));
  }
}
