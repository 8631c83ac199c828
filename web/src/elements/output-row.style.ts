/** How output-row.ts looks. */
import { css } from "lit";

export const outputRowStyle = css`
  :host {
    display: block;
    position: relative;
    border-top: 1px solid var(--line);
  }
  .row {
    height: 55px;
    padding: 0 14px;
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    grid-template-rows: 31px 20px;
    align-items: center;
    column-gap: 12px;
  }
  .title {
    display: flex;
    align-items: center;
    gap: 8px;
    align-self: end;
    height: 28px;
    min-width: 0;
  }
  b {
    font-weight: 600;
    font-size: 14px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .control {
    align-self: end;
    justify-self: end;
    height: 28px;
    display: flex;
    align-items: center;
    gap: 10px;
  }
  .status {
    display: flex;
    align-items: center;
    gap: 4px;
    font-size: 12px;
    color: var(--text-2);
    white-space: nowrap;
    overflow: hidden;
    min-width: 0;
    align-self: start;
  }
  .status svg {
    width: 14px;
    height: 14px;
    flex: none;
  }
  .status span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  /* Why something is refused is read, not guessed: the row grows with it. */
  .row.refusing {
    height: auto;
    grid-template-rows: 31px auto;
    padding-bottom: 7px;
  }
  .refusing .status,
  .pin .refused {
    white-space: normal;
    grid-column: 1 / -1;
    align-items: start;
    line-height: 1.35;
  }
  .refusing .hold {
    display: none;
  }
  /* A half circle needs room. */
  .row.dialled {
    height: auto;
    grid-template-rows: auto 20px;
    row-gap: 5px;
    padding: 6px 14px 4px;
  }
  .dialled .title {
    align-self: center;
  }
  .dialled .control {
    height: auto;
  }
  .confirmed svg {
    color: var(--good);
  }
  .refused,
  .refused svg {
    color: var(--bad);
  }
  .hold {
    font-size: 12px;
    text-align: right;
    color: var(--text-3);
    white-space: nowrap;
    align-self: start;
  }
  .taken {
    display: flex;
    align-items: center;
    gap: 8px;
    color: var(--text-2);
  }
  .taken span {
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .taken button {
    flex: none;
    height: 20px;
    padding: 0 8px;
    border: 1px solid var(--line-strong);
    border-radius: 5px;
    background: var(--surface);
    font-size: 12px;
  }
  .taken button:hover {
    border-color: var(--accent);
    color: var(--accent);
  }
  .hold .here {
    color: var(--accent);
  }
  .bar {
    position: absolute;
    left: 0;
    right: 0;
    bottom: 0;
    height: 2px;
    background: var(--accent);
    transform-origin: left;
  }
  .pin {
    padding: 0 14px;
    display: grid;
    grid-template-rows: 39px;
    grid-template-columns: 34px minmax(36px, max-content) minmax(0, 1fr) auto auto;
    align-items: center;
    column-gap: 8px;
  }
  .pin b {
    font-size: 13px;
  }
  .pin .refused {
    padding-bottom: 7px;
  }
  .level {
    font-size: 12px;
    color: var(--text-3);
  }
  .level.on {
    color: var(--lane-in);
    font-weight: 600;
  }
  .make {
    font-size: 12px;
    color: var(--text-3);
  }
  /* A board may call a state whatever it likes. */
  .hold:not(.taken) {
    max-width: 264px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .control select {
    max-width: 180px;
    text-overflow: ellipsis;
  }
  .select {
    position: relative;
    display: inline-flex;
    align-items: center;
    color: var(--text-2);
    justify-self: start;
  }
  .select svg {
    position: absolute;
    right: 3px;
    width: 12px;
    height: 12px;
    transform: rotate(180deg);
    pointer-events: none;
  }
  select {
    appearance: none;
    field-sizing: content;
    height: 24px;
    border: 1px solid transparent;
    border-radius: 6px;
    background: transparent;
    font-size: 12px;
    padding: 0 18px 0 5px;
    margin-left: -6px;
  }
  .control select {
    height: 28px;
    border-color: var(--line-strong);
    font-size: 13px;
    color: var(--text);
    margin: 0;
    padding: 0 22px 0 10px;
  }
  select:hover:not(:disabled),
  select:focus-visible {
    border-color: var(--line-strong);
  }
  select option {
    background: var(--surface);
    color: var(--text);
  }
  input[type="range"] {
    --fill: 0%;
    appearance: none;
    width: 128px;
    height: 24px;
    margin: 0;
    background: none;
  }
  input[type="range"]::-webkit-slider-runnable-track {
    height: 4px;
    border-radius: 2px;
    background: linear-gradient(to right, var(--accent) var(--fill), var(--line-strong) var(--fill));
  }
  input[type="range"]::-moz-range-track {
    height: 4px;
    border-radius: 2px;
    background: linear-gradient(to right, var(--accent) var(--fill), var(--line-strong) var(--fill));
  }
  input[type="range"]::-webkit-slider-thumb {
    appearance: none;
    width: 16px;
    height: 16px;
    margin-top: -6px;
    border-radius: 50%;
    background: #fff;
    border: 1px solid var(--line-strong);
    box-shadow: 0 1px 3px rgb(0 0 0 / 25%);
  }
  input[type="range"]::-moz-range-thumb {
    width: 14px;
    height: 14px;
    border-radius: 50%;
    background: #fff;
    border: 1px solid var(--line-strong);
  }
  .momentary:disabled,
  .control select:disabled,
  input:disabled {
    opacity: 0.5;
  }
  input[type="number"] {
    appearance: textfield;
  }
  input[type="number"] {
    width: 64px;
    height: 26px;
    border: 1px solid var(--line-strong);
    border-radius: 6px;
    background: var(--surface);
    text-align: right;
    padding: 0 4px 0 6px;
  }
  .unit {
    color: var(--text-3);
    font-size: 12px;
  }
  .momentary {
    height: 28px;
    border-radius: 6px;
    border: 1px solid var(--line-strong);
    background: var(--surface);
    padding: 0 16px;
    touch-action: none;
    user-select: none;
  }
  .momentary[aria-pressed="true"] {
    background: var(--accent);
    color: var(--on-accent);
    border-color: var(--accent);
  }
  .shown {
    font-weight: 600;
    font-size: 14px;
  }
`;
