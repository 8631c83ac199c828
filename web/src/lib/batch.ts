/** Samples as a page gets them: values in their units, whichever dialect they came in. Touches no DOM. */
import type { JsonSamples, SamplesFrame, Stream, StreamChannel, Value } from "../protocol.js";

/** One channel's values in a batch: numbers as numbers (NaN: missing), all else as it is (null: missing). */
export type Values = Float64Array | Value[];

/** Of an envelope: what each value stands for lies between these. */
export interface Ends {
  min: Float64Array;
  max: Float64Array;
}

/** Consecutive scans of one stream. */
export interface Batch {
  board: string;
  stream: string;
  seq: number;
  /** Why this stream followed the one before: `boot rate mode gap clock line`. */
  cause: string;
  /** Scans missing on board and wire just before. */
  lost: number;
  /** When each scan was taken, Unix seconds; a channel's own time is its `offset_s` later. */
  t_s: Float64Array;
  channels: readonly StreamChannel[];
  columns: { [address: string]: Values | Ends };
  cursor: string;
}

/** Reads a binary frame of `stream`. */
export function batchOfFrame(stream: Stream, frame: SamplesFrame): Batch {
  const { scans, cursor, seq, lost } = frame;
  const t_s = frame.times_s ? Float64Array.from(frame.times_s) : timesOf(frame.t0_s, stream.dt_s ?? 0, scans);
  const columns: Batch["columns"] = {};
  const envelope = stream.form === "envelope";
  stream.channels.forEach((channel, index) => {
    const scaled = (column: ArrayLike<number> | undefined): Float64Array => Float64Array.from(column ?? [], (raw) => raw * channel.scale + channel.offset);
    if (envelope) columns[channel.channel] = { min: scaled(frame.columns[index]), max: scaled(frame.columns[index + stream.channels.length]) };
    else columns[channel.channel] = meant(channel, scaled(frame.columns[index]));
  });
  return { board: stream.board, stream: stream.stream, cause: stream.cause, seq, lost, t_s, channels: stream.channels, columns, cursor };
}

/** Reads `samples` of the JSON dialect. */
export function batchOfJson(stream: Stream, samples: JsonSamples): Batch {
  const columns: Batch["columns"] = {};
  let scans = 0;
  for (const channel of stream.channels) {
    const column = samples.columns[channel.channel] as unknown as Value[] | { min: Value[]; max: Value[] } | undefined;
    if (column === undefined) continue;
    if (Array.isArray(column)) columns[channel.channel] = isNumeric(channel) ? numbers(column) : column;
    else columns[channel.channel] = { min: numbers(column.min), max: numbers(column.max) };
    scans = Array.isArray(column) ? column.length : column.min.length;
  }
  const t_s = samples.t_s ? Float64Array.from(samples.t_s) : timesOf(samples.t0_s ?? 0, samples.dt_s ?? 0, scans);
  const { seq, lost, cursor } = samples;
  return { board: stream.board, stream: stream.stream, cause: stream.cause, seq, lost, t_s, channels: stream.channels, columns, cursor };
}

/** The newest value of a column, null where it is missing. */
export function newestOf(column: Values | Ends): Value {
  const values = "max" in column ? column.max : column;
  const value = values.at(-1) ?? null;
  return typeof value === "number" && Number.isNaN(value) ? null : value;
}

function isNumeric(channel: StreamChannel): boolean {
  return channel.type === "int" || channel.type === "float";
}

function numbers(column: Value[]): Float64Array {
  return Float64Array.from(column, (value) => (typeof value === "number" ? value : Number.NaN));
}

/** Numbers of a binary column as what the channel's type means by them. */
function meant(channel: StreamChannel, values: Float64Array): Values {
  if (channel.type === "bool") return Array.from(values, (value) => value !== 0);
  if (channel.type === "enum") return Array.from(values, (value) => channel.labels[value] ?? value);
  return values;
}

function timesOf(t0_s: number, dt_s: number, scans: number): Float64Array {
  return Float64Array.from({ length: scans }, (_, scan) => t0_s + scan * dt_s);
}
