/**
 * Sets style properties through the object model. Lit's own styleMap writes a style attribute the first time, which a
 * strict content security policy forbids.
 */
import { noChange } from "lit";
import { Directive, directive, PartType } from "lit/directive.js";
import type { ElementPart, PartInfo } from "lit/directive.js";

class Styled extends Directive {
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new Error("styled() belongs into a tag, not into an attribute");
  }

  render(_properties: Readonly<Record<string, string>>): unknown {
    return noChange;
  }

  override update(part: ElementPart, [properties]: [Readonly<Record<string, string>>]): unknown {
    for (const [name, value] of Object.entries(properties)) (part.element as HTMLElement).style.setProperty(name, value);
    return noChange;
  }
}

export const styled = directive(Styled);
