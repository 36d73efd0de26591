// @ts-check
// What can be completed at the cursor: keys and words of the format that begin with what is typed.

/** @import { Guide } from "./types" */
import { explain, keysBelow } from "./guide.js";
import { placeAt } from "./place.js";

/** @typedef {{ label: string, apply: string, detail?: string, info?: string }} Offer */

const MOST = 40;
const FEWEST_LETTERS = 2; // typed, before anything is offered unasked

/**
 * @param {Guide} guide
 * @param {string} text
 * @param {number} at
 * @param {boolean} isAsked
 * @param {import("@lezer/common").Tree} [tree]
 * @returns {{ from: number, offers: Offer[] } | null}
 */
export function offersAt(guide, text, at, isAsked, tree) {
  const place = placeAt(text, at, tree);
  if (!place) return null;
  const typed = text.slice(place.from, at);
  if (!isAsked && typed.trim().length < FEWEST_LETTERS) return null;
  const colon = place.hasColon ? "" : ": ";
  const words = place.kind === "key" ? [] : (explain(guide, place.path)?.words ?? []);
  const keys = place.kind === "value" ? [] : keysBelow(guide, place.path);
  const all = [
    ...words.map((label) => ({ label, apply: label })),
    ...keys.map(([label, { about, type }]) => ({ label, apply: label + colon, detail: type, info: about })),
  ];
  const wanted = typed.toLowerCase().replace(/_/g, " ");
  const offers = all.filter(({ label }) => label.startsWith(wanted) && label !== wanted).slice(0, MOST);
  return offers.length ? { from: place.from, offers } : null;
}
