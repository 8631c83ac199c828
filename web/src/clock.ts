/**
 * The gateway's clock as this page knows it. A message's time is at most now; the freshest message of the last while
 * gives the offset between this computer's clock and the gateway's. Imports nothing and touches no DOM.
 */

/** How fast the estimate sinks so that it can follow: the gateway's clock is slewed by at most 500 ppm. */
const LEAK = 0.001;
/** A message that is so much older than expected means that the clock was stepped, not that the message was slow. */
const STEP_S = 5;

export class GatewayClock {
  private offset_s: number | null = null;
  private seen_ms = 0;

  /** A message with gateway time `t_s` was received at `at_ms` of this page's own monotonic clock. */
  observe(t_s: number, at_ms: number): void {
    const offset = t_s - at_ms / 1000;
    if (this.offset_s === null || offset > this.offset_s || offset < this.offset_s - STEP_S) this.offset_s = offset;
    else this.offset_s = Math.max(offset, this.offset_s - LEAK * Math.max(0, (at_ms - this.seen_ms) / 1000));
    this.seen_ms = at_ms;
  }

  /** Begins anew: another life of the gateway may have another clock. */
  restart(t_s: number, at_ms: number): void {
    this.offset_s = t_s - at_ms / 1000;
    this.seen_ms = at_ms;
  }

  /** Gateway time now, or null before anything was heard. */
  now(at_ms: number): number | null {
    return this.offset_s === null ? null : this.offset_s + at_ms / 1000;
  }
}
