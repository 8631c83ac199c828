/** `/ardugate-elements.js`: the dashboard's parts for a page of one's own. Documented in docs/reference/elements.md. */
export {};
