/** `/ardugate-elements.js`: components for a page of one's own. Documented in docs/reference/elements.md. */
import "./driving.js";
import "./plot-element.js";
import "./showing.js";
