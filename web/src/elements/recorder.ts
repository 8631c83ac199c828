/** Recordings: begin and end one, mark a moment, save what just happened, and have them as files. */
import { css, html } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { ageText, lengthText } from "../format.js";
import { text } from "../messages.js";
import type { Recording } from "../protocol.js";
import { Popover } from "./popover.js";
import { popoverStyle } from "./popover.style.js";
import { base } from "./theme.js";

/** "The last five minutes", after the fact. */
const SAVE_S = 300;
/** Recordings that are listed; the folder has them all. */
const LISTED = 20;

@customElement("ard-recorder")
export class Recorder extends Popover {
  static override styles = [
    base,
    popoverStyle,
    css`
      i {
        width: 9px;
        height: 9px;
        border-radius: 50%;
        border: 2px solid var(--text-3);
      }
      .on i {
        background: var(--bad);
        border-color: var(--bad);
      }
    `,
  ];
  @state() private listed: Recording[] = [];
  @query("input") private readonly note!: HTMLInputElement | null;

  private get running(): Recording | null {
    const told = [...this.page.store.recordings.values()];
    return told.find((each) => each.state !== "whole") ?? null;
  }

  protected override opened(): void {
    void this.list();
  }

  private async list(): Promise<void> {
    const answer = (await this.ask("recordings")) as unknown as { recordings: Recording[] } | null;
    if (!answer) return;
    this.listed = answer.recordings.sort((a, b) => b.began_t_s - a.began_t_s);
    for (const each of answer.recordings) this.page.store.recordings.set(each.name, each);
  }

  private async run(method: string, params: { [key: string]: string | number } = {}): Promise<void> {
    await this.ask(method, params);
    const trouble = this.trouble;
    await this.list();
    this.trouble = trouble ?? this.trouble;
  }

  private show(recording: Recording): void {
    this.page.looking.replay(recording);
    this.page.store.version += 1;
    this.toggle();
  }

  private async mark(event: Event): Promise<void> {
    event.preventDefault();
    const words = this.note?.value.trim() || text.recording.marked;
    await this.ask("annotate", { text: words });
    if (this.note && this.trouble === null) this.note.value = "";
  }

  override render(): unknown {
    const words = text.recording;
    const { running, page } = this;
    const may = page.store.role !== "view" && page.connection === "open";
    const now = page.now_s();
    const took = running && now !== null ? lengthText(now - running.began_t_s) : "";
    return html`<button class="tool ${running ? "on" : ""}" aria-expanded=${this.open} aria-label=${running ? words.runs(took) : words.title} @click=${() => this.toggle()}>
        <i></i><span class="word num">${running ? took : words.title}</span>
      </button>
      ${this.open
        ? html`<div class="panel">
            <div class="label">${words.title}</div>
            ${may
              ? html`<div class="line">
                    ${running
                      ? html`<button class="main" @click=${() => void this.run("record_stop", { name: running.name })}>${words.stop}</button>`
                      : html`<button class="main" @click=${() => void this.run("record_start")}>${words.start}</button>`}
                    <button @click=${() => void this.run("save", { last_s: SAVE_S })}>${words.save}</button>
                  </div>
                  <form class="line" @submit=${(event: Event) => void this.mark(event)}>
                    <input maxlength="200" placeholder=${words.note} aria-label=${words.note} /><button>${words.mark}</button>
                  </form>`
              : null}
            ${this.renderTrouble()}
            <ul aria-label=${words.list}>
              ${this.listed.slice(0, LISTED).map(
                (each) =>
                  html`<li class="line">
                    <span class="wide">${each.name}</span>
                    <span class="quiet num">${each.state === "whole" ? ageText((now ?? each.until_t_s) - each.until_t_s) : words.states[each.state]}</span>
                    <span class="quiet num">${words.size(each.size_bytes)}</span>
                    ${each.state === "whole" ? html`<button aria-label="${words.show} ${each.name}" @click=${() => this.show(each)}>${words.show}</button>` : null}
                    <a href="/api/v1/recordings/${encodeURIComponent(each.name)}" download>${words.download}</a>
                  </li>`,
              )}
            </ul>
            ${this.listed.length === 0 ? html`<div class="quiet">${words.none}</div>` : null}
          </div>`
        : null}`;
  }
}
