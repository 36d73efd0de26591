// @ts-check
// The draft: what was written last, kept in this browser, so that a reload brings it back.

const KEY = "pileup draft";

/** The draft; null in a browser that has none, or keeps nothing. */
export function readDraft() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** @param {string} text */
export function keepDraft(text) {
  try {
    localStorage.setItem(KEY, text);
  } catch {
    // a browser that keeps nothing
  }
}
