// @ts-check
// The story of a run: its sentences, each a button that goes to its moment.

/** @import { Controls, SentenceData } from "./types" */
/** @import { Clock } from "./clock.js" */
/** @import { Run } from "./run.js" */
import { html, setText } from "../common/dom.js";
import { formatSeconds } from "./text.js";

export class Story {
  /**
   * @param {Run} run
   * @param {Controls} controls
   * @param {boolean} doesReveal whether a sentence appears only when its moment has come
   */
  constructor(run, controls, doesReveal) {
    this.doesReveal = doesReveal;
    const list = html("ol");
    const head = html(controls.heading);
    head.textContent = controls.count > 1 ? `What happened: ${run.data.label}` : "What happened";
    this.sentences = run.data.story.map((sentence) => sentenceItem(sentence, controls));
    list.append(...this.sentences.map(({ item }) => item));
    this.ahead = html("p", { class: "pp-muted" });
    this.ahead.textContent = "Each sentence comes when it happens; counts and lengths when they are known.";
    this.root = html("div", { class: "pp-story" }, head, list, doesReveal ? this.ahead : null);
    /** @type {HTMLLIElement | undefined} */
    this.current = undefined;
  }

  /** @param {Clock} clock */
  show(clock) {
    this.ahead.hidden = this.sentences.every(({ sentence }) => clock.hasSeen(sentence.at_s));
    for (const { sentence, text, item } of this.sentences) {
      if (this.doesReveal) item.hidden = !clock.hasSeen(sentence.at_s);
      setText(text, knownAt(sentence, clock.time));
    }
    const current = this.sentences.findLast(({ sentence }) => clock.hasPassed(sentence.at_s))?.item;
    if (current === this.current) return;
    this.current?.removeAttribute("aria-current");
    this.current = current;
    if (!current) return;
    current.setAttribute("aria-current", "step");
    scrollIntoList(current);
  }
}

/**
 * @param {SentenceData} sentence
 * @param {Controls} controls
 */
function sentenceItem(sentence, controls) {
  const time = html("time");
  const text = html("span");
  const go = html("button", { type: "button" }, time, text);
  const item = html("li", {}, go);
  time.textContent = formatSeconds(sentence.at_s);
  go.addEventListener("click", () => controls.goTo(sentence.at_s));
  return { sentence, text, item };
}

/**
 * What of a sentence is known at an instant: counts, lengths and ends only when they can be.
 * @param {SentenceData} sentence
 * @param {number} time
 */
export function knownAt(sentence, time) {
  const isKnown = sentence.known_s === undefined || time >= sentence.known_s - 1e-6;
  return isKnown ? sentence.text : (sentence.at_first ?? "");
}

/**
 * Scrolls a list, and nothing around it, so that *item* is seen.
 * @param {HTMLElement} item
 */
function scrollIntoList(item) {
  const list = item.parentElement;
  if (!list) return;
  const low = item.offsetTop - list.offsetTop;
  if (low < list.scrollTop || low + item.offsetHeight > list.scrollTop + list.clientHeight) {
    list.scrollTop = Math.max(0, low - list.clientHeight / 3);
  }
}
