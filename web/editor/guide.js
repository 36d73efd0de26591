// @ts-check
// What the format says of a place in a scenario: which keys may stand there, which words, and what they mean.

/** @import { Guide, KeyHelp, Kind } from "./types" */

/**
 * A key as the guide spells it: `max_wait` is `max wait`.
 * @param {string} key
 */
function spelled(key) {
  return key.replace(/_/g, " ").replace(/\s+/g, " ").trim();
}

/**
 * What may stand at a path, with lists opened.
 * @param {Guide} guide
 * @param {string[]} path
 * @returns {Kind[]}
 */
export function kindsAt(guide, path) {
  /** @type {Kind[]} */
  let kinds = [{ def: "Scenario" }];
  for (const key of path) kinds = kinds.flatMap((kind) => below(guide, kind, key)).flatMap(opened);
  return kinds;
}

/**
 * @param {Guide} guide
 * @param {Kind} kind
 * @param {string} key
 */
function below(guide, kind, key) {
  if (kind.map) return kind.map;
  return (kind.def && guide[kind.def]?.keys[spelled(key)]?.of) || [];
}

/**
 * @param {Kind} kind
 * @returns {Kind[]}
 */
function opened(kind) {
  return kind.list ? kind.list.flatMap(opened) : [kind];
}

/**
 * The keys that may stand below a path.
 * @param {Guide} guide
 * @param {string[]} path
 * @returns {[key: string, help: KeyHelp][]}
 */
export function keysBelow(guide, path) {
  /** @type {Map<string, KeyHelp>} */
  const keys = new Map();
  for (const { def } of kindsAt(guide, path)) {
    for (const [key, help] of Object.entries((def && guide[def]?.keys) || {})) keys.set(key, help);
  }
  return [...keys];
}

/**
 * What the last key of a path means; null for a name of one's own that stands for no part of the format.
 * @param {Guide} guide
 * @param {string[]} path
 * @returns {KeyHelp | null}
 */
export function explain(guide, path) {
  if (!path.length) return null;
  const last = spelled(path[path.length - 1]);
  for (const { def } of kindsAt(guide, path.slice(0, -1))) {
    const help = def && guide[def]?.keys[last];
    if (help) return help;
  }
  for (const { def } of kindsAt(guide, path)) if (def && guide[def]) return { about: guide[def].about, type: "" };
  return null;
}
