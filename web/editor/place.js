// @ts-check
// Where in a scenario a position is, read from CodeMirror's YAML tree: the keys above it, and what may be written there.
//
// A word that is being typed makes the text wrong for the moment (`wor` above `workers: 3` is one scalar of two lines).
// So the word is replaced by a key or a value that fits, and the tree of that text says where it stands.

/** @import { SyntaxNode, Tree } from "@lezer/common" */
import { yamlLanguage } from "@codemirror/lang-yaml";

/**
 * A place for a word: `from` where it begins, the keys above it, and whether it is a key, a value or an item of a list;
 * `hasColon` where a colon follows already.
 * @typedef {{ from: number, path: string[], kind: "key" | "value" | "item", hasColon: boolean }} Place
 */

const PLAIN_TEXT = new Set(["Comment", "QuotedLiteral", "BlockLiteralHeader", "BlockLiteralContent"]);

/**
 * The tree of a text, where the editor has none.
 * @param {string} text
 */
export function treeOf(text) {
  return yamlLanguage.parser.parse(text);
}

/**
 * The keys above a node, from the document down; of a key its own too.
 * @param {SyntaxNode | null} node
 * @param {string} text
 */
function keysAbove(node, text) {
  const path = [];
  for (let above = node; above; above = above.parent) {
    const key = above.name === "Pair" ? above.getChild("Key") : null;
    const isWord = /Literal$/.test(key?.firstChild?.name ?? "");
    if (key && isWord) path.unshift(text.slice(key.from, key.to).replace(/^(["'])(.*)\1$/, "$2"));
  }
  return path;
}

/**
 * The keys that lead to a position.
 * @param {string} text
 * @param {number} at
 * @param {Tree} tree
 */
export function pathAt(text, at, tree = treeOf(text)) {
  const [begin, end] = lineAround(text, at);
  if (!text.slice(begin, end).trim()) return placeAt(text, at, tree)?.path ?? [];
  const [before, after] = [/** @type {const} */ (-1), /** @type {const} */ (1)].map((side) =>
    keysAbove(tree.resolveInner(at, side), text),
  );
  return after.length > before.length ? after : before;
}

/**
 * The place of the word that ends at a position; null in a comment, a quoted text or the middle of a value.
 * @param {string} text
 * @param {number} at
 * @param {Tree} tree
 * @returns {Place | null}
 */
export function placeAt(text, at, tree = treeOf(text)) {
  const word = wordAt(text, at, tree.resolveInner(at, -1));
  if (!word) return null;
  const { from, to, isValue } = word;
  const hasColon = /^ *:/.test(text.slice(to));
  const probe = `${text.slice(0, from)}${isValue || hasColon ? "x" : "x: "}${text.slice(to)}`;
  const found = treeOf(probe).resolveInner(from, 1);
  const path = keysAbove(found, probe);
  if (found.parent?.name !== "Key") return { from, path, kind: isValue ? "value" : "item", hasColon };
  return { from, path: path.slice(0, -1), kind: isFirstOfItem(found.parent.parent) ? "item" : "key", hasColon };
}

/**
 * The word around a position, and whether it is the value of a key on its line; null where no word can begin.
 * @param {string} text
 * @param {number} at
 * @param {SyntaxNode} node that ends at the position, or is around it
 */
function wordAt(text, at, node) {
  if (PLAIN_TEXT.has(node.name)) return null;
  const [begin, end] = lineAround(text, at);
  const lead = /^\s*(?:-\s+)*/.exec(text.slice(begin, at))?.[0] ?? "";
  const isWord = node.name === "Literal";
  const from = isWord ? Math.max(node.from, begin + lead.length) : at;
  const before = text.slice(begin, from);
  const isValue = /:\s+$/.test(before);
  if (!isValue && before !== lead && !/[{[,]\s*$/.test(before)) return null;
  return { from, to: isWord ? Math.max(at, Math.min(node.to, end)) : at, isValue };
}

/**
 * Whether a pair is what an item of a list begins with, so that a plain word could stand there as well.
 * @param {SyntaxNode | null} pair
 */
function isFirstOfItem(pair) {
  const mapping = pair?.parent;
  return mapping?.parent?.name === "Item" && !pair?.prevSibling;
}

/**
 * Begin and end of the line around a position.
 * @param {string} text
 * @param {number} at
 */
function lineAround(text, at) {
  const end = text.indexOf("\n", at);
  return [text.lastIndexOf("\n", at - 1) + 1, end < 0 ? text.length : end];
}

/**
 * Whether the line after *line* begins a level deeper: it ends in a key without a value, or begins a folded text.
 * @param {string} line
 */
export function opensLevel(line) {
  return /(?::|:\s+[>|][+-]?)\s*(?:\s#.*)?$/.test(line) && !/^\s*#/.test(line);
}
