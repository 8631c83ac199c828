/** What `connect()` gives: boards and their channels, whichever way leads to the gateway. */
import { Client, RequestFailed } from "../client.js";
import type { ConnectionState, Listener, Subscription as Kept, Transport } from "../client.js";
import type { Board, CallReceipt, Json, Notification, Notifications, Receipt, Refusal, Role, SamplesFrame, Stream, Value, ValueNow } from "../protocol.js";
import { later } from "../transport.js";
import { batchOfFrame, batchOfJson } from "./batch.js";
import type { Batch } from "./batch.js";
import { Latest } from "./latest.js";
import type { OnReading } from "./latest.js";
import { Lease } from "./lease.js";

/** What a lease lasts unless one says otherwise: what an output's hold lasts. */
const LEASE_MS = 2000;

type Params = { [key: string]: Json };
type Options = { [option: string]: Json };

/** What `listen` tells of: notifications of the gateway, and this connection's own state. */
export interface Happenings extends Omit<Notifications, "samples" | "streams"> {
  state: ConnectionState;
  problem: RequestFailed;
}

/** A subscription to samples. */
export interface Subscription {
  /** Ends it. */
  end(): void;
}

export class Connection implements Listener {
  state: ConnectionState = "connecting";
  private readonly client: Client;
  private readonly latest: Latest;
  private readonly known = new Map<string, Board>();
  private readonly streams = new Map<string | number, Stream>();
  private readonly takers = new Map<Kept, (batch: Batch) => void>();
  private readonly listeners = new Map<string, Set<(what: never) => void>>();

  /** `home` is the board that is meant where an address names none. */
  constructor(
    transports: readonly Transport[],
    private readonly home: string | null,
  ) {
    this.client = new Client({ transports, later, random: Math.random }, this);
    this.latest = new Latest(this.client, () => this.boards, home, (error) => this.happen("problem", error));
  }

  get boards(): Board[] {
    return [...this.known.values()];
  }

  get role(): Role {
    return this.client.welcome?.role ?? "view";
  }

  get transport(): string | null {
    return this.client.transport;
  }

  /** The gateway's name for this connection. */
  get session(): string {
    return this.client.welcome?.session ?? "";
  }

  start(): void {
    this.client.start();
  }

  on(channel: string, callback: OnReading): () => void {
    return this.latest.on(channel, callback);
  }

  listen<What extends keyof Happenings>(what: What, callback: (told: Happenings[What]) => void): () => void {
    const callbacks = this.listeners.get(what) ?? new Set();
    this.listeners.set(what, callbacks.add(callback));
    return () => void callbacks.delete(callback);
  }

  async get(channel: string): Promise<ValueNow> {
    return (await this.request("get", { channel: this.address(channel) })) as unknown as ValueNow;
  }

  set(channel: string, value: Value, options?: { ttl_ms?: number; key?: string }): Promise<Receipt>;
  set(values: { [channel: string]: Value }): Promise<Receipt[]>;
  async set(channel: string | { [channel: string]: Value }, value: Value = null, options: Options = {}): Promise<Receipt | Receipt[]> {
    const write = async (each: string, wanted: Value): Promise<Receipt> =>
      (await this.request("set", { channel: this.address(each), value: wanted, ...options })) as unknown as Receipt;
    if (typeof channel === "string") return write(channel, value);
    return Promise.all(Object.entries(channel).map(([each, wanted]) => write(each, wanted)));
  }

  async call(command: string, args: Params = {}, options: Options = {}): Promise<CallReceipt> {
    const cut = command.indexOf("/");
    const board = cut < 0 ? this.home : command.slice(0, cut);
    const params = { command: command.slice(cut + 1), args, ...options, ...(board === null ? {} : { board }) };
    return (await this.request("call", params)) as unknown as CallReceipt;
  }

  async lease(channels: string | readonly string[], options: { ttl_ms?: number; takeover?: boolean; keep?: boolean } = {}): Promise<Lease> {
    const named = [channels].flat().map((each) => this.address(each));
    const { ttl_ms = LEASE_MS } = options;
    await this.request("lease_take", { channels: named, ...options, ttl_ms });
    return new Lease(this.client, named, ttl_ms);
  }

  async subscribe(wanted: { channels?: readonly string[]; form?: string; max_hz?: number }, callback: (batch: Batch) => void): Promise<Subscription> {
    const { channels, ...rest } = wanted;
    const named = channels?.map((each) => this.address(each));
    const { subscription, begun } = this.client.keep(named === undefined ? rest : { ...rest, channels: named });
    this.takers.set(subscription, callback);
    const end = (): void => {
      this.takers.delete(subscription);
      this.client.drop(subscription);
    };
    try {
      await begun;
    } catch (error) {
      // A connection that is lost comes back, and the subscription with it.
      if (!(error instanceof RequestFailed) || error.reason !== "lost") {
        end();
        throw error;
      }
    }
    return { end };
  }

  async mode(channel: string, mode: string, options: Params = {}): Promise<Json | undefined> {
    return this.request("mode", { channel: this.address(channel), mode, options });
  }

  async rate(channels: string | readonly string[], hz: number | "max"): Promise<Json | undefined> {
    return this.request("rate", { channels: [channels].flat().map((each) => this.address(each)), hz });
  }

  async stopAll(board?: string): Promise<Json | undefined> {
    return this.request("stop_all", board === undefined ? {} : { board });
  }

  async clearStop(board?: string): Promise<Json | undefined> {
    return this.request("clear_stop", board === undefined ? {} : { board });
  }

  request(method: string, params: Params = {}): Promise<Json | undefined> {
    // A sketch's command takes as long as it takes; the gateway answers, too, when the board is gone.
    return method === "call" ? this.client.request(method, params, null) : this.client.request(method, params);
  }

  close(): void {
    this.client.stop();
  }

  // What the client tells.

  connectionChanged(state: ConnectionState, _everOpened: boolean, refusal: Refusal | null): void {
    this.state = state;
    this.happen("state", state);
    if (refusal !== null) this.happen("problem", new RequestFailed(refusal));
  }

  notificationReceived(notification: Notification): void {
    const { method, params } = notification;
    if (method === "streams") {
      for (const stream of params.streams) this.streams.set(stream.stream, stream).set(stream.number, stream);
      for (const { stream } of params.ended) {
        const ended = this.streams.get(stream);
        if (ended) this.streams.delete(ended.number);
        this.streams.delete(stream);
      }
      return;
    }
    if (method === "samples") {
      const stream = this.streams.get(params.stream);
      if (stream) this.take(params.stream, batchOfJson(stream, params));
      return;
    }
    if (method === "welcome") {
      this.streams.clear();
      this.known.clear();
      for (const board of params.boards) this.known.set(board.id, board);
    } else if (method === "board") {
      if (params.board) this.known.set(params.board.id, params.board);
      if (params.gone !== undefined) this.known.delete(params.gone);
    } else if (method === "stop") this.change(params.board, { stopped: params.stopped });
    else if (method === "link") this.change(params.board, { link: params.link });
    this.happen(method, params);
  }

  frameReceived(frame: SamplesFrame): void {
    const stream = this.streams.get(frame.number);
    if (stream) this.take(frame.number, batchOfFrame(stream, frame));
  }

  faultCounted(detail: string): void {
    this.happen("problem", new RequestFailed({ reason: "internal", message: detail, hint: "is the gateway of another version?" }));
  }

  private take(stream: string | number, batch: Batch): void {
    for (const subscription of this.client.subscriptionsOf(stream)) {
      if (this.latest.owns(subscription)) this.latest.take(batch);
      else this.takers.get(subscription)?.(batch);
    }
  }

  private change(id: string, what: Partial<Board>): void {
    const board = this.known.get(id);
    if (board) this.known.set(id, { ...board, ...what });
  }

  /** An address with this connection's board before it, where it names none. */
  private address(channel: string): string {
    return this.home === null || channel.includes("/") ? channel : `${this.home}/${channel}`;
  }

  private happen<What extends keyof Happenings>(what: What, told: Happenings[What]): void {
    for (const callback of [...(this.listeners.get(what) ?? [])]) (callback as (told: Happenings[What]) => void)(told);
  }
}
