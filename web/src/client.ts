/**
 * The conversation with the gateway: one WebSocket that comes back by itself, requests with answers, a subscription that
 * goes on where it was. Depends on nothing but the protocol; what it needs of its surroundings is handed in.
 */
import { parseFrame, parseText, serializeRequest, SUBPROTOCOL } from "./protocol.js";
import type { Json, Notification, Refusal, SamplesFrame, Stream, Welcome } from "./protocol.js";

/** What the client uses of a WebSocket. */
export interface Socket {
  binaryType: string;
  send(text: string): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
}

/** The client's surroundings: a browser's, or a test's. */
export interface Surroundings {
  open(url: string, subprotocol: string): Socket;
  /** Calls back after so many milliseconds; the result cancels that. */
  later(callback: () => void, delay_ms: number): () => void;
  /** A number in [0, 1). */
  random(): number;
}

export type ConnectionState = "connecting" | "open" | "lost";

/** Receives what happens, in the order in which it happens. */
export interface Listener {
  connectionChanged(state: ConnectionState, everOpened: boolean): void;
  notificationReceived(notification: Notification): void;
  frameReceived(frame: SamplesFrame): void;
  faultCounted(detail: string): void;
}

/** A request that was not done. */
export class RequestFailed extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message || refusal.reason);
  }
}

/** First and longest wait before another attempt; between them it doubles. A local gateway is back within a second. */
export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 4000;
/** The gateway answers within milliseconds; a board's answer may take the resends of the link. */
export const ANSWER_MS = 8000;
/** Without any message for so long after asking for one, the connection is dead, whatever TCP says. */
export const SILENCE_MS = 5000;

interface Pending {
  resolve(result: Json | undefined): void;
  reject(error: RequestFailed): void;
  cancel(): void;
}

const LOST: Refusal = { reason: "lost", message: "the connection to the gateway was lost", hint: "" };
const LATE: Refusal = { reason: "timeout", message: "the gateway did not answer", hint: "" };

export class Client {
  state: ConnectionState = "connecting";
  welcome: Welcome | null = null;
  private socket: Socket | null = null;
  private everOpened = false;
  private nextId = 1;
  private wait_ms = FIRST_WAIT_MS;
  private cursor: string | null = null;
  private heard = 0;
  private ended = false;
  private readonly pending = new Map<number, Pending>();

  constructor(
    private readonly url: string,
    private readonly around: Surroundings,
    private readonly listener: Listener,
    private readonly subscription: { [key: string]: Json },
  ) {}

  /** Opens the connection, and from then on keeps it open. */
  start(): void {
    const socket = this.around.open(this.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => {
      if (this.socket === socket) this.received(event.data);
    };
    socket.onclose = () => {
      if (this.socket === socket) this.closed();
    };
    this.socket = socket;
  }

  /** Ends the connection for good. */
  stop(): void {
    this.ended = true;
    this.socket?.close();
  }

  /**
   * Sends a request and waits for its answer. A request is never sent twice: if the connection is lost before the answer,
   * it fails with `lost`, and whoever asked decides. `answer_ms` null: it may take as long as it likes.
   */
  request(method: string, params: { [key: string]: Json } = {}, answer_ms: number | null = ANSWER_MS): Promise<Json | undefined> {
    const socket = this.socket;
    if (this.state !== "open" || socket === null) return Promise.reject(new RequestFailed(LOST));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const late = (): void => {
        this.pending.delete(id);
        reject(new RequestFailed(LATE));
      };
      const cancel = answer_ms === null ? (): void => undefined : this.around.later(late, answer_ms);
      this.pending.set(id, { resolve, reject, cancel });
      socket.send(serializeRequest(id, method, params));
    });
  }

  /** Sends `method` as a sign of life is wanted: if nothing at all is heard within SILENCE_MS, the connection is given up. */
  probe(method: string): Promise<Json | undefined> {
    const socket = this.socket;
    const before = this.heard;
    this.around.later(() => {
      if (this.socket === socket && this.state === "open" && this.heard === before) this.closed();
    }, SILENCE_MS);
    return this.request(method);
  }

  private received(data: unknown): void {
    this.heard += 1;
    if (typeof data === "string") {
      const message = parseText(data);
      if (message.kind === "answer") this.answered(message.id, message.result, message.error);
      else if (message.kind === "notification") this.notified(message);
      else if (message.kind === "fault") this.listener.faultCounted(message.detail);
    } else if (data instanceof ArrayBuffer) {
      const frame = parseFrame(data);
      if (frame.kind === "samples") {
        this.cursor = frame.cursor;
        this.listener.frameReceived(frame);
      } else if (frame.kind === "fault") this.listener.faultCounted(frame.detail);
    }
  }

  private answered(id: number, result: Json | undefined, error: Refusal | null): void {
    const pending = this.pending.get(id);
    if (!pending) return;
    this.pending.delete(id);
    pending.cancel();
    if (error) pending.reject(new RequestFailed(error));
    else pending.resolve(result);
  }

  private notified(notification: Notification): void {
    if (notification.method === "welcome") this.welcomed(notification.params);
    if (notification.method === "samples") this.cursor = notification.params.cursor;
    this.listener.notificationReceived(notification);
  }

  /** The gateway speaks: the connection counts as open from here, and the subscription goes on. */
  private welcomed(welcome: Welcome): void {
    if (this.welcome?.gateway.life !== welcome.gateway.life) this.cursor = null;
    this.welcome = welcome;
    this.wait_ms = FIRST_WAIT_MS;
    this.everOpened = true;
    this.change("open");
    void this.subscribe(this.cursor);
  }

  private async subscribe(cursor: string | null): Promise<void> {
    const params = cursor === null ? this.subscription : { ...this.subscription, cursor };
    try {
      const result = await this.request("subscribe", params);
      const { streams } = result as unknown as { streams: Stream[] };
      this.listener.notificationReceived({ kind: "notification", method: "streams", params: { streams, ended: [] } });
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      if (error.refusal.reason === "cursor_expired") await this.subscribe(null);
      else if (error.refusal.reason !== "lost") this.listener.faultCounted(`subscribe: ${error.message}`);
    }
  }

  private closed(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    for (const pending of this.pending.values()) {
      pending.cancel();
      pending.reject(new RequestFailed(LOST));
    }
    this.pending.clear();
    if (this.ended) return;
    this.change("lost");
    // Half of the wait is by chance, so that many pages do not come back in one moment.
    const wait = this.wait_ms * (0.5 + 0.5 * this.around.random());
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    this.around.later(() => {
      if (!this.ended) this.start();
    }, wait);
  }

  private change(state: ConnectionState): void {
    this.state = state;
    this.listener.connectionChanged(state, this.everOpened);
  }
}
