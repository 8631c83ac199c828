/**
 * What the elements share: the store, the connection, the driver, and what the user chose to look at. An element reads it
 * and calls it; it never reaches into an element.
 */
import { Client } from "./client.js";
import type { ConnectionState } from "./client.js";
import { Colours } from "./colours.js";
import { Driver } from "./driver.js";
import { Health } from "./health.js";
import { Leases } from "./leases.js";
import { Looking } from "./looking.js";
import { Moments } from "./moments.js";
import { text } from "./messages.js";
import { gapWords } from "./notices.js";
import { refusalIn } from "./protocol.js";
import type { Board, Happening, Json, LedgerLine, Notification, Peer, Peers, Refusal, SamplesFrame, Value } from "./protocol.js";
import { Store } from "./store.js";
import { later, transports } from "./transport.js";

/** How often the losses are asked for, and with that whether the gateway is still there. */
const PROBE_MS = 3000;
/** How often holds are looked at: several times within the shortest one that is practical. */
const TICK_MS = 150;
/** Regular streams above this rate are thinned by the gateway: ten times what a screen can show. */
const MAX_HZ = 10_000;

/** Edges of a board's life after which its outputs are safe, or nobody knows. */
const RELEASING: ReadonlySet<string> = new Set(["silent", "reset", "down", "other_sketch", "blocked", "hung", "safe"]);

/** What people press. The first of these tells when somebody wanted what is set next. */
const PRESSES = ["pointerdown", "keydown", "input", "change"] as const;
/** A press is the reason of what is set no longer after it than this. */
const PRESS_MS = 1000;
/** Lines of the gateway's journal, with the marks among them, that are asked for when the page is opened. */
const RECALLED = 500;
/** For how long control is taken over: time to set something, and what is held renews it. */
const TAKE_MS = 10_000;

/** The stop when there is no connection: a full gateway may still let a plain request through. */
async function stopOverHttp(): Promise<Json> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "stop_all" });
  const response = await fetch("/api/v1/rpc", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  const answer = (await response.json()) as { result?: Json };
  if (answer.result === undefined) throw new Error("refused");
  return answer.result;
}

export class Page {
  readonly store = new Store(gapWords);
  readonly driver: Driver;
  connection: ConnectionState = "connecting";
  everOpened = false;
  signedOut = false;
  /** Gateway time when the connection was lost. */
  lostAt_s: number | null = null;
  pageRoundTrip_ms: number | null = null;
  readonly health = new Health();
  readonly leases = new Leases();
  readonly moments = new Moments();
  readonly colours = new Colours(() => (this.store.version += 1));
  /** Shown on a wall: large, and without anything to press. */
  wall = new URLSearchParams(location.search).get("view") === "wall";
  /** Who is connected. */
  peers: readonly Peer[] = [];
  /** Is told at once which output or command changed: a confirmation does not wait for the next picture. */
  driven: (address: string) => void = () => undefined;
  private pressed_ms = -Infinity;
  /** When the newest message came: what the gateway told before it was told to this page. */
  private heard_ms = 0;
  /** Whether somebody reads the journal: what is not told by itself is asked for. */
  private reading = false;
  stopError: string | null = null;
  stopPending = false;
  /** How the plots are looked at. */
  readonly looking = new Looking(this);
  private chosenBoard: string | null = null;
  readonly client: Client;

  constructor() {
    const around = { transports: transports(new URL("/", location.href), null), later, random: Math.random };
    this.client = new Client(around, this);
    this.driver = new Driver(
      // A sketch's command takes as long as it takes: the gateway answers, too, when the board is gone.
      (method, params) => (method === "call" ? this.client.request(method, params, null) : this.client.request(method, params)),
      () => performance.now() / 1000,
      (receipt) => this.store.takeValue(receipt.channel, receipt.value, receipt.executed_t_s),
      (address) => {
        this.store.version += 1;
        if (address !== null) this.driven(address);
      },
    );
  }

  start(): void {
    this.client.keep({ form: "raw", max_hz: MAX_HZ });
    this.client.start();
    for (const press of PRESSES) addEventListener(press, (event) => (this.pressed_ms = event.timeStamp), { capture: true, passive: true });
    setInterval(() => this.driver.tick(document.visibilityState === "visible"), TICK_MS);
    setInterval(() => {
      if (this.connection !== "open" || document.visibilityState !== "visible") return;
      void this.probe();
      if (this.reading) void this.recall();
    }, PROBE_MS);
  }

  // What the connection tells.

  connectionChanged(state: ConnectionState, everOpened: boolean, refusal: Refusal | null): void {
    if (state === "lost" && this.connection === "open") {
      this.lostAt_s = this.now_s();
      this.store.note("page", "", text.pageLost, this.lostAt_s);
      this.store.journal.disconnected(this.store.clock.now(this.heard_ms) ?? 0);
      this.store.disconnected(this.lostAt_s ?? 0);
      this.driver.release(null);
    }
    this.connection = state;
    this.everOpened = everOpened;
    this.signedOut = refusal?.reason === "not_allowed";
    if (state === "open") {
      this.stopError = null;
      void this.probe();
      void this.recall();
    }
    this.store.version += 1;
  }

  notificationReceived(notification: Notification): void {
    const { store } = this;
    this.heard_ms = performance.now();
    if (notification.method === "welcome") this.health.time.forget();
    if (notification.method === "lease") this.leases.change(notification.params);
    if (notification.method === "driven") {
      this.leases.drive(notification.params);
      this.driver.heard(notification.params.drivers, store.session);
    }
    if (notification.method === "event" && RELEASING.has(notification.params.kind)) {
      this.driver.release(notification.params.board);
      this.leases.release(notification.params.board);
    }
    if (notification.method === "stop") this.driver.release(notification.params.board);
    store.apply(notification, this.heard_ms);
    if (notification.method === "welcome" && this.lostAt_s !== null) {
      store.note("page", "", text.pageBack, notification.params.t_s);
      this.lostAt_s = null;
    }
    if (notification.method === "event" && notification.params.kind === "mark") this.moments.add(notification.params);
    if (notification.method === "welcome" || notification.method === "board") this.looking.arrangeFor(store.boards.values());
  }

  frameReceived(frame: SamplesFrame): void {
    this.heard_ms = performance.now();
    this.store.applyFrame(frame, this.heard_ms);
  }

  faultCounted(_detail: string): void {
    this.store.faults += 1;
  }

  // What the elements ask.

  now_s(): number | null {
    return this.store.clock.now(performance.now());
  }

  /** The board that is looked at: the chosen one while it is there, else the first that lives, else the first. */
  get board(): Board | null {
    const boards = [...this.store.boards.values()];
    return boards.find((board) => board.id === this.chosenBoard) ?? boards.find((board) => board.state === "live") ?? boards[0] ?? null;
  }

  /** Sets an output because somebody pressed something just now. */
  ask(address: string, value: Value): void {
    const now_ms = performance.now();
    this.health.asked(address, now_ms - this.pressed_ms < PRESS_MS ? this.pressed_ms : now_ms);
    this.driver.ask(address, value);
  }

  /** Takes the control of an output from who has it. */
  takeOver(address: string): void {
    void this.driver.takeOver(address, TAKE_MS);
  }

  /** The traces were painted: what of each board has been on the screen since now. */
  painted(boards: readonly Board[]): void {
    for (const { id } of boards) this.health.painted(id, this.store.heardOf(id).newest_s, performance.now());
  }

  choose(board: string): void {
    this.chosenBoard = board;
    this.store.version += 1;
  }

  /** Whether this page may drive outputs of the board now. */
  canDrive(board: Board): boolean {
    return this.connection === "open" && this.store.role !== "view" && board.state === "live";
  }

  get stoppedBoards(): Board[] {
    return [...this.store.boards.values()].filter((board) => board.stopped);
  }

  get stopped(): boolean {
    return this.stoppedBoards.length > 0 && this.connection === "open";
  }

  get mayClear(): boolean {
    return this.store.role !== "view";
  }

  async stopAll(): Promise<void> {
    this.stopError = null;
    this.stopPending = true;
    this.driver.release(null);
    try {
      const request = this.connection === "open" ? this.client.request("stop_all") : stopOverHttp();
      const result = (await request) as unknown as { boards: { [id: string]: { error?: unknown } } };
      const failed = Object.entries(result.boards).filter(([, outcome]) => outcome.error !== undefined);
      if (failed.length > 0) this.stopError = text.stopFailed(failed.map(([id]) => this.store.boards.get(id)?.name ?? id).join(", "));
    } catch {
      this.stopError = text.stopUnreachable;
    }
    this.stopPending = false;
    this.store.version += 1;
  }

  async clearStop(): Promise<void> {
    this.stopError = null;
    try {
      await this.client.request("clear_stop");
    } catch (error) {
      this.stopError = error instanceof Error ? error.message : String(error);
    }
    this.store.version += 1;
  }

  /** Shows it for a wall, or as usual again; the address says so too, for a bookmark. */
  showWall(wall: boolean): void {
    this.wall = wall;
    history.replaceState(null, "", wall ? "?view=wall" : location.pathname);
    this.store.version += 1;
  }

  /** Somebody opened the journal, or closed it. */
  read(reading: boolean): void {
    this.reading = reading;
    if (reading) void this.recall();
    else this.store.journal.shorten();
  }

  /** Asks for what happened, as far as it is not here: before this page was opened, while it was away, and what is told to nobody. */
  async recall(older = false): Promise<void> {
    const { journal } = this.store;
    const asked = older ? journal.asksOlder() : journal.asks(this.now_s(), RECALLED);
    try {
      const { entries } = (await this.client.request("journal", asked)) as unknown as { entries: Happening[] };
      for (const entry of journal.take(entries, asked)) if (entry.kind === "mark") this.moments.add(entry);
      this.store.version += 1;
    } catch (error) {
      // The connection is lost, which the page says, or it is asked again soon.
      if (!refusalIn(error)) throw error;
    }
  }

  /** Asks who is connected and for the losses; the first answer's time is the round trip to the gateway. */
  async probe(): Promise<void> {
    const began = performance.now();
    try {
      const peers = (await this.client.probe("clients")) as unknown as Peers;
      const now = performance.now();
      this.pageRoundTrip_ms = now - began;
      this.health.time.told(peers.t_s, began, now);
      this.peers = peers.clients;
      this.leases.replace(peers.leases, peers.drivers);
      this.driver.heard(peers.drivers, this.store.session);
      this.store.ledger = ((await this.client.request("ledger")) as unknown as { losses: LedgerLine[] }).losses;
      for (const board of this.store.boards.keys()) this.health.of(board).samples.read(this.store.heardOf(board).samples, now);
    } catch {
      this.pageRoundTrip_ms = null;
    }
    this.store.version += 1;
  }
}
