/** The right to drive channels alone, kept by itself for as long as somebody looks. */
import type { Client } from "../client.js";
import { later } from "../transport.js";

/** A lease is renewed after so much of it: two tries fit in before it ends. */
const RENEW_AFTER = 0.35;

/** Whether somebody sees the page; a script without a page counts as one that is seen. */
function visible(): boolean {
  return typeof document === "undefined" || document.visibilityState === "visible";
}

export class Lease {
  /** Resolves when it is over: given back, taken over, or not renewed (a hidden page, a lost connection). */
  readonly over: Promise<void>;
  private ended!: () => void;
  private cancel = (): void => undefined;
  private held = true;

  constructor(
    private readonly client: Client,
    readonly channels: readonly string[],
    private readonly ttl_ms: number,
  ) {
    this.over = new Promise((resolve) => (this.ended = resolve));
    this.renewLater();
  }

  /** Gives it back. */
  async release(): Promise<void> {
    if (!this.held) return;
    this.end();
    await this.client.request("lease_release", { channels: [...this.channels] });
  }

  private renewLater(): void {
    this.cancel = later(() => void this.renew(), this.ttl_ms * RENEW_AFTER);
  }

  private async renew(): Promise<void> {
    try {
      // Nobody looks: what is held must not stay on for a page that was forgotten.
      if (!visible()) return this.end();
      await this.client.request("lease_renew", { channels: [...this.channels], ttl_ms: this.ttl_ms });
      if (this.held) this.renewLater();
    } catch {
      this.end();
    }
  }

  private end(): void {
    this.held = false;
    this.cancel();
    this.ended();
  }
}
