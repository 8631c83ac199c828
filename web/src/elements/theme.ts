/** Styles that every element shares; colours come from page.css's tokens. */
import { css } from "lit";

export const base = css`
  :host {
    box-sizing: border-box;
    font: 400 13px/1.4 var(--font);
    color: var(--text);
  }
  *,
  *::before,
  *::after {
    box-sizing: inherit;
  }
  [hidden] {
    display: none !important;
  }
  /* For screen readers alone. */
  .unseen {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: 0;
    overflow: hidden;
    clip-path: inset(50%);
  }
  .num {
    font-variant-numeric: tabular-nums;
  }
  .quiet {
    color: var(--text-3);
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  button {
    cursor: pointer;
  }
  /* One arrow everywhere: that of each system looks different, and is no drawing of ours. */
  select:not(.select select) {
    --stroke: #0000 42%, var(--text-2) 42% 60%, #0000 60%;
    appearance: none;
    padding-right: 24px;
    text-overflow: ellipsis;
    background:
      linear-gradient(45deg, var(--stroke)) right 13px center / 5px 5px no-repeat,
      linear-gradient(-45deg, var(--stroke)) right 9px center / 5px 5px no-repeat,
      var(--surface);
  }
  button:disabled,
  select:disabled,
  input:disabled {
    cursor: not-allowed;
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }
  .label {
    font-size: 11px;
    font-weight: 600;
    letter-spacing: 0.04em;
    text-transform: uppercase;
    color: var(--text-3);
  }
`;
