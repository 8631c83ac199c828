/**
 * The gateway protocol `ardugate.v1` (docs/reference/gateway.md): its text messages and its binary frames. Touches no DOM.
 * What a gateway sends that this page does not allow comes back as a Fault, never as an exception.
 */
import type { Json, Notification, Notifications, Refusal } from "./shapes.js";

export type * from "./shapes.js";

export const SUBPROTOCOL = "ardugate.v1";

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
  "driven",
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
