// @ts-check
// Problems that the server found, as places in a text and in words.

/** @import { Problem } from "./types" */

/**
 * Begin and end of what a problem is about: the word at its line and column, or one letter.
 * @param {string[]} lines of the text
 * @param {Problem} problem
 */
export function rangeOf(lines, { line, column }) {
  const index = Math.min(Math.max(line, 1), lines.length) - 1;
  const text = lines[index];
  const begin = lines.slice(0, index).reduce((sum, each) => sum + each.length + 1, 0);
  const from = Math.min(Math.max(0, column - 1), Math.max(0, text.length - 1));
  const word = /^[^\s,{}[\]:]+/.exec(text.slice(from))?.[0] ?? "";
  return { from: begin + from, to: begin + Math.min(text.length, from + Math.max(1, word.length)) };
}

/**
 * The state of a text in a few words.
 * @param {Problem[]} problems
 * @returns {{ words: string, level: "" | "bad" | "warn" }}
 */
export function verdictOf(problems) {
  const bad = problems.filter(({ level }) => level === "bad").length;
  const warnings = problems.length - bad;
  if (bad) return { words: `✕ ${count(bad, "problem")}`, level: "bad" };
  if (warnings) return { words: `! valid, ${count(warnings, "warning")}`, level: "warn" };
  return { words: "✓ valid", level: "" };
}

/**
 * @param {number} n
 * @param {string} word
 */
function count(n, word) {
  return `${n} ${word}${n === 1 ? "" : "s"}`;
}
