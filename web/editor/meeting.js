// @ts-check
// Where the editor and CodeMirror meet: two components of one page, of which either may come first, or one never.
//
// CodeMirror is 400 kB. Streamlit sends a component's script again with every change of its data, so that what changes
// with each word and what is large are two components.

/** @import { FieldMaker } from "./types" */

const NAME = Symbol.for("pileup.code-field");
const EVENT = "pileup-code-field";

/** @type {typeof globalThis & { [NAME]?: FieldMaker }} */
const page = globalThis;

/** @param {FieldMaker} maker */
export function offerMaker(maker) {
  page[NAME] = maker;
  window.dispatchEvent(new Event(EVENT));
}

/**
 * Calls *use* once with the maker, at once if it is here, and otherwise when it comes; returns what stops the waiting.
 * @param {(maker: FieldMaker) => void} use
 */
export function onceOffered(use) {
  const stop = () => window.removeEventListener(EVENT, take);
  const take = () => {
    const maker = page[NAME];
    if (!maker) return;
    stop();
    use(maker);
  };
  window.addEventListener(EVENT, take);
  take();
  return stop;
}
