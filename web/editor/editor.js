// @ts-check
// Compose's editor: a field for the text, and around it the verdict of the server, its problems, and the meaning of a key.
// It begins with a plain text area and takes CodeMirror as soon as that is here. What comes as data is written as text.

/** @import { Field, FieldMaker, Help, Listener, Problem } from "./types" */
import { themeAround } from "../common/theme.js";
import { html, setText } from "../common/dom.js";
import { keepDraft, readDraft } from "./draft.js";
import { PlainField } from "./plain_field.js";
import { verdictOf } from "./problems.js";

/** @typedef {{ text: string, revision: number, edit?: number, begins?: boolean, problems?: Problem[] }} EditorData */
/** @typedef {(name: string, value: unknown) => void} Send */

const QUIET_MS = 350; // without a keystroke, before the text is sent

/** @implements {Listener} */
export class Editor {
  /**
   * @param {Element} root
   * @param {Send} send
   */
  constructor(root, send) {
    this.send = send;
    /** @type {Problem[]} */
    this.problems = [];
    this.edit = 0;
    this.revision = NaN; // of no text so far
    this.sent = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    this.verdict = html("div", { class: "state", role: "status" });
    this.findButton = html("button", { type: "button" }, "Find");
    this.commentButton = html("button", { type: "button", title: "Ctrl+/" }, "Comment");
    this.pane = html("div", { class: "pane" });
    this.list = html("ul", { class: "problems", "aria-label": "Problems" });
    this.about = html("div", { class: "help", tabindex: -1 });
    this.keys = html("p", { class: "keys" });
    const bar = html("div", { class: "bar" }, this.verdict, this.findButton, this.commentButton);
    this.box = html("div", { class: "editor" }, bar, this.pane, this.list, this.about, this.keys);
    this.findButton.addEventListener("click", () => this.field.search());
    this.commentButton.addEventListener("click", () => this.field.toggleComment());
    this.box.addEventListener("keydown", (event) => event.stopPropagation()); // the app's own shortcuts are for outside
    root.replaceChildren(this.box);
    /** @type {Field} */
    this.field = new PlainField(this.pane, "", this);
    this.showField();
  }

  /**
   * Takes what the server says: another text, or what it finds wrong in this one.
   * @param {EditorData} data
   */
  update(data) {
    if (data.revision !== this.revision) this.takeText(data);
    const isOfThis = data.edit === undefined || data.edit === this.edit || this.edit === 0;
    if (isOfThis) this.problems = data.problems ?? [];
    this.box.classList.toggle("dark", themeAround(this.box) === "dark");
    if (isOfThis) this.showProblems();
  }

  /**
   * Takes another text of the server: a template, a file, the tables. Where a session begins, the draft comes instead.
   * @param {EditorData} data
   */
  takeText(data) {
    this.revision = data.revision;
    clearTimeout(this.timer);
    const draft = data.begins ? readDraft() : null;
    if (!data.begins) keepDraft(data.text);
    this.field.setText(draft ?? data.text);
    this.edit = 0;
    if (draft === null || draft === data.text) return;
    this.edit = 1;
    this.onSend();
  }

  /**
   * Puts another field in the place of the one that is here, with its text.
   * @param {FieldMaker} maker
   */
  replaceField(maker) {
    const { field } = this;
    try {
      this.field = maker(this.pane, field.getText(), this);
    } catch (error) {
      console.error(error); // the plain text area stays
      return;
    }
    const hadFocus = field.hasFocus();
    field.destroy();
    this.showField();
    this.showProblems();
    if (hadFocus) this.field.focus();
  }

  showField() {
    const { canSearch, keys } = this.field;
    for (const part of [this.findButton, this.commentButton, this.about]) part.hidden = !canSearch;
    setText(this.keys, keys);
  }

  // --- what the field says ---

  onChange() {
    this.edit += 1;
    keepDraft(this.field.getText());
    this.verdict.textContent = "checking…";
    this.verdict.className = "state";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.onSend(), QUIET_MS);
  }

  /** Sends the text, once for each edit. */
  onSend() {
    clearTimeout(this.timer);
    const key = `${this.revision}/${this.edit}`;
    if (this.edit === 0 || this.sent === key) return;
    this.sent = key;
    this.send("code", { text: this.field.getText(), edit: this.edit, revision: this.revision });
  }

  /** @param {Help} help */
  onHelp({ path, found }) {
    if (!path.length) {
      this.about.textContent = "Put the cursor on a key to read what it means.";
      return;
    }
    const own = " – a name of your own, or a key that the format does not have";
    const words = found ? ` ${found.type ? `(${found.type}) ` : ""}${found.about}` : own;
    this.about.replaceChildren(html("code", {}, path.join(" › ")), words);
  }

  onExplain() {
    this.about.focus();
  }

  // --- what the server says ---

  showProblems() {
    const { words, level } = verdictOf(this.problems);
    this.verdict.textContent = words;
    this.verdict.className = `state ${level}`;
    this.list.replaceChildren(...this.problems.map((problem) => this.item(problem)));
    this.field.setProblems(this.problems);
  }

  /** @param {Problem} problem */
  item({ line, column, text, level }) {
    const sign = level === "bad" ? "✕" : "!";
    const place = html("b", {}, line ? `${sign} ${line}:${column} ` : `${sign} `);
    const button = html("button", { type: "button" }, place, text);
    if (line) button.addEventListener("click", () => this.field.goTo(line, column));
    return html("li", { class: level }, button);
  }

  destroy() {
    clearTimeout(this.timer);
    this.field.destroy();
    this.box.remove();
  }
}
