/** Who controls what, and who set what last: the gateway's leases and drivers as this page was told of them. No DOM. */
import type { Lease, Notifications, SetBy } from "./protocol.js";

const BEGIN: ReadonlySet<string> = new Set(["taken", "renewed", "taken_over"]);

export class Leases {
  private readonly held = new Map<string, Lease>();
  private readonly drivers = new Map<string, SetBy>();

  /** Takes the whole lists. */
  replace(leases: readonly Lease[], drivers: readonly SetBy[]): void {
    this.held.clear();
    for (const lease of leases) this.held.set(lease.channel, lease);
    this.drivers.clear();
    for (const driver of drivers) this.drivers.set(driver.channel, driver);
  }

  /** Some began or ended. */
  change({ cause, leases }: Notifications["lease"]): void {
    for (const lease of leases) {
      if (BEGIN.has(cause)) this.held.set(lease.channel, lease);
      else this.held.delete(lease.channel);
    }
  }

  /** Outputs were set, or nobody drives them any more. */
  drive({ drivers, ended }: Notifications["driven"]): void {
    for (const driver of drivers) this.drivers.set(driver.channel, driver);
    for (const address of ended) this.drivers.delete(address);
  }

  /** A board's outputs are safe, or nobody knows: nobody holds any where it was set. */
  release(board: string | null): void {
    for (const address of this.drivers.keys()) if (address.startsWith(`${board}/`)) this.drivers.delete(address);
  }

  /** Who set the output last, null where nobody has. */
  setter(address: string): SetBy | null {
    return this.drivers.get(address) ?? null;
  }

  /** Who controls the output, null for nobody; `now_s` is gateway time. */
  of(address: string, now_s: number | null): Lease | null {
    const lease = this.held.get(address);
    return lease && (now_s === null || lease.until_s > now_s) ? lease : null;
  }

  /** What a connection controls, or holds where it set it. */
  by(session: string, now_s: number | null): string[] {
    const mine = [...this.held.values(), ...this.drivers.values()].filter((each) => each.session === session && (each.until_s ?? 0) > (now_s ?? 0));
    return [...new Set(mine.map((each) => each.channel))];
  }
}
