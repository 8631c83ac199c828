/** What the components have in common: their place in the page's connection, their looks, what they say of trouble. */
import { css, LitElement, unsafeCSS } from "lit";
import type { CSSResultGroup } from "lit";
import { property, state } from "lit/decorators.js";
import { tokens } from "page-tokens";
import { base } from "../elements/theme.js";
import { elementText } from "../messages.js";
import { refusalIn } from "../protocol.js";
import type { Value } from "../protocol.js";
import type { Reading } from "./latest.js";
import { site } from "./site.js";
import type { Found, Site } from "./site.js";

export const looks: CSSResultGroup = [
  unsafeCSS(tokens),
  base,
  css`
    :host {
      display: inline-block;
      font: inherit;
      color: inherit;
    }
    :host([hidden]) {
      display: none;
    }
    .trouble {
      color: var(--bad);
      font-size: 0.9em;
    }
  `,
];

/** A component of a page. Subclasses say what they are about. */
export abstract class SiteElement extends LitElement {
  /** The board that is meant, where there are several. */
  @property() board = "";
  @state() protected site: Site | null = null;
  /** Why it cannot work, null while it can. */
  @state() protected trouble: string | null = null;
  private offs: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    site().then(
      (found) => {
        if (!this.isConnected) return;
        this.site = found;
        this.offs.push(found.watch(() => this.changed()));
        this.entered(found);
      },
      (error: unknown) => (this.trouble = sentenceOf(error)),
    );
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const off of this.offs.splice(0)) off();
    this.site = null;
  }

  /** It has its place now. */
  protected entered(_site: Site): void {}

  /** Something changed: a board, the connection, what was asked. */
  protected changed(): void {
    this.requestUpdate();
  }

  /** Does this when the element leaves. */
  protected untilItLeaves(off: () => void): void {
    this.offs.push(off);
  }
}

/** A component of one channel, with its newest value. */
export abstract class ChannelElement extends SiteElement {
  /** Its address; the board may be left out. */
  @property() channel = "";
  @state() protected reading: Reading | null = null;
  private off: (() => void) | null = null;
  private listensTo = "";

  protected get found(): Found | null {
    return this.site?.find(this.channel, this.board) ?? null;
  }

  /** The channel's whole address, once a board has it. */
  protected get address(): string | null {
    const found = this.found;
    return found && `${found.board.id}/${found.info.name}`;
  }

  /** What a control shows: what was asked as long as it is under way, else what the board does. */
  protected get value(): Value {
    const asked = this.address === null ? undefined : this.site?.driver.asked.get(this.address);
    return asked?.phase === "asked" ? asked.value : (this.reading?.value ?? null);
  }

  protected get pending(): boolean {
    return this.address !== null && this.site?.driver.asked.get(this.address)?.phase === "asked";
  }

  protected get mayDrive(): boolean {
    const { site: found, found: target } = this;
    return found !== null && target !== null && target.info.output && found.mayDrive(target.board);
  }

  /** Whether what is shown may be old: nobody says it any more. */
  protected get stale(): boolean {
    const state = this.found?.board.state;
    return this.site?.connection.state !== "open" || (state !== "live" && state !== "replay");
  }

  protected ask(value: Value): void {
    if (this.address !== null && this.mayDrive) this.site?.driver.ask(this.address, value);
  }

  /** Why the last wish was refused, or the channel cannot be; null while all is well. */
  protected get refusal(): string | null {
    const asked = this.address === null ? undefined : this.site?.driver.asked.get(this.address);
    return asked?.refusal ? elementText.refused(asked.refusal) : this.trouble;
  }

  protected override entered(): void {
    this.listen();
    this.untilItLeaves(() => this.hush());
  }

  protected override changed(): void {
    // The board with this channel may have come only now.
    this.listen();
    super.changed();
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("channel") || changed.has("board")) this.listen();
  }

  private listen(): void {
    const target = this.address ?? (this.channel.includes("/") || this.board === "" ? this.channel : `${this.board}/${this.channel}`);
    if (!this.site || target === "" || (target === this.listensTo && this.trouble === null)) return;
    this.hush();
    this.listensTo = target;
    try {
      this.off = this.site.connection.on(target, (reading) => {
        this.site?.observe(reading.t_s);
        this.reading = reading;
      });
      this.trouble = null;
    } catch (error) {
      this.trouble = sentenceOf(error);
    }
  }

  private hush(): void {
    this.off?.();
    this.off = null;
    this.listensTo = "";
  }
}

export function sentenceOf(error: unknown): string {
  const refusal = refusalIn(error);
  return refusal ? elementText.refused(refusal) : String(error);
}
