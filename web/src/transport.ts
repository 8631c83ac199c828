/**
 * The ways to a gateway, best first: a WebSocket; Server-Sent Events; long polling. Each looks like a WebSocket that
 * speaks `ardugate.v1` or `ardugate.v1.json` to whoever uses it. Depends on `fetch` and `WebSocket`, which a browser has
 * and node too (the WebSocket from 22 on).
 */
import type { Socket, Transport, TransportName } from "./client.js";
import { HttpSocket } from "./http-socket.js";
import { SUBPROTOCOL } from "./protocol.js";
import type { Refusal } from "./protocol.js";

/** A browser's WebSocket as a Socket. `ticket`, where there is one, is asked for first: such a socket has no headers. */
class WebSocketSocket implements Socket {
  onmessage: ((data: unknown) => void) | null = null;
  onclose: ((refusal: Refusal | null) => void) | null = null;
  private socket: WebSocket | null = null;
  private closed = false;

  constructor(url: string, ticket: (() => Promise<string>) | null) {
    if (ticket === null) this.open(url);
    else
      ticket().then(
        (secret) => this.open(`${url}?ticket=${encodeURIComponent(secret)}`),
        () => this.onclose?.(null),
      );
  }

  private open(url: string): void {
    if (this.closed) return;
    const socket = new WebSocket(url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.onmessage?.(event.data);
    socket.onclose = () => this.onclose?.(null);
    this.socket = socket;
  }

  send(text: string): void {
    this.socket?.send(text);
  }

  close(): void {
    this.closed = true;
    this.socket?.close();
  }
}

/** Asks the gateway for the one-time secret that a WebSocket carries in place of a header. */
async function askForTicket(base: URL, token: string): Promise<string> {
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ticket" });
  const response = await fetch(new URL("api/v1/rpc", base), { method: "POST", headers, body });
  const answer = (await response.json()) as { result?: { ticket: string } };
  if (answer.result === undefined) throw new Error("no ticket");
  return answer.result.ticket;
}

/** The ways to the gateway at `base` (its page's address, with a slash at the end), best first. */
export function transports(base: URL, token: string | null, names: readonly TransportName[] = ["websocket", "sse", "poll"]): Transport[] {
  const ws = new URL("ws", base);
  ws.protocol = base.protocol === "https:" ? "wss:" : "ws:";
  const ticket = token === null ? null : (): Promise<string> => askForTicket(base, token);
  const all: Transport[] = [
    { name: "sse", open: () => new HttpSocket(base, token, "sse") },
    { name: "poll", open: () => new HttpSocket(base, token, "poll") },
  ];
  if (typeof WebSocket !== "undefined") all.unshift({ name: "websocket", open: () => new WebSocketSocket(ws.href, ticket) });
  return all.filter((each) => names.includes(each.name));
}

/** Calls back after so many milliseconds; the result cancels that. */
export function later(callback: () => void, delay_ms: number): () => void {
  const timer = setTimeout(callback, delay_ms);
  return () => clearTimeout(timer);
}
