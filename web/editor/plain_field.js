// @ts-check
// The field before CodeMirror has come, and where it never comes: the browser's own text area.

/** @import { Field, Listener, Problem } from "./types" */
import { html } from "../common/dom.js";
import { rangeOf } from "./problems.js";

/** @implements {Field} */
export class PlainField {
  keys = "Ctrl+Enter checks the text at once";
  canSearch = false;

  /**
   * @param {HTMLElement} parent
   * @param {string} text
   * @param {Listener} listener
   */
  constructor(parent, text, listener) {
    const calm = { spellcheck: "false", autocapitalize: "off", autocomplete: "off", autocorrect: "off", wrap: "off" };
    this.area = html("textarea", { ...calm, "aria-label": "Scenario in YAML" });
    this.area.value = text;
    this.area.addEventListener("input", () => listener.onChange());
    this.area.addEventListener("blur", () => listener.onSend());
    this.area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) listener.onSend();
    });
    parent.append(this.area);
  }

  getText() {
    return this.area.value;
  }

  /** @param {string} text */
  setText(text) {
    this.area.value = text;
  }

  /** @param {Problem[]} _problems shown in the list below the field only */
  setProblems(_problems) {}

  /**
   * @param {number} line
   * @param {number} column
   */
  goTo(line, column) {
    const { from } = rangeOf(this.area.value.split("\n"), { line, column, text: "", level: "bad" });
    this.area.focus();
    this.area.setSelectionRange(from, from);
  }

  focus() {
    this.area.focus();
  }

  hasFocus() {
    return this.area.matches(":focus");
  }

  search() {}

  toggleComment() {}

  destroy() {
    this.area.remove();
  }
}
