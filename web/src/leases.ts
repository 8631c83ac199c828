/** Who controls what: the gateway's leases as this page was told of them. No DOM. */
import type { Lease, Notifications } from "./protocol.js";

const BEGIN: ReadonlySet<string> = new Set(["taken", "renewed", "taken_over"]);

export class Leases {
  private readonly held = new Map<string, Lease>();

  /** Takes the whole list. */
  replace(leases: readonly Lease[]): void {
    this.held.clear();
    for (const lease of leases) this.held.set(lease.channel, lease);
  }

  /** Some began or ended. */
  change({ cause, leases }: Notifications["lease"]): void {
    for (const lease of leases) {
      if (BEGIN.has(cause)) this.held.set(lease.channel, lease);
      else this.held.delete(lease.channel);
    }
  }

  /** Who controls the output, null for nobody; `now_s` is gateway time. */
  of(address: string, now_s: number | null): Lease | null {
    const lease = this.held.get(address);
    return lease && (now_s === null || lease.until_s > now_s) ? lease : null;
  }

  /** What a connection controls. */
  by(session: string, now_s: number | null): string[] {
    return [...this.held.values()].filter((lease) => lease.session === session && this.of(lease.channel, now_s) !== null).map((lease) => lease.channel);
  }
}
