/** What `on` lives from: one subscription to the newest values of all channels that somebody listens to. */
import type { Client, Subscription } from "../client.js";
import { RequestFailed } from "../client.js";
import type { Board, Value } from "../protocol.js";
import { newestOf } from "./batch.js";
import type { Batch } from "./batch.js";

/** As often as a screen shows something new. */
const MAX_HZ = 60;

/** A channel's newest value. */
export interface Reading {
  channel: string;
  board: string;
  name: string;
  value: Value;
  unit: string;
  t_s: number;
}

export type OnReading = (reading: Reading) => void;

interface Listening {
  glob: string;
  callback: OnReading;
  /** The time of what it was told last. */
  told_s: number;
}

export class Latest {
  private readonly listening = new Set<Listening>();
  private readonly newest = new Map<string, Reading>();
  private kept: Subscription | null = null;
  private asked = "";
  private planned = false;

  constructor(
    private readonly client: Client,
    private readonly boards: () => readonly Board[],
    private readonly home: string | null,
    private readonly refused: (error: RequestFailed) => void,
  ) {}

  /** Calls back with the newest value, and with each newer one. Gives what ends that. */
  on(channel: string, callback: OnReading): () => void {
    const [board, name] = this.resolve(channel);
    const entry: Listening = { glob: `${board}/${name}`, callback, told_s: -Infinity };
    this.listening.add(entry);
    const known = this.newest.get(entry.glob);
    if (known) queueMicrotask(() => this.tell(entry, known));
    this.plan();
    return () => {
      this.listening.delete(entry);
      this.plan();
    };
  }

  /** Whether a subscription is this one. */
  owns(subscription: Subscription): boolean {
    return this.kept === subscription;
  }

  take(batch: Batch): void {
    const scan_s = batch.t_s.at(-1);
    if (scan_s === undefined) return;
    for (const { channel, name = "", unit = "", offset_s } of batch.channels) {
      const column = batch.columns[channel];
      if (column === undefined) continue;
      const reading = { channel, board: batch.board, name, value: newestOf(column), unit, t_s: scan_s + offset_s };
      this.newest.set(channel, reading);
      for (const entry of [...this.listening]) if (entry.glob === channel || entry.glob === `*/${name}`) this.tell(entry, reading);
    }
  }

  private tell(entry: Listening, reading: Reading): void {
    if (!this.listening.has(entry) || reading.t_s <= entry.told_s) return;
    entry.told_s = reading.t_s;
    entry.callback(reading);
  }

  /** Board and channel of an address; `*` while no board is there that it could be of. Throws what cannot be. */
  private resolve(address: string): [board: string, name: string] {
    const boards = this.boards();
    const cut = address.indexOf("/");
    let id = cut < 0 ? this.home : address.slice(0, cut);
    const name = address.slice(cut + 1);
    const known = boards.filter((board) => !board.id.startsWith("port-"));
    if (id === null && known.length > 1) {
      const message = `there are several boards: ${known.map((board) => board.id).join(", ")}`;
      throw new RequestFailed({ reason: "ambiguous_board", message, hint: `write it as ${known[0]!.id}/${name}` });
    }
    id ??= known[0]?.id ?? "*";
    const descriptor = boards.find((board) => board.id === id)?.descriptor;
    if (!descriptor) return [id, name];
    const own = descriptor.aliases[name] ?? name;
    if (descriptor.channels.some((channel) => channel.name === own)) return [id, own];
    const hint = `there are: ${descriptor.channels.map((channel) => channel.name).join(", ")}`;
    throw new RequestFailed({ reason: "unknown_channel", message: `${id} has no channel ${JSON.stringify(name)}`, hint });
  }

  /** Subscribes to what is listened to now, once for all that was asked in one go. */
  private plan(): void {
    if (this.planned) return;
    this.planned = true;
    queueMicrotask(() => {
      this.planned = false;
      this.subscribe();
    });
  }

  private subscribe(): void {
    const globs = [...new Set([...this.listening].map((entry) => entry.glob))].sort();
    const wanted = globs.join(" ");
    if (wanted === this.asked) return;
    this.asked = wanted;
    const before = this.kept;
    this.kept = null;
    if (globs.length > 0) {
      const { subscription, begun } = this.client.keep({ channels: globs.map(asPattern), form: "latest", max_hz: MAX_HZ });
      this.kept = subscription;
      begun.catch((error: unknown) => {
        if (error instanceof RequestFailed && error.reason !== "lost") this.refused(error);
      });
    }
    if (before) this.client.drop(before);
  }
}

/** A pattern that matches the address alone, and waits for it where it is not there yet. */
function asPattern(address: string): string {
  return address.replace(/\/(.)/u, "/[$1]").replace(/^([^*])/u, "[$1]");
}
