/**
 * A gateway's connection over plain HTTP (docs/reference/http.md, "Without a WebSocket"), in the shape of a WebSocket that
 * speaks `ardugate.v1.json`: requests are posted, notifications come in feeds, one a subscription and one for all the rest.
 */
import type { Socket } from "./client.js";
import type { Json, Refusal } from "./protocol.js";

/** Feeds beside the one for the rest: a browser has six connections to a host, and requests need one. */
const MAX_FEEDS = 4;
/** What comes by a subscription's own feed; all else comes by the first. */
const OF_A_SUBSCRIPTION: ReadonlySet<string> = new Set(["streams", "samples", "loss"]);
/** The first feed is not there for samples: of each stream the newest scan, a few times an hour. */
const QUIET: Params = { form: "latest", max_hz: 0.001 };
/** The gateway waits so long with an empty answer. */
const POLL_WAIT_S = 25;
const LOST: Refusal = { reason: "lost", message: "the connection to the gateway was lost", hint: "" };

type Params = { [key: string]: Json };
interface Message {
  jsonrpc: string;
  method: string;
  params: Params;
}

/** One stream of notifications. */
interface Feed {
  /** Before its stream ids: two feeds may have the same one. */
  prefix: string;
  subscription: string | null;
  streams: Set<string>;
  gone: AbortController;
}

export class HttpSocket implements Socket {
  onmessage: ((data: unknown) => void) | null = null;
  onclose: ((refusal: Refusal | null) => void) | null = null;
  private readonly feeds = new Map<string, Feed>();
  private readonly gone = new AbortController();
  private count = 0;

  constructor(
    private readonly base: URL,
    private readonly token: string | null,
    private readonly kind: "sse" | "poll",
  ) {
    const feed = this.newFeed(null);
    this.run(feed, QUIET, () => undefined).catch((error: unknown) => this.end(refusalOf(error)));
  }

  send(text: string): void {
    const request = JSON.parse(text) as { id: number; method: string; params: Params };
    const { id, method, params } = request;
    if (method === "subscribe") this.subscribe(id, params);
    else if (method === "unsubscribe") this.unsubscribe(id, String(params["subscription"]));
    // Each request is a connection of its own here: a lease that ended with it would be none.
    else if (method === "lease_take") void this.post(id, JSON.stringify({ ...request, params: { ...params, keep: true } }));
    else void this.post(id, text);
  }

  close(): void {
    this.onclose = this.onmessage = null;
    this.gone.abort();
    for (const feed of this.feeds.values()) feed.gone.abort();
  }

  private async post(id: number, text: string): Promise<void> {
    try {
      const headers = { ...this.headers(), "Content-Type": "application/json" };
      const response = await fetch(new URL("api/v1/rpc", this.base), { method: "POST", headers, body: text, signal: this.gone.signal });
      if (!response.ok) await refuse(response);
      this.onmessage?.(await response.text());
    } catch (error) {
      this.answer(id, { error: wireError(refusalOf(error) ?? LOST) });
    }
  }

  private subscribe(id: number, params: Params): void {
    if (this.feeds.size > MAX_FEEDS) {
      const refusal = { reason: "too_many", message: `${MAX_FEEDS} subscriptions go over plain HTTP`, hint: "name more channels in one" };
      this.answer(id, { error: wireError(refusal) });
      return;
    }
    const feed = this.newFeed(`h${this.count + 1}`);
    let begun = false;
    const begin = (): void => {
      if (!begun) this.answer(id, { result: { subscription: feed.subscription, streams: [] } });
      begun = true;
    };
    this.run(feed, params, begin).catch((error: unknown) => {
      if (feed.gone.signal.aborted) return;
      const refusal = refusalOf(error);
      if (begun || refusal === null) return this.end(refusal);
      this.feeds.delete(feed.subscription!);
      this.answer(id, { error: wireError(refusal) });
    });
  }

  private unsubscribe(id: number, subscription: string): void {
    const feed = this.feeds.get(subscription);
    if (feed === undefined) {
      this.answer(id, { error: wireError({ reason: "unknown_subscription", message: `there is no ${subscription}`, hint: "" }) });
      return;
    }
    feed.gone.abort();
    this.feeds.delete(subscription);
    this.answer(id, { result: { subscription } });
    const ended = [...feed.streams].map((stream) => ({ stream, cause: "unsubscribed", t_s: Date.now() / 1000 }));
    this.say({ jsonrpc: "2.0", method: "streams", params: { streams: [], ended } });
  }

  private newFeed(subscription: string | null): Feed {
    this.count += 1;
    const feed = { prefix: `${this.count}:`, subscription, streams: new Set<string>(), gone: new AbortController() };
    this.feeds.set(subscription ?? "", feed);
    return feed;
  }

  /** Reads a feed to its end; `begun` hears that the gateway agreed. Throws what ended it. */
  private async run(feed: Feed, params: Params, begun: () => void): Promise<void> {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(params)) query.set(name, Array.isArray(value) ? value.join(",") : String(value));
    await (this.kind === "sse" ? this.listen(feed, query, begun) : this.poll(feed, query, begun));
    throw new Error("it ended");
  }

  private async listen(feed: Feed, query: URLSearchParams, begun: () => void): Promise<void> {
    const response = await this.fetch(`api/v1/stream?${query.toString()}`, feed);
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      // Not before the first bytes: what a proxy keeps back is no stream.
      begun();
      const events = (rest + value).split("\n\n");
      rest = events.pop()!;
      for (const event of events) {
        const data = event.split("\n").find((line) => line.startsWith("data: "));
        if (data !== undefined) this.pass(feed, JSON.parse(data.slice(6)) as Message);
      }
    }
  }

  private async poll(feed: Feed, query: URLSearchParams, begun: () => void): Promise<void> {
    const cursor = query.get("cursor");
    query.delete("cursor");
    if (cursor !== null) query.set("since", cursor);
    query.set("wait_s", String(POLL_WAIT_S));
    for (;;) {
      const response = await this.fetch(`api/v1/poll?${query.toString()}`, feed);
      const answer = (await response.json()) as { session: string; cursor: string | null; messages: Message[] };
      begun();
      query.set("session", answer.session);
      if (answer.cursor !== null) query.set("since", answer.cursor);
      for (const message of answer.messages) this.pass(feed, message);
    }
  }

  private async fetch(path: string, feed: Feed): Promise<Response> {
    const response = await fetch(new URL(path, this.base), { headers: this.headers(), cache: "no-store", signal: feed.gone.signal });
    if (!response.ok) await refuse(response);
    return response;
  }

  private headers(): Record<string, string> {
    return this.token === null ? {} : { Authorization: `Bearer ${this.token}` };
  }

  /** Hands a notification on, if it is this feed's to tell, with the ids that this socket gives. */
  private pass(feed: Feed, message: Message): void {
    if (OF_A_SUBSCRIPTION.has(message.method) !== (feed.subscription !== null)) return;
    const { params } = message;
    if (message.method === "streams") {
      for (const stream of params["streams"] as Params[]) {
        rename(feed, stream, ["stream", "predecessor"]);
        stream["subscriptions"] = [feed.subscription];
        feed.streams.add(stream["stream"] as string);
      }
      for (const ended of params["ended"] as Params[]) {
        rename(feed, ended, ["stream"]);
        feed.streams.delete(ended["stream"] as string);
      }
    } else if (feed.subscription !== null) rename(feed, params, ["stream"]);
    this.say(message);
  }

  private say(message: object): void {
    this.onmessage?.(JSON.stringify(message));
  }

  private answer(id: number, outcome: object): void {
    this.say({ jsonrpc: "2.0", id, ...outcome });
  }

  private end(refusal: Refusal | null): void {
    const told = this.onclose;
    this.close();
    told?.(refusal);
  }
}

class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** Throws what an answer that is no success says. */
async function refuse(response: Response): Promise<never> {
  const body = (await response.json().catch(() => ({}))) as { error?: Refusal };
  throw new Refused(body.error ?? { reason: "internal", message: `HTTP ${response.status}`, hint: "" });
}

function refusalOf(error: unknown): Refusal | null {
  return error instanceof Refused ? error.refusal : null;
}

function wireError({ reason, message, hint }: Refusal): object {
  return { code: -32000, message, data: { reason, hint } };
}

function rename(feed: Feed, params: Params, names: readonly string[]): void {
  for (const name of names) if (typeof params[name] === "string") params[name] = feed.prefix + params[name];
}
