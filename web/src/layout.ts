/**
 * How somebody arranged the page: names, colours, order, what is shown and on which scale. It is kept in the browser, and
 * can be taken elsewhere as JSON. What is not understood is left out, never an error. Touches no DOM.
 */

export const LAYOUT_VERSION = 1;
/** More than a gateway has channels: what a stranger's file says is bounded. */
const MAX_ENTRIES = 2048;
const MAX_NAME = 80;
export const COLOURS = 8;

/** What was chosen for a channel; absent: as the board says. */
export interface ChannelLayout {
  name?: string;
  /** 1 to COLOURS. */
  colour?: number;
  hidden?: boolean;
  plotted?: boolean;
  /** Its place among the channels of its plot. */
  order?: number;
}

/** What was chosen for a plot (the channels of a unit). */
export interface PlotLayout {
  log?: boolean;
  /** The ends of its scale, both or none. */
  low?: number;
  high?: number;
  order?: number;
}

export interface Layout {
  version: typeof LAYOUT_VERSION;
  window_s: number;
  /** Ids of the boards that are shown beside the chosen one. */
  boards: string[];
  channels: { [address: string]: ChannelLayout };
  plots: { [key: string]: PlotLayout };
}

export function emptyLayout(): Layout {
  return { version: LAYOUT_VERSION, window_s: 10, boards: [], channels: {}, plots: {} };
}

/** Reads a layout from JSON, or null where it is none. */
export function parseLayout(json: string): Layout | null {
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isObject(read) || read["version"] !== LAYOUT_VERSION) return null;
  const layout = emptyLayout();
  const window_s = number(read["window_s"]);
  if (window_s !== undefined && window_s > 0) layout.window_s = window_s;
  if (Array.isArray(read["boards"])) layout.boards = read["boards"].filter((id) => typeof id === "string").slice(0, MAX_ENTRIES);
  for (const [address, entry] of entries(read["channels"])) {
    const colour = number(entry["colour"]);
    layout.channels[address] = known({
      name: typeof entry["name"] === "string" && entry["name"] ? entry["name"].slice(0, MAX_NAME) : undefined,
      colour: colour !== undefined && Number.isInteger(colour) && colour >= 1 && colour <= COLOURS ? colour : undefined,
      hidden: boolean(entry["hidden"]),
      plotted: boolean(entry["plotted"]),
      order: number(entry["order"]),
    });
  }
  for (const [key, entry] of entries(read["plots"])) {
    const low = number(entry["low"]);
    const high = number(entry["high"]);
    const ends = low !== undefined && high !== undefined && low < high;
    layout.plots[key] = known({ log: boolean(entry["log"]), low: ends ? low : undefined, high: ends ? high : undefined, order: number(entry["order"]) });
  }
  return layout;
}

/** Where a layout outlives the page: a browser's localStorage. */
export interface Keeping {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

const KEY = "ardugate.layout";

/** The layout of this browser: one for each set of boards, and the newest for a set that was never seen. */
export class LayoutKeeper {
  current: Layout;
  /** Changes with anything in it. */
  version = 0;
  private key = KEY;

  constructor(private readonly keeping: Keeping | null) {
    this.current = parseLayout(attempt(() => keeping?.getItem(KEY)) ?? "") ?? emptyLayout();
  }

  /** These boards are there. Gives whether they had been arranged otherwise than what was shown. */
  useFor(boards: readonly string[]): boolean {
    const key = boards.length === 0 ? KEY : `${KEY}:${[...boards].sort().join("+")}`;
    if (key === this.key) return false;
    this.key = key;
    const kept = parseLayout(attempt(() => this.keeping?.getItem(key)) ?? "");
    if (kept === null) return false;
    this.current = kept;
    this.version += 1;
    return true;
  }

  channel(address: string): Readonly<ChannelLayout> {
    return this.current.channels[address] ?? {};
  }

  plot(key: string): Readonly<PlotLayout> {
    return this.current.plots[key] ?? {};
  }

  /** Changes what is chosen for a channel; undefined takes a choice back. */
  setChannel(address: string, change: { [K in keyof ChannelLayout]: ChannelLayout[K] | undefined }): void {
    this.current.channels[address] = known({ ...this.channel(address), ...change });
    this.changed();
  }

  setPlot(key: string, change: { [K in keyof PlotLayout]: PlotLayout[K] | undefined }): void {
    this.current.plots[key] = known({ ...this.plot(key), ...change });
    this.changed();
  }

  setWindow(window_s: number): void {
    this.current.window_s = window_s;
    this.changed();
  }

  setBoards(boards: string[]): void {
    this.current.boards = boards;
    this.changed();
  }

  /** Addresses of what is hidden. */
  get hidden(): string[] {
    return Object.keys(this.current.channels).filter((address) => this.channel(address).hidden);
  }

  /** Takes another layout: an imported one, or `emptyLayout()`. */
  replace(layout: Layout): void {
    this.current = layout;
    this.changed();
  }

  serialize(): string {
    return JSON.stringify(this.current, null, 2);
  }

  private changed(): void {
    this.version += 1;
    // A browser that keeps nothing (private, full) still shows it until the page is closed.
    for (const key of new Set([KEY, this.key])) attempt(() => this.keeping?.setItem(key, JSON.stringify(this.current)));
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entries(value: unknown): [string, { [key: string]: unknown }][] {
  if (!isObject(value)) return [];
  const found: [string, { [key: string]: unknown }][] = [];
  for (const [key, entry] of Object.entries(value).slice(0, MAX_ENTRIES)) if (isObject(entry) && key !== "__proto__") found.push([key, entry]);
  return found;
}

function number(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function boolean(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}

/** Without the entries that are undefined. */
function known<T extends object>(entry: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined)) as T;
}
