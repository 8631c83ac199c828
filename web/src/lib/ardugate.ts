/** `/ardugate.js`: what a page of one's own, or a script in node, imports. Documented in docs/reference/javascript.md. */
import { RequestFailed } from "../client.js";
import type { TransportName } from "../client.js";
import { transports } from "../transport.js";
import { Connection } from "./connection.js";

export { RequestFailed as ArdugateError };

/** Where to connect, as whom. */
export interface ConnectOptions {
  /** The gateway's address; default: where this page came from. */
  url?: string | URL;
  /** Its token, for scripts that have no sign-in of a browser. */
  token?: string;
  /** The board that is meant where an address names none. */
  board?: string;
  /** Keep trying until the gateway is there; else the first failure is told. */
  wait?: boolean;
  /** Which ways to try, in the order websocket, sse, poll. */
  transports?: readonly TransportName[];
}

const UNREACHABLE = { reason: "lost", message: "there is no gateway", hint: "start it with `ardugate serve`, and look at the address" };

/** Connects to a gateway. Rejected with an ArdugateError: `not_allowed` (sign in first), `lost` (nobody is there). */
export function connect(options: ConnectOptions = {}): Promise<Connection> {
  const { url, token = null, board = null, wait = false, transports: names } = options;
  const here = typeof location === "undefined" ? "http://127.0.0.1:8765/" : new URL("/", location.href);
  const base = new URL(url ?? here);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const connection = new Connection(transports(base, token, names), board);
  return new Promise((resolve, reject) => {
    let problem: RequestFailed | null = null;
    const offs = [
      connection.listen("problem", (error) => (problem = error)),
      connection.listen("welcome", () => settle(() => resolve(connection))),
      // After the problem of the same moment was told.
      connection.listen("state", (state) =>
        queueMicrotask(() => {
          if (state !== "lost" || (wait && problem === null)) return;
          settle(() => {
            connection.close();
            reject(problem ?? new RequestFailed(UNREACHABLE));
          });
        }),
      ),
    ];
    let settled = false;
    const settle = (then: () => void): void => {
      if (settled) return;
      settled = true;
      for (const off of offs) off();
      then();
    };
    connection.start();
  });
}
