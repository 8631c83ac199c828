/** The client of an ardugate gateway, for browsers and node. Depends on nothing. What the gateway says is in `shapes.d.ts`. */
import type { Board, CallReceipt, Json, Notifications, Reason, Receipt, Role, StreamChannel, Value, ValueNow } from "./shapes.js";

export type {
  Board, BoardState, CallReceipt, Channel, Command, Descriptor, Json, Lease as LeaseShape, Link, Loss, Reason, Receipt, Role, Value, ValueNow, ValueType,
} from "./shapes.js";

/** `lost`: there is no connection. It comes back by itself. */
export type ConnectionState = "connecting" | "open" | "lost";
export type TransportName = "websocket" | "sse" | "poll";

/** Something was not done: `message` says the cause, `hint` the remedy, `reason` is for programs. */
export class ArdugateError extends Error {
  readonly reason: Reason;
  readonly hint: string;
}

/** A channel's newest value. Times are gateway time: Unix seconds. */
export interface Reading {
  /** Its address, `board/channel`. */
  channel: string;
  board: string;
  name: string;
  value: Value;
  unit: string;
  t_s: number;
}

/** One channel's values: numbers in its unit (NaN: missing), all else as it is (null: missing). */
export type Values = Float64Array | Value[];
/** Of an envelope: between these lies what each value stands for. */
export interface Ends {
  min: Float64Array;
  max: Float64Array;
}

/** Consecutive samples of the channels of one stream; nothing is missing within. */
export interface Batch {
  board: string;
  stream: string;
  /** Number of the first sample since the stream began. */
  seq: number;
  /** Why this stream followed the one before: `boot rate mode gap clock line`, ... */
  cause: string;
  /** Samples missing just before, lost on the board or on the wire. */
  lost: number;
  /** When each sample was taken; a channel's own time is its `offset_s` later. */
  t_s: Float64Array;
  channels: readonly StreamChannel[];
  columns: { [address: string]: Values | Ends };
  /** The place behind this batch. */
  cursor: string;
}

export interface Subscription {
  end(): void;
}

/** The right to drive channels alone. Renewed by itself while the page is visible (in node: always). */
export interface Lease {
  readonly channels: readonly string[];
  /** Resolves when it is over, for whatever reason. */
  readonly over: Promise<void>;
  release(): Promise<void>;
}

/** What `listen` tells of. */
export interface Happenings extends Pick<Notifications, "welcome" | "board" | "event" | "log" | "loss" | "stop" | "lease" | "link"> {
  state: ConnectionState;
  /** Something went wrong that nobody waits for the answer of. */
  problem: ArdugateError;
}

/** A gateway and its boards. Addresses are `board/channel`; the board may be left out while there is one. */
export interface Connection {
  readonly state: ConnectionState;
  readonly boards: Board[];
  readonly role: Role;
  /** The way that leads to the gateway at present. */
  readonly transport: string | null;
  readonly session: string;

  /**
   * Calls back with the channel's newest value, at once and whenever a newer one comes (60 times a second at most). Gives
   * the function that ends it. Throws `unknown_channel` or `ambiguous_board`; a board that is not there yet is waited for.
   */
  on(channel: string, callback: (reading: Reading) => void): () => void;
  /** The newest value; waits for a first one. */
  get(channel: string): Promise<ValueNow>;
  /** Writes an output, and waits until the board has confirmed it. */
  set(channel: string, value: Value, options?: { ttl_ms?: number; key?: string }): Promise<Receipt>;
  set(values: { [channel: string]: Value }): Promise<Receipt[]>;
  /** Runs a command of the sketch, and waits for its end. */
  call(command: string, args?: { [argument: string]: Json }, options?: { key?: string }): Promise<CallReceipt>;
  /** Keeps others from driving channels, and what this connection set there from going to its safe value. */
  lease(channels: string | readonly string[], options?: { ttl_ms?: number; takeover?: boolean; keep?: boolean }): Promise<Lease>;
  /** Every sample, in batches. It goes on where it was after the connection came back. */
  subscribe(
    wanted: { channels?: readonly string[]; form?: "raw" | "envelope" | "latest"; max_hz?: number },
    callback: (batch: Batch) => void,
  ): Promise<Subscription>;
  mode(channel: string, mode: string, options?: { [option: string]: Json }): Promise<Json | undefined>;
  rate(channels: string | readonly string[], hz: number | "max"): Promise<Json | undefined>;
  /** Puts every output at its safe value, and keeps it there until `clearStop`. */
  stopAll(board?: string): Promise<Json | undefined>;
  clearStop(board?: string): Promise<Json | undefined>;
  /** Any other request of docs/reference/gateway.md. */
  request(method: string, params?: { [key: string]: Json }): Promise<Json | undefined>;
  /** Hears of what happens. Gives the function that ends it. */
  listen<What extends keyof Happenings>(what: What, callback: (told: Happenings[What]) => void): () => void;
  /** Ends the connection for good. */
  close(): void;
}

export interface ConnectOptions {
  /** The gateway's address; default: where the page came from, in node `http://127.0.0.1:8765/`. */
  url?: string | URL;
  /** The gateway's token, where there is no sign-in of a browser. Never put one into a page. */
  token?: string;
  /** The board that is meant where an address names none. */
  board?: string;
  /** Keep trying until the gateway is there; else the first failure is told. */
  wait?: boolean;
  /** Which ways may be taken; default: all three, best first. */
  transports?: readonly TransportName[];
}

/** Connects to a gateway. Rejected with `not_allowed` (sign in first) or `lost` (nobody is there). */
export function connect(options?: ConnectOptions): Promise<Connection>;
