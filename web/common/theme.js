// @ts-check
// Whether the page around is light or dark.

/**
 * The theme of a page that says its colours in variables, as the lab does; null elsewhere.
 * @param {Element} element
 */
export function themeAround(element) {
  return themeOf(getComputedStyle(element).getPropertyValue("--st-background-color"));
}

/**
 * The theme of a page with that background, `#rrggbb` or `rgb(…)`; null where it is neither.
 * @param {string} color
 * @returns {"light" | "dark" | null}
 */
export function themeOf(color) {
  const hex = /^\s*#([0-9a-f]{6})/i.exec(color)?.[1];
  const [r, g, b] = hex
    ? [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16))
    : (color.match(/[\d.]+/g) ?? []).map(Number);
  if (b === undefined) return null;
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}
