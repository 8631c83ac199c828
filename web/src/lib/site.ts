/** What all components of a page share: one connection, one driver, the gateway's clock. */
import { GatewayClock } from "../clock.js";
import { Driver } from "../driver.js";
import type { Board, Channel } from "../protocol.js";
import { connect } from "./ardugate.js";
import type { Connection } from "./connection.js";

/** How often holds are looked at: several times within the shortest one that is practical. */
const TICK_MS = 150;
/** Edges of a board's life after which its outputs are safe, or nobody knows. */
const RELEASING: ReadonlySet<string> = new Set(["silent", "reset", "down", "other_sketch", "blocked", "hung"]);

/** A channel, and the board that has it. */
export interface Found {
  board: Board;
  info: Channel;
}

export class Site {
  readonly driver: Driver;
  private readonly clock = new GatewayClock();
  private readonly changed = new Set<() => void>();

  constructor(readonly connection: Connection) {
    this.driver = new Driver(
      (method, params) => connection.request(method, params),
      () => this.clock.now(performance.now()) ?? 0,
      () => undefined,
      () => this.change(),
    );
    connection.listen("welcome", ({ t_s }) => this.clock.restart(t_s, performance.now()));
    connection.listen("state", (state) => {
      if (state === "lost") this.driver.release(null);
      this.change();
    });
    connection.listen("board", () => this.change());
    connection.listen("stop", ({ board }) => {
      this.driver.release(board);
      this.change();
    });
    connection.listen("event", ({ kind, board, t_s }) => {
      this.observe(t_s);
      if (RELEASING.has(kind)) this.driver.release(board);
    });
    setInterval(() => this.driver.tick(document.visibilityState === "visible"), TICK_MS);
  }

  /** Something was taken at this time. */
  observe(t_s: number): void {
    this.clock.observe(t_s, performance.now());
  }

  now_s(): number | null {
    return this.clock.now(performance.now());
  }

  /** Calls back when anything changed but a value. Gives what ends that. */
  watch(callback: () => void): () => void {
    this.changed.add(callback);
    return () => this.changed.delete(callback);
  }

  /** The boards that are meant: the one that an element names, else all. */
  boards(id: string): Board[] {
    return this.connection.boards.filter((board) => id === "" || board.id === id);
  }

  /** A channel by its address; null while no board has it. */
  find(address: string, board: string): Found | null {
    const cut = address.indexOf("/");
    const name = address.slice(cut + 1);
    for (const each of this.boards(cut < 0 ? board : address.slice(0, cut))) {
      const own = each.descriptor?.aliases[name] ?? name;
      const info = each.descriptor?.channels.find((channel) => channel.name === own);
      if (info) return { board: each, info };
    }
    return null;
  }

  /** Whether outputs of a board may be driven from here, now. */
  mayDrive(board: Board): boolean {
    return this.connection.state === "open" && this.connection.role !== "view" && board.state === "live" && !board.stopped;
  }

  private change(): void {
    for (const callback of [...this.changed]) callback();
  }
}

let shared: Promise<Site> | null = null;

/** The page's one. Made with the first component; it waits for a gateway that is not there yet. */
export function site(): Promise<Site> {
  shared ??= connect({ wait: true }).then((connection) => new Site(connection));
  return shared;
}
