/** The dashboard's switch: shows what it is told, and says what somebody wants. */
import { customElement, property } from "lit/decorators.js";
import { SwitchControl } from "./switch-control.js";
import type { SwitchState } from "./switch-control.js";

@customElement("ard-switch")
export class Switch extends SwitchControl {
  @property({ type: Boolean }) on = false;
  @property({ type: Boolean }) pending = false;
  @property({ type: Boolean }) disabled = false;
  @property() label = "";

  protected override get shown(): SwitchState {
    return this;
  }

  protected override ask(on: boolean): void {
    this.dispatchEvent(new CustomEvent("change", { detail: on }));
  }
}
