/**
 * The shapes of what the gateway says (docs/reference/gateway.md), as types alone: the npm package publishes this file as
 * it is, beside `ardugate.d.ts`. Times are gateway time: Unix seconds.
 */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A channel's value as messages carry it; null means "missing". */
export type Value = boolean | number | string | null;
export type ValueType = "bool" | "int" | "float" | "enum" | "text";
export type Role = "view" | "control" | "admin";
export type Hold = "client" | "link" | "board";
export type BoardState = "connecting" | "live" | "silent" | "down" | "lent" | "other_sketch" | "blocked" | "replay";

/** What a channel is. Docs: docs/reference/gateway.md, 3.1. */
export interface Channel {
  channel: string;
  name: string;
  type: ValueType;
  mode: string;
  unit: string;
  pin: string | null;
  output: boolean;
  claimed: boolean;
  events: boolean;
  momentary: boolean;
  scale: number;
  offset: number;
  minimum: number | null;
  maximum: number | null;
  labels: string[];
  hold: Hold | null;
  hold_ms: number;
  safe: Value;
  bits: number | null;
  effective_bits: number | null;
  rate_hz: number | null;
}

export interface Pin {
  number: number;
  name: string;
  abilities: string[];
  locked: boolean;
}

/** An argument of a sketch's command. */
export interface Argument {
  name: string;
  type: ValueType;
  unit: string;
  minimum: number | null;
  maximum: number | null;
}

/** A function of the sketch that may be called. */
export interface Command {
  name: string;
  arguments: Argument[];
  /** The type of what it gives back, in `unit`; null for nothing. */
  result?: ValueType | null;
  unit?: string;
}

export interface Descriptor {
  name: string;
  mcu: string;
  firmware: { wire: number; version: string; identity: string; reset_cause: string };
  pins: Pin[];
  channels: Channel[];
  commands?: Command[];
  aliases: { [alias: string]: string };
}

export interface Link {
  round_trip_ms: number;
  clock_error_ms: number;
  bad_frames: number;
  resends: number;
  /** What the board counted since its reset, null while it has said nothing. */
  counters?: { [counter: string]: number } | null;
}

export interface Board {
  id: string;
  name: string;
  port: string;
  state: BoardState;
  reason: string;
  stopped: boolean;
  /** Its sketch does not come round, and the board has made its outputs safe. */
  hung?: boolean;
  since_t_s: number;
  /** Null before the board has said hello for the first time. */
  descriptor: Descriptor | null;
  /** How the link to the board does, null before the first answer. */
  link?: Link | null;
}

export interface StreamChannel {
  channel: string;
  name?: string;
  unit?: string;
  type: ValueType;
  scale: number;
  offset: number;
  offset_s: number;
  labels: string[];
}

export interface Stream {
  stream: string;
  number: number;
  board: string;
  dt_s: number | null;
  started_t_s: number;
  cause: string;
  predecessor: string | null;
  /** `envelope`: each of its columns holds minima, then maxima. */
  form?: "raw" | "envelope" | "latest";
  subscriptions?: string[];
  channels: StreamChannel[];
}

export interface StreamEnd {
  stream: string;
  cause: string;
  t_s: number;
}

export interface Loss {
  place: string;
  reason: string;
  board: string;
  stream: string;
  from_seq: number;
  count: number;
  t_s: number;
}

export interface LedgerLine {
  board: string;
  place: string;
  reason: string;
  count: number;
  times: number;
  last_t_s: number;
}

export interface Lease {
  channel: string;
  session: string;
  principal: string;
  until_s: number;
  keep: boolean;
}

/** What the board really does after a `set` or a `mode`. */
export interface Receipt {
  channel: string;
  asked: Value;
  value: Value;
  accepted_t_s: number;
  executed_t_s: number;
  hold: Hold | null;
  /** When the output goes to its safe value unless it is set or renewed before. */
  until_s?: number | null;
}

/** What a command gave back when it had ended. */
export interface CallReceipt {
  result?: Value;
  unit?: string;
  accepted_t_s: number;
  executed_t_s: number;
}

/** Somebody who is connected. */
export interface Peer {
  session: string;
  principal: string;
  role: Role;
  dialect: string;
  address: string;
  since_t_s: number;
  subscriptions: number;
  /** Scans that were dropped because it reads too slowly. */
  dropped: number;
}

/** Who set an output last; `until_s` null: what holds it has no end. */
export interface SetBy {
  channel: string;
  session: string;
  principal: string;
  set_t_s: number;
  until_s: number | null;
}

/** The answer to `clients`: `t_s` is gateway time now. */
export interface Peers {
  clients: Peer[];
  refused: number;
  leases: Lease[];
  drivers: SetBy[];
  t_s: number;
}

/** A line of the gateway's journal; `board` null: about no single one. */
export interface Happening {
  t_s: number;
  kind: string;
  board: string | null;
  text: string;
}

/** A serial port of the gateway's machine; `board` is the entry that serves it. */
export interface PortShape {
  port: string;
  kind: string;
  description: string;
  holders: string[];
  board: string | null;
}

/** A recording: `until_t_s` is its newest time. */
export interface Recording {
  name: string;
  state: "recording" | "paused" | "whole";
  reason: string;
  began_t_s: number;
  until_t_s: number;
  size_bytes: number;
}

export interface Welcome {
  protocol: string;
  gateway: { version: string; life: string };
  session: string;
  principal: string;
  role: Role;
  t_s: number;
  boards: Board[];
}

export interface JsonSamples {
  stream: string;
  seq: number;
  t0_s?: number;
  dt_s?: number;
  t_s?: number[];
  columns: { [address: string]: Value[] };
  lost: number;
  cursor: string;
}

/** Every notification by its method. Others are ignored, as the protocol asks. */
export interface Notifications {
  welcome: Welcome;
  streams: { streams: Stream[]; ended: StreamEnd[] };
  samples: JsonSamples;
  board: { board?: Board; gone?: string };
  link: { board: string; link: Link | null };
  loss: Loss;
  lease: { cause: string; leases: Lease[]; t_s: number };
  driven: { drivers: SetBy[]; ended: string[]; t_s: number };
  stop: { board: string; stopped: boolean; t_s: number; session: string | null; principal: string | null };
  log: { board: string; text: string; t_s: number; checked: boolean };
  event: { kind: string; board: string | null; text: string; t_s: number };
  recording: { recording: Recording };
}

export type Notification = { [M in keyof Notifications]: { kind: "notification"; method: M; params: Notifications[M] } }[keyof Notifications];

/** The closed list of docs/reference/errors.md, and `lost` (the connection was gone before the answer came). */
export type Reason =
  | "bad_request"
  | "unknown_method"
  | "unknown_board"
  | "unknown_channel"
  | "unknown_command"
  | "unknown_subscription"
  | "ambiguous_board"
  | "wrong_mode"
  | "wrong_type"
  | "out_of_range"
  | "rate_too_high"
  | "timer_in_use"
  | "read_only"
  | "leased"
  | "not_allowed"
  | "offline"
  | "stopped"
  | "timeout"
  | "refused"
  | "unknown_outcome"
  | "key_reused"
  | "cursor_expired"
  | "too_many"
  | "too_large"
  | "internal"
  | "lost";

/** The answer to `get`. `stale`: the board is not live, or the value is older than it should be. */
export interface ValueNow {
  channel: string;
  value: Value;
  unit: string;
  t_s: number;
  age_s: number;
  stale: boolean;
}

/** Why a request was not done: `reason` is one of the closed list of docs/reference/errors.md, or `lost`. */
export interface Refusal {
  reason: string;
  message: string;
  hint: string;
}
