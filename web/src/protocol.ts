/**
 * The gateway protocol `ardugate.v1` (docs/reference/gateway.md): the shapes of its messages and its binary frames.
 * Imports nothing and touches no DOM. What a gateway sends that this page does not allow comes back as a Fault,
 * never as an exception.
 */

export const SUBPROTOCOL = "ardugate.v1";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
/** A channel's value as messages carry it; null means "missing". */
export type Value = boolean | number | string | null;
export type ValueType = "bool" | "int" | "float" | "enum" | "text";
export type Role = "view" | "control" | "admin";
export type Hold = "client" | "link" | "board";
export type BoardState = "connecting" | "live" | "silent" | "down" | "lent" | "other_sketch" | "blocked" | "replay";

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

export interface Receipt {
  channel: string;
  asked: Value;
  value: Value;
  accepted_t_s: number;
  executed_t_s: number;
  hold: Hold | null;
  until_s?: number | null;
}

/** What a command gave back when it had ended. */
export interface CallReceipt {
  result?: Value;
  unit?: string;
  accepted_t_s: number;
  executed_t_s: number;
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

/** The answer to `get`. */
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

/**
 * Why a request was not done, null for any other error. Asks for what it says and not for its class: a page's
 * components and its own script may have come with a copy of the client each.
 */
export function refusalIn(error: unknown): Refusal | null {
  return error instanceof Error && "refusal" in error ? (error.refusal as Refusal) : null;
}

export interface Answer {
  kind: "answer";
  id: number;
  result: Json | undefined;
  error: Refusal | null;
}

/** Something from the gateway that this page cannot use. */
export interface Fault {
  kind: "fault";
  detail: string;
}

export interface Unknown {
  kind: "unknown";
}

export type Column = Uint8Array | Uint16Array | Int16Array | Int32Array | Float32Array;

/** A binary batch of samples, its columns viewed in place. Raw: value = raw × scale + offset of the stream's channel. */
export interface SamplesFrame {
  kind: "samples";
  number: number;
  seq: number;
  t0_s: number;
  scans: number;
  lost: number;
  times_s: Float64Array | null;
  columns: Column[];
  cursor: string;
}

const METHODS: ReadonlySet<string> = new Set<keyof Notifications>([
  "welcome",
  "streams",
  "samples",
  "board",
  "link",
  "loss",
  "lease",
  "stop",
  "log",
  "event",
  "recording",
]);

const HEADER_BYTES = 40;
const KIND_SAMPLES = 1;
const FLAG_TIMES = 1;

const COLUMN_TYPES: ReadonlyMap<number, new (buffer: ArrayBuffer, at: number, length: number) => Column> = new Map<
  number,
  new (buffer: ArrayBuffer, at: number, length: number) => Column
>([
  [1, Uint8Array],
  [2, Uint16Array],
  [3, Int16Array],
  [4, Int32Array],
  [5, Float32Array],
]);

const COLUMN_BYTES: readonly number[] = [0, 1, 2, 2, 4, 4];

function fault(detail: string): Fault {
  return { kind: "fault", detail };
}

function isObject(value: unknown): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads one text frame: an answer, a notification, something newer than this page, or a fault. */
export function parseText(text: string): Answer | Notification | Unknown | Fault {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return fault("a text frame that is no JSON");
  }
  if (!isObject(message)) return fault("a message that is no object");
  if (typeof message["method"] === "string") {
    if (!METHODS.has(message["method"])) return { kind: "unknown" };
    if (!isObject(message["params"])) return fault(`a notification without params: ${message["method"]}`);
    return { kind: "notification", method: message["method"], params: message["params"] } as unknown as Notification;
  }
  if (typeof message["id"] !== "number") return fault("a message that is neither answer nor notification");
  const error = message["error"];
  return {
    kind: "answer",
    id: message["id"],
    result: message["result"],
    error: error === undefined ? null : refusal(error),
  };
}

function refusal(error: unknown): Refusal {
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const body = isObject(error) ? error : {};
  const data = isObject(body["data"]) ? body["data"] : {};
  return { reason: text(data["reason"]) || "internal", message: text(body["message"]), hint: text(data["hint"]) };
}

/** Writes one request. */
export function serializeRequest(id: number, method: string, params: { [key: string]: Json }): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** Reads one binary frame (gateway.md, section 6). The columns are views of `buffer`, which must not be changed. */
export function parseFrame(buffer: ArrayBuffer): SamplesFrame | Unknown | Fault {
  if (buffer.byteLength < 1) return fault("an empty binary frame");
  const view = new DataView(buffer);
  if (view.getUint8(0) !== KIND_SAMPLES) return { kind: "unknown" };
  if (buffer.byteLength < HEADER_BYTES) return fault(`expected a header of ${HEADER_BYTES} bytes, got ${buffer.byteLength}`);
  const dtype = view.getUint8(1);
  const Type = COLUMN_TYPES.get(dtype);
  if (Type === undefined) return fault(`unknown dtype ${dtype}`);
  const count = view.getUint16(2, true);
  const scans = view.getUint32(24, true);
  const hasTimes = (view.getUint8(32) & FLAG_TIMES) !== 0;
  const cursorBytes = view.getUint16(34, true);
  const columnBytes = Math.ceil((scans * COLUMN_BYTES[dtype]!) / 8) * 8;
  const expected = HEADER_BYTES + (hasTimes ? scans * 8 : 0) + count * columnBytes + cursorBytes;
  if (buffer.byteLength !== expected) return fault(`expected ${expected} bytes, got ${buffer.byteLength}`);
  let at = HEADER_BYTES;
  const times_s = hasTimes ? new Float64Array(buffer, at, scans) : null;
  if (times_s) at += scans * 8;
  const columns: Column[] = [];
  for (let column = 0; column < count; column += 1, at += columnBytes) columns.push(new Type(buffer, at, scans));
  return {
    kind: "samples",
    number: view.getUint32(4, true),
    seq: Number(view.getBigUint64(8, true)),
    t0_s: view.getFloat64(16, true),
    scans,
    lost: view.getUint32(28, true),
    times_s,
    columns,
    cursor: String.fromCharCode(...new Uint8Array(buffer, at, cursorBytes)),
  };
}
