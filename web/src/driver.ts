/**
 * Drives outputs for one page: one `set` at a time an output, the newest value wins; what a visible page set and the
 * board holds for a client is renewed, and goes to its safe value when the page is closed or hidden. No DOM.
 */
import { refusalIn } from "./protocol.js";
import type { CallReceipt, Json, Receipt, Refusal, SetBy, Value } from "./protocol.js";

/** A hold is renewed when less than this part of it is left: two tries fit in before it ends. */
const RENEW_AT = 0.65;
/** Modes whose values come only when they are sampled, and how often the page asks for them: as often as eyes read. */
const SAMPLED: ReadonlySet<string> = new Set(["count", "frequency", "quadrature"]);
const SAMPLED_HZ = 10;

/** What became of what was asked of an output. */
export interface Asked {
  value: Value;
  phase: "asked" | "confirmed" | "refused";
  /** What the board really does, once confirmed. */
  confirmed: Value;
  executed_t_s: number | null;
  refusal: Refusal | null;
}

/** What became of a call. */
export interface Called {
  phase: "runs" | "done" | "refused";
  took_s: number | null;
  /** What it gave back, null for nothing. */
  result: Value;
  unit: string;
  refusal: Refusal | null;
}

/** An output that this page keeps away from its safe value. Its end is counted from when the page asked, by the page's own
 * clock: the board's own deadline is at least that late, and no guess at the gateway's clock can delay a renewal. */
interface Held {
  ends_s: number;
  ttl_ms: number;
  renewing: boolean;
}

export type Send = (method: string, params: { [key: string]: Json }) => Promise<Json | undefined>;

export class Driver {
  readonly asked = new Map<string, Asked>();
  /** The last call of each command, by `board/command`. */
  readonly called = new Map<string, Called>();
  private readonly held = new Map<string, Held>();
  /** When this page set each output last, as its receipt said. */
  private readonly set_s = new Map<string, number>();
  private readonly waiting = new Map<string, Value>();
  private readonly running = new Set<string>();

  /** `now_s` is this page's own clock, which never jumps; `changed` is told which output or command, null for any. */
  constructor(
    private readonly send: Send,
    private readonly now_s: () => number,
    private readonly confirmed: (receipt: Receipt) => void,
    private readonly changed: (address: string | null) => void,
  ) {}

  /** Asks for a value. While an earlier one is under way, only the newest is kept. */
  ask(address: string, value: Value): void {
    this.asked.set(address, { value, phase: "asked", confirmed: null, executed_t_s: null, refusal: null });
    this.changed(address);
    if (this.running.has(address)) this.waiting.set(address, value);
    else void this.set(address, value);
  }

  /** Claims a pin for a mode, and lets it be sampled where nothing would come otherwise. */
  async mode(address: string, mode: string, options: { [option: string]: Json } = {}): Promise<void> {
    this.asked.set(address, { value: mode, phase: "asked", confirmed: null, executed_t_s: null, refusal: null });
    this.held.delete(address);
    this.changed(address);
    try {
      await this.send("mode", { channel: address, mode, options });
      if (SAMPLED.has(mode)) await this.send("rate", { channels: [address], hz: SAMPLED_HZ });
      this.asked.delete(address);
    } catch (error) {
      this.refuse(address, mode, error);
    }
    this.changed(address);
  }

  /** Runs a command of the sketch, once at a time. */
  async call(board: string, command: string, args: { [argument: string]: Json }): Promise<void> {
    const address = `${board}/${command}`;
    if (this.called.get(address)?.phase === "runs") return;
    this.called.set(address, { phase: "runs", took_s: null, result: null, unit: "", refusal: null });
    this.changed(address);
    try {
      const done = (await this.send("call", { board, command, args })) as unknown as CallReceipt;
      const took_s = Math.max(0, done.executed_t_s - done.accepted_t_s);
      this.called.set(address, { phase: "done", took_s, result: done.result ?? null, unit: done.unit ?? "", refusal: null });
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      this.refuseCall(address, refusal);
    }
    this.changed(address);
  }

  /** Shows why a command is not called: the gateway said so, or its arguments cannot be. */
  refuseCall(address: string, refusal: Refusal): void {
    this.called.set(address, { phase: "refused", took_s: null, result: null, unit: "", refusal });
    this.changed(address);
  }

  /** Lets a board show itself to eyes; gives why it cannot, or null. */
  async identify(board: string): Promise<Refusal | null> {
    try {
      await this.send("identify", { board });
      return null;
    } catch (error) {
      const refusal = refusalIn(error);
      if (!refusal) throw error;
      return refusal;
    }
  }

  /** How long the hold of this page lasts still, and how long a whole one does; null when it holds nothing there. */
  holds(address: string): { left_s: number; whole_s: number } | null {
    const held = this.held.get(address);
    return held ? { left_s: Math.max(0, held.ends_s - this.now_s()), whole_s: held.ttl_ms / 1000 } : null;
  }

  /** Whether it was this page (whose connection is `session`) that set an output last: over plain HTTP each `set` is a session
   * of its own, and known by its receipt. */
  isMine(by: SetBy, session: string): boolean {
    return by.session === session || this.set_s.get(by.channel) === by.set_t_s;
  }

  /** Who set outputs last. What somebody else drives now is no longer this page's to hold, nor done as it asked. */
  heard(drivers: readonly SetBy[], session: string): void {
    for (const by of drivers) {
      if (this.isMine(by, session) || this.running.has(by.channel)) continue;
      const asked = this.asked.get(by.channel)?.phase === "confirmed" && this.asked.delete(by.channel);
      if (this.held.delete(by.channel) || asked) this.changed(by.channel);
    }
  }

  /** Renews what is due. Called a few times a second; does nothing while the page is hidden. */
  tick(visible: boolean): void {
    const now = this.now_s();
    for (const [address, held] of this.held) {
      if (held.ends_s < now - 0.5) {
        this.held.delete(address);
        this.changed(address);
      } else if (visible && !held.renewing && held.ends_s - now < (RENEW_AT * held.ttl_ms) / 1000) void this.renew(address, held);
    }
  }

  /** The board was stopped, reset or lost, or the page lost the gateway: nothing is held or under way any more. */
  release(board: string | null): void {
    for (const map of [this.held, this.asked, this.waiting]) {
      for (const address of [...map.keys()]) if (board === null || address.startsWith(`${board}/`)) map.delete(address);
    }
    this.changed(null);
  }

  /** Takes the control of an output from who has it, for `ttl_ms`; what is set meanwhile renews it. */
  async takeOver(address: string, ttl_ms: number): Promise<void> {
    try {
      await this.send("lease_take", { channels: [address], ttl_ms, takeover: true });
      this.asked.delete(address);
    } catch (error) {
      this.refuse(address, null, error);
    }
    this.changed(address);
  }

  private async set(address: string, value: Value): Promise<void> {
    this.running.add(address);
    const began_s = this.now_s();
    try {
      const receipt = (await this.send("set", { channel: address, value })) as unknown as Receipt;
      this.take(address, value, receipt, began_s);
    } catch (error) {
      this.refuse(address, value, error);
    } finally {
      this.running.delete(address);
      this.changed(address);
    }
    const next = this.waiting.get(address);
    this.waiting.delete(address);
    if (next !== undefined) await this.set(address, next);
  }

  private take(address: string, value: Value, receipt: Receipt, began_s: number): void {
    this.confirmed(receipt);
    this.set_s.set(address, receipt.executed_t_s);
    const asked = this.asked.get(address);
    // Released meanwhile: a stop or a reset came first.
    if (!asked) return;
    if (asked.value === value) {
      this.asked.set(address, { ...asked, phase: "confirmed", confirmed: receipt.value, executed_t_s: receipt.executed_t_s });
    }
    const until_s = receipt.until_s;
    // Off is where the output goes by itself: nothing to hold.
    const idle = receipt.value === false || receipt.value === 0;
    if (typeof until_s === "number" && !idle) {
      const ttl_ms = Math.round((until_s - receipt.executed_t_s) * 1000);
      this.held.set(address, { ends_s: began_s + ttl_ms / 1000, ttl_ms, renewing: false });
    } else this.held.delete(address);
  }

  private refuse(address: string, value: Value, error: unknown): void {
    const refusal = refusalIn(error);
    if (!refusal) throw error;
    if (refusal.reason === "lost") this.asked.delete(address);
    else this.asked.set(address, { value, phase: "refused", confirmed: null, executed_t_s: null, refusal });
  }

  private async renew(address: string, held: Held): Promise<void> {
    held.renewing = true;
    const began_s = this.now_s();
    try {
      await this.send("lease_renew", { channels: [address], ttl_ms: held.ttl_ms });
      held.ends_s = began_s + held.ttl_ms / 1000;
    } catch (error) {
      if (!refusalIn(error)) throw error;
      // Somebody else drives it now, or it is at its safe value already: its deadline is no longer ours.
      if (this.held.get(address) === held) this.held.delete(address);
    } finally {
      held.renewing = false;
      this.changed(address);
    }
  }
}
