/** Light or dark: the system's colours, unless the user chose others here. */

const KEY = "ardugate.theme";

export type Theme = "light" | "dark";

export class Colours {
  theme: Theme = "light";
  private readonly system = matchMedia("(prefers-color-scheme: dark)");

  /** `changed` is told when they are others. */
  constructor(private readonly changed: () => void) {
    this.system.addEventListener("change", () => this.apply());
    this.apply();
  }

  /** Takes the other ones; those of the system need not be remembered. */
  swap(): void {
    const wanted: Theme = this.theme === "dark" ? "light" : "dark";
    if (wanted === this.own) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, wanted);
    this.apply();
  }

  private get own(): Theme {
    return this.system.matches ? "dark" : "light";
  }

  private apply(): void {
    const chosen = localStorage.getItem(KEY);
    this.theme = chosen === "light" || chosen === "dark" ? chosen : this.own;
    document.documentElement.dataset["theme"] = this.theme;
    this.changed();
  }
}
