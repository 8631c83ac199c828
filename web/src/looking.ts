/**
 * How the plots are looked at: which boards and channels, which stretch of time, arranged how, with what put before the
 * page's own memory. The plots' elements share it. Touches no DOM.
 */
import type { Client, ConnectionState } from "./client.js";
import { LayoutKeeper, parseLayout } from "./layout.js";
import type { Keeping } from "./layout.js";
import { gapWords } from "./notices.js";
import { Past } from "./past.js";
import type { HistoryAnswer } from "./past.js";
import { Trigger } from "./plot/trigger.js";
import type { Board, Recording } from "./protocol.js";
import type { ChannelState, Store } from "./store.js";
import { View } from "./view.js";

/** What this needs of the page. */
export interface Around {
  readonly store: Store;
  readonly client: Client;
  readonly connection: ConnectionState;
  readonly lostAt_s: number | null;
  now_s(): number | null;
}

function storage(): Keeping | null {
  try {
    return (globalThis as unknown as { localStorage?: Keeping }).localStorage ?? null;
  } catch {
    return null; // forbidden by the browser's settings
  }
}

/** Whether samples of a board come: it is live, or its sketch prints numbers. */
export function speaks(board: Board): boolean {
  return board.state === "live" || (board.state === "other_sketch" && board.descriptor !== null && board.reason.includes("prints text"));
}

export class Looking {
  readonly view = new View();
  readonly layout = new LayoutKeeper(storage());
  readonly trigger = new Trigger();
  /** Whether the spectrum is shown below the plots. */
  spectrum = false;
  readonly past = new Past(async (params) => (await this.around.client.request("history", params)) as unknown as HistoryAnswer, gapWords);

  constructor(private readonly around: Around) {
    this.view.window_s = this.layout.current.window_s;
  }

  /** Takes the arrangement of the boards that are there now. */
  arrangeFor(boards: Iterable<Board>): void {
    const known = [...boards].filter((board) => board.descriptor !== null).map((board) => board.id);
    if (known.length > 0 && this.layout.useFor(known)) this.view.show(this.layout.current.window_s, this.around.now_s() ?? 0);
  }

  /** Takes an arrangement from a file; false where it is none. */
  import(json: string): boolean {
    const layout = parseLayout(json);
    if (layout === null) return false;
    this.layout.replace(layout);
    this.view.show(layout.window_s, this.around.now_s() ?? 0);
    return true;
  }

  /** The boards whose channels share the axis: the chosen one first, then those shown beside it. */
  boards(chosen: Board): Board[] {
    const beside = this.layout.current.boards.map((id) => this.around.store.boards.get(id));
    return [chosen, ...beside.filter((board) => board !== undefined && board.id !== chosen.id)] as Board[];
  }

  /** Shows a board beside the chosen one, or no more. */
  toggleBeside(id: string): void {
    const { boards } = this.layout.current;
    this.layout.setBoards(boards.includes(id) ? boards.filter((each) => each !== id) : [...boards, id]);
  }

  channels(chosen: Board): ChannelState[] {
    return this.boards(chosen).flatMap((board) => this.around.store.channelsOf(board.id));
  }

  nameOf(channel: ChannelState): string {
    return this.layout.channel(channel.address).name ?? channel.info.name;
  }

  /** Whether a channel has a trace: what a sketch declared or somebody claimed; plain analog pins at a click. */
  isPlotted(channel: ChannelState): boolean {
    return this.layout.channel(channel.address).plotted ?? !(channel.info.mode === "analog" && !channel.info.claimed);
  }

  togglePlot(channel: ChannelState): void {
    this.layout.setChannel(channel.address, { plotted: !this.isPlotted(channel) });
  }

  isLive(board: Board): boolean {
    return this.around.connection === "open" && speaks(board);
  }

  /** How far a board's time has come: now; where it was last seen. */
  newest_s(board: Board): number | null {
    if (this.around.connection === "lost") return this.around.lostAt_s;
    return speaks(board) ? this.around.now_s() : (this.around.store.lastSeen_s.get(board.id) ?? this.around.now_s());
  }

  /** The end of the time that there is: that of the board which has come furthest. Null before anything was heard. */
  end_s(chosen: Board): number | null {
    const ends = this.boards(chosen).map((board) => this.newest_s(board));
    return ends.reduce((a, b) => (a === null ? b : b === null ? a : Math.max(a, b)), null);
  }

  /** The end of the axis: where it stands still, the end of the trigger's sweep, or now. */
  shownEnd_s(chosen: Board): number | null {
    const watched = this.trigger.settings === null ? undefined : this.around.store.channels.get(this.trigger.settings.channel);
    return this.view.end_s ?? (watched ? this.trigger.look(watched.series, this.view.window_s) : null) ?? this.end_s(chosen);
  }

  /** Shows a recording, until the time is followed again. */
  replay({ name, began_t_s, until_t_s }: Recording): void {
    this.past.of(name);
    this.view.fix(began_t_s, until_t_s);
  }

  /** Remembers the window for the next visit. */
  show(window_s: number, chosen: Board): void {
    this.view.show(window_s, this.end_s(chosen) ?? 0);
    this.layout.setWindow(this.view.window_s);
  }
}
