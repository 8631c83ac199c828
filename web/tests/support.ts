/** What the tests share: the gateway's vectors, a board to talk about, a clock in the hand. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Socket, Surroundings, Transport } from "../src/client.js";
import type { Board, Channel, Json, Notification, Refusal, Stream } from "../src/protocol.js";

export interface FrameVector {
  name: string;
  stream: Stream;
  frame: string;
  decoded: {
    number: number;
    seq: number;
    t0_s: number;
    count: number;
    lost: number;
    times_s: number[] | null;
    columns: number[][];
    cursor: string;
  };
  samples: { [key: string]: Json };
}

export interface Vectors {
  frames: FrameVector[];
  bad_frames: { name: string; frame: string; why: string }[];
  notifications: { jsonrpc: "2.0"; method: string; params: { [key: string]: Json } }[];
}

/** The vectors lie in the repository's tests/vectors; tests run from web/build/tests. */
export function vectors(): Vectors {
  const web = dirname(dirname(dirname(process.argv[1]!)));
  const path = join(web, "..", "tests", "vectors", "gateway.json");
  return JSON.parse(readFileSync(path, "utf8")) as Vectors;
}

export function bytes(hex: string): ArrayBuffer {
  const buffer = Buffer.from(hex, "hex");
  return buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) as ArrayBuffer;
}

export function channel(name: string, more: Partial<Channel> = {}): Channel {
  return {
    channel: `greenhouse/${name}`,
    name,
    type: "int",
    mode: "analog",
    unit: "count",
    pin: name,
    output: false,
    claimed: false,
    events: false,
    momentary: false,
    scale: 1,
    offset: 0,
    minimum: null,
    maximum: null,
    labels: [],
    hold: null,
    hold_ms: 0,
    safe: null,
    bits: 10,
    effective_bits: 10,
    rate_hz: 100,
    ...more,
  };
}

export function board(channels: Channel[], more: Partial<Board> = {}): Board {
  return {
    id: "greenhouse",
    name: "greenhouse",
    port: "/dev/ttyACM0",
    state: "live",
    reason: "",
    stopped: false,
    since_t_s: 0,
    descriptor: {
      name: "greenhouse",
      mcu: "ATmega328P",
      firmware: { wire: 1, version: "1.0.0", identity: "0", reset_cause: "external" },
      pins: [],
      channels,
      aliases: {},
    },
    ...more,
  };
}

export function welcome(boards: Board[], more: { life?: string; t_s?: number } = {}): Notification {
  const { life = "7f3a", t_s = 1000 } = more;
  return {
    kind: "notification",
    method: "welcome",
    params: { protocol: "ardugate.v1", gateway: { version: "0.1.0", life }, session: "c_1", principal: "token", role: "control", t_s, boards },
  };
}

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  onmessage: ((data: unknown) => void) | null = null;
  onclose: ((refusal: Refusal | null) => void) | null = null;
  readonly sent: { id: number; method: string; params: { [key: string]: Json } }[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as (typeof this.sent)[number]);
  }

  close(): void {
    this.closed = true;
  }

  /** The newest request of that method. */
  request(method: string): (typeof this.sent)[number] {
    const found = this.sent.filter((request) => request.method === method).at(-1);
    if (!found) throw new Error(`nobody asked for ${method}`);
    return found;
  }

  notify(notification: Notification): void {
    const { method, params } = notification;
    this.onmessage?.(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  answer(id: number, result: Json): void {
    this.onmessage?.(JSON.stringify({ jsonrpc: "2.0", id, result }));
  }

  refuse(id: number, reason: string): void {
    this.onmessage?.(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32000, message: `it is ${reason}`, data: { reason, hint: "" } } }));
  }
}

/** Surroundings with a clock in the hand: time passes when the test says so. */
export class FakeWorld implements Surroundings {
  readonly sockets: FakeSocket[] = [];
  now_ms = 0;
  private timers: { at_ms: number; callback: () => void }[] = [];

  /** One way to the gateway unless a test has more. */
  transports: Transport[] = [this.way("websocket")];

  way(name: Transport["name"]): Transport {
    return {
      name,
      open: () => {
        const socket = new FakeSocket();
        this.sockets.push(socket);
        return socket;
      },
    };
  }

  later(callback: () => void, delay_ms: number): () => void {
    const timer = { at_ms: this.now_ms + delay_ms, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((each) => each !== timer);
    };
  }

  random(): number {
    return 1;
  }

  pass(milliseconds: number): void {
    this.now_ms += milliseconds;
    const due = this.timers.filter((timer) => timer.at_ms <= this.now_ms);
    this.timers = this.timers.filter((timer) => timer.at_ms > this.now_ms);
    for (const timer of due) timer.callback();
  }
}

/** Lets promises that are settled go on. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
