/** Web components for pages of one's own: importing this defines them. They are described in docs/reference/elements.md. */
export {};
