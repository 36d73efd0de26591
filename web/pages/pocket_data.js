// @ts-check
// What the pocket page knows: every combination that was played, which switches can be flipped, and shares in words.

/** @import { RunData } from "../player/types" */

/** @typedef {{ of: string, mean: number | null, low: number | null, high: number | null, after: number | null, n: number,
 *   runs: number }} Figure */
/** @typedef {{ variant: string, toggles: string[], during: string, numbers: Figure[], replay: RunData | null }} Entry */
/** @typedef {{ name: string, about: string, for: string[] }} Toggle */
/** @typedef {{ lesson: string, variants: string[], toggles: Toggle[], assumptions: string[], left_out: string[],
 *   entries: Entry[], seed: number, replications: number, version: string }} Pocket */

/** The answers of a prediction, each with the shares for which it is right. */
export const ANSWERS = /** @type {[words: string, low: number, high: number][]} */ ([
  ["nearly all", 0.9, 1],
  ["more than half", 0.5, 0.9],
  ["less than half", 0.1, 0.5],
  ["hardly any", 0, 0.1],
]);

/** The combinations of a pocket page. */
export class Combinations {
  /** @param {Pocket} all */
  constructor(all) {
    this.toggles = all.toggles;
    this.entries = new Map(all.entries.map((entry) => [this.key(entry.variant, entry.toggles), entry]));
  }

  /**
   * @param {string} variant
   * @param {Iterable<string>} on
   */
  key(variant, on) {
    const names = new Set(on);
    return JSON.stringify([variant, this.toggles.map(({ name }) => name).filter((name) => names.has(name))]);
  }

  /**
   * @param {string} variant
   * @param {Iterable<string>} on
   */
  find(variant, on) {
    return this.entries.get(this.key(variant, on));
  }

  /**
   * Those of *on* that belong to a variant.
   * @param {string} variant
   * @param {Iterable<string>} on
   */
  kept(variant, on) {
    return new Set(
      [...on].filter((name) => this.toggles.some((toggle) => toggle.name === name && isFor(toggle, variant))),
    );
  }

  /**
   * Whether a switch can be flipped; if not, why not.
   * @param {Toggle} toggle
   * @param {string} variant
   * @param {Set<string>} on
   */
  obstacle(toggle, variant, on) {
    if (on.has(toggle.name)) return "";
    if (!isFor(toggle, variant)) return `Only ${toggle.for.join(", ")}.`;
    return this.find(variant, [...on, toggle.name]) ? "" : "Not played together with what is on.";
  }
}

/**
 * @param {Toggle} toggle
 * @param {string} variant
 */
export function isFor(toggle, variant) {
  return !toggle.for.length || toggle.for.includes(variant);
}

/**
 * A share in percent that never rounds to all or nothing where it is neither.
 * @param {number | null} value
 */
export function shareText(value) {
  if (value === null) return "–";
  if (value > 0 && value < 0.001) return "under 0.1%";
  if (value < 1 && value > 0.999) return "over 99.9%";
  return `${(100 * value).toFixed(value < 0.1 || value > 0.9 ? 1 : 0)}%`;
}

/** @param {Entry} entry */
export function whenText(entry) {
  return entry.during === "fault" ? "during the fault" : "in the whole run";
}

/**
 * Whether a prediction was right.
 * @param {string} words
 * @param {number} share
 */
export function isRight(words, share) {
  return ANSWERS.some(([answer, low, high]) => answer === words && share >= low && share <= high);
}

/**
 * The instant at which a replay opens: soon after the first fault begins, or the beginning without one.
 * @param {RunData} data
 */
export function firstFault(data) {
  return data.faults.length ? Math.min(data.end_s, data.faults[0].at_s + 5) : 0;
}
