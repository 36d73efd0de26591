// @ts-check
// Numbers and spans of time in words.

const THOUSANDS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** @param {number} value */
export function formatCount(value) {
  if (Math.abs(value) < 9.95) return String(Math.round(value * 10) / 10);
  return value < 1000 ? String(Math.round(value)) : THOUSANDS.format(value);
}

/**
 * A percentage that never rounds to all or nothing where it is neither.
 * @param {number} value
 */
export function formatPercent(value) {
  if (value > 99 && value < 100) return "over 99%";
  if (value > 0 && value < 1) return "under 1%";
  return Math.round(value) + "%";
}

/** @param {number} value */
export function formatSeconds(value) {
  if (value >= 7200) return (value / 3600).toFixed(1) + " h";
  if (value >= 600) return Math.floor(value / 60) + " min" + (value % 60 ? ` ${Math.round(value % 60)} s` : "");
  return (value % 1 || value < 10 ? value.toFixed(1) : String(value)) + " s";
}

/** @param {number} ms */
export function formatMilliseconds(ms) {
  return ms >= 999.5 ? `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s` : `${formatCount(ms)} ms`;
}

/**
 * @param {string} text
 * @param {number} length
 */
export function shorten(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}
