/**
 * The conversation with the gateway: one connection that comes back by itself, over the best way that works; requests
 * with answers; subscriptions that go on where they were. What it needs of its surroundings is handed in.
 */
import { parseFrame, parseText, serializeRequest } from "./protocol.js";
import type { Json, Notification, Reason, Refusal, SamplesFrame, Stream, Welcome } from "./protocol.js";

/** What the client uses of a connection. `onclose` is told why, where a plain answer said it. */
export interface Socket {
  send(text: string): void;
  close(): void;
  onmessage: ((data: unknown) => void) | null;
  onclose: ((refusal: Refusal | null) => void) | null;
}

export type TransportName = "websocket" | "sse" | "poll";

/** A way to the gateway. */
export interface Transport {
  readonly name: TransportName;
  open(): Socket;
}

/** The client's surroundings: a browser's, or a test's. */
export interface Surroundings {
  /** The ways to the gateway, best first. */
  readonly transports: readonly Transport[];
  /** Calls back after so many milliseconds; the result cancels that. */
  later(callback: () => void, delay_ms: number): () => void;
  /** A number in [0, 1). */
  random(): number;
}

export type ConnectionState = "connecting" | "open" | "lost";

/** Receives what happens, in the order in which it happens. */
export interface Listener {
  /** `refusal`: why the gateway does not let this client in, where it said so. */
  connectionChanged(state: ConnectionState, everOpened: boolean, refusal: Refusal | null): void;
  notificationReceived(notification: Notification): void;
  frameReceived(frame: SamplesFrame): void;
  faultCounted(detail: string): void;
}

/** A request that was not done: why, and what would help. */
export class RequestFailed extends Error {
  override name = "ArdugateError";
  readonly reason: Reason;
  readonly hint: string;
  constructor(readonly refusal: Refusal) {
    super(refusal.message || refusal.reason);
    // A gateway that is newer may know more: those look like any other string.
    this.reason = refusal.reason as Reason;
    this.hint = refusal.hint;
  }
}

/** What a client wants to be told of, for as long as it is kept: it goes on after a reconnect. */
export interface Subscription {
  readonly params: Params;
  /** The gateway's name for it, null while there is none. */
  id: string | null;
  /** The place behind the last samples of it. */
  cursor: string | null;
}

type Params = { [key: string]: Json };

/** First and longest wait before another attempt; between them it doubles. A local gateway is back within a second. */
export const FIRST_WAIT_MS = 250;
export const LONGEST_WAIT_MS = 4000;
/** The gateway answers within milliseconds; a board's answer may take the resends of the link. */
export const ANSWER_MS = 8000;
/** Without any message for so long after asking for one, the connection is dead, whatever TCP says. */
export const SILENCE_MS = 5000;
/** A way that has not led to a welcome after so long is not waited for alone: three of them take less than 3 s. */
export const NEXT_WAY_MS = 1200;

interface Pending {
  resolve(result: Json | undefined): void;
  reject(error: RequestFailed): void;
  cancel(): void;
}

const LOST: Refusal = { reason: "lost", message: "the connection to the gateway was lost", hint: "look at it again before asking for the same once more" };
const LATE: Refusal = { reason: "timeout", message: "the gateway did not answer", hint: "" };

export class Client {
  state: ConnectionState = "connecting";
  welcome: Welcome | null = null;
  /** The way that leads to the gateway, null while there is none. */
  transport: TransportName | null = null;
  private socket: Socket | null = null;
  /** Ways that were begun, of which the first that brings a welcome is taken. */
  private tried: Socket[] = [];
  private nextWay = 0;
  private cancelNextWay = (): void => undefined;
  private refusal: Refusal | null = null;
  private everOpened = false;
  private nextId = 1;
  private wait_ms = FIRST_WAIT_MS;
  private heard = 0;
  private ended = false;
  private readonly pending = new Map<number, Pending>();
  private readonly kept = new Set<Subscription>();
  /** Which subscriptions a stream serves, by its id and by its number; and the number of an id. */
  private readonly served = new Map<string | number, readonly Subscription[]>();
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly around: Surroundings,
    private readonly listener: Listener,
  ) {}

  /** Opens the connection, and from then on keeps it open. */
  start(): void {
    this.nextWay = 0;
    this.refusal = null;
    this.tryNext();
  }

  /** Ends the connection for good. */
  stop(): void {
    this.ended = true;
    this.cancelNextWay();
    for (const socket of this.tried) socket.close();
    this.socket?.close();
    this.socket = null;
    this.failPending();
    this.change("lost");
  }

  /**
   * Subscribes, now if there is a connection, and again after each reconnect. `begun` is rejected when the gateway
   * refuses, or the connection is lost first; it comes back all the same.
   */
  keep(params: Params): { subscription: Subscription; begun: Promise<void> } {
    const subscription: Subscription = { params, id: null, cursor: null };
    this.kept.add(subscription);
    return { subscription, begun: this.state === "open" ? this.subscribe(subscription) : Promise.resolve() };
  }

  /** Ends a subscription. */
  drop(subscription: Subscription): void {
    this.kept.delete(subscription);
    // It ends with the connection in any case.
    if (subscription.id !== null && this.state === "open") this.request("unsubscribe", { subscription: subscription.id }).catch(() => undefined);
  }

  /** The subscriptions that a stream serves, by its id or its number. */
  subscriptionsOf(stream: string | number): readonly Subscription[] {
    return this.served.get(stream) ?? [];
  }

  /**
   * Sends a request and waits for its answer. A request is never sent twice: if the connection is lost before the answer,
   * it fails with `lost`, and whoever asked decides. `answer_ms` null: it may take as long as it likes.
   */
  request(method: string, params: Params = {}, answer_ms: number | null = ANSWER_MS): Promise<Json | undefined> {
    return new Promise((resolve, reject) => this.send(method, params, answer_ms, resolve, reject));
  }

  /** Sends `method` as a sign of life is wanted: if nothing at all is heard within SILENCE_MS, the connection is given up. */
  probe(method: string): Promise<Json | undefined> {
    const socket = this.socket;
    const before = this.heard;
    this.around.later(() => {
      if (socket !== null && this.socket === socket && this.heard === before) this.closed(null);
    }, SILENCE_MS);
    return this.request(method);
  }

  private send(method: string, params: Params, answer_ms: number | null, resolve: Pending["resolve"], reject: Pending["reject"]): void {
    const socket = this.socket;
    if (this.state !== "open" || socket === null) return reject(new RequestFailed(LOST));
    const id = this.nextId++;
    const late = (): void => {
      this.pending.delete(id);
      reject(new RequestFailed(LATE));
    };
    const cancel = answer_ms === null ? (): void => undefined : this.around.later(late, answer_ms);
    this.pending.set(id, { resolve, reject, cancel });
    socket.send(serializeRequest(id, method, params));
  }

  /** Begins the next way; the ones before go on until one of them brings a welcome. */
  private tryNext(): void {
    this.cancelNextWay();
    const way = this.around.transports[this.nextWay];
    if (way === undefined) {
      if (this.tried.length === 0) this.closed(this.refusal);
      return;
    }
    this.nextWay += 1;
    const socket = way.open();
    this.tried.push(socket);
    socket.onmessage = (data) => {
      if (this.socket === socket) this.received(data);
      else if (this.tried.includes(socket)) this.take(socket, way.name, data);
    };
    socket.onclose = (refusal) => {
      if (this.socket === socket) return this.closed(refusal);
      this.refusal ??= refusal;
      if (!this.tried.includes(socket)) return;
      this.tried = this.tried.filter((each) => each !== socket);
      this.tryNext();
    };
    this.cancelNextWay = this.around.later(() => this.tryNext(), NEXT_WAY_MS);
  }

  /** The first word on a way that leads to the gateway: it is the one from here on. */
  private take(socket: Socket, name: TransportName, data: unknown): void {
    this.cancelNextWay();
    const others = this.tried.filter((each) => each !== socket);
    this.tried = [];
    for (const other of others) other.close();
    this.socket = socket;
    this.transport = name;
    this.received(data);
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
        this.mark(frame.number, frame.cursor);
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
    if (notification.method === "streams") this.note(notification.params.streams);
    if (notification.method === "samples") this.mark(notification.params.stream, notification.params.cursor);
    this.listener.notificationReceived(notification);
    if (notification.method !== "streams") return;
    for (const { stream } of notification.params.ended) this.forget(stream);
  }

  private note(streams: readonly Stream[]): void {
    for (const stream of streams) {
      const served = [...this.kept].filter((each) => each.id !== null && stream.subscriptions?.includes(each.id));
      this.served.set(stream.stream, served).set(stream.number, served);
      this.numbers.set(stream.stream, stream.number);
    }
  }

  private forget(stream: string): void {
    this.served.delete(this.numbers.get(stream) ?? stream);
    this.served.delete(stream);
    this.numbers.delete(stream);
  }

  private mark(stream: string | number, cursor: string): void {
    for (const subscription of this.subscriptionsOf(stream)) subscription.cursor = cursor;
  }

  /** The gateway speaks: the connection counts as open from here, and the subscriptions go on. */
  private welcomed(welcome: Welcome): void {
    const otherLife = this.welcome?.gateway.life !== welcome.gateway.life;
    this.served.clear();
    this.numbers.clear();
    this.welcome = welcome;
    this.wait_ms = FIRST_WAIT_MS;
    this.everOpened = true;
    this.change("open");
    for (const subscription of this.kept) {
      subscription.id = null;
      if (otherLife) subscription.cursor = null;
      this.subscribe(subscription).catch((error: RequestFailed) => {
        if (error.reason !== "lost") this.listener.faultCounted(`subscribe: ${error.message}`);
      });
    }
  }

  private subscribe(subscription: Subscription): Promise<void> {
    const { params, cursor } = subscription;
    return new Promise((resolve, reject) => {
      // At once, not a moment later: what follows the answer may be of these streams.
      const subscribed = (result: Json | undefined): void => {
        const { subscription: id, streams } = result as unknown as { subscription: string; streams: Stream[] };
        subscription.id = id;
        this.notified({ kind: "notification", method: "streams", params: { streams, ended: [] } });
        resolve();
        if (!this.kept.has(subscription)) this.drop(subscription);
      };
      const refused = (error: RequestFailed): void => {
        if (error.reason !== "cursor_expired") return reject(error);
        subscription.cursor = null;
        this.subscribe(subscription).then(resolve, reject);
      };
      this.send("subscribe", cursor === null ? params : { ...params, cursor }, ANSWER_MS, subscribed, refused);
    });
  }

  /** The connection, or the attempt to make one, is over. */
  private closed(refusal: Refusal | null): void {
    const socket = this.socket;
    this.socket = null;
    this.transport = null;
    this.refusal = refusal;
    socket?.close();
    this.failPending();
    if (this.ended) return;
    this.change("lost");
    // Half of the wait is by chance, so that many pages do not come back in one moment.
    const wait = this.wait_ms * (0.5 + 0.5 * this.around.random());
    this.wait_ms = Math.min(this.wait_ms * 2, LONGEST_WAIT_MS);
    this.around.later(() => {
      if (!this.ended) this.start();
    }, wait);
  }

  private failPending(): void {
    const waiting = [...this.pending.values()];
    this.pending.clear();
    for (const pending of waiting) {
      pending.cancel();
      pending.reject(new RequestFailed(LOST));
    }
  }

  private change(state: ConnectionState): void {
    this.state = state;
    this.listener.connectionChanged(state, this.everOpened, this.refusal);
  }
}
