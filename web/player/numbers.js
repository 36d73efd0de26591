// @ts-check
// Series read at an instant, and numbers held within bounds.

/** @import { Series } from "./types" */

/**
 * The value of a series at an instant; a series is a list, or one number that holds in every frame.
 * @param {Series | undefined} series
 * @param {number} step seconds from one value to the next
 * @param {number} time
 */
export function valueAt(series, step, time) {
  if (typeof series === "number") return series;
  if (!series || !series.length) return 0;
  return series[Math.max(0, Math.min(series.length - 1, Math.floor(time / step + 1e-9)))];
}

/** @param {Series | undefined} series */
export function peakOf(series) {
  return typeof series === "number" ? series : (series || []).reduce((a, b) => Math.max(a, b), 0);
}

/**
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
