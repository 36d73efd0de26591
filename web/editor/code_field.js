// @ts-check
// The field with CodeMirror: marks, completion from the schema, the meaning of keys, find, undo.

/** @import { Field, Guide, Listener, Problem } from "./types" */
import { acceptCompletion, autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab, toggleComment } from "@codemirror/commands";
import { yamlLanguage } from "@codemirror/lang-yaml";
import { ensureSyntaxTree, HighlightStyle, indentService, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { openSearchPanel, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { html } from "../common/dom.js";
import { offersAt } from "./completion.js";
import { explain } from "./guide.js";
import { opensLevel, pathAt, treeOf } from "./place.js";
import { rangeOf } from "./problems.js";
import { look } from "./look.js";

const PARSING_MS = 50; // before the tree of what is not parsed yet is made without the editor's

/** @implements {Field} */
export class CodeField {
  keys =
    "Tab indents · Ctrl+Space completes · F1 explains the key · F8 next problem · Ctrl+F finds · Esc, then Tab leaves";
  canSearch = true;

  /**
   * @param {HTMLElement} parent
   * @param {string} text
   * @param {Guide} guide
   * @param {Listener} listener
   */
  constructor(parent, text, guide, listener) {
    this.guide = guide;
    const root = parent.getRootNode();
    this.view = new EditorView({
      parent,
      root: root instanceof ShadowRoot || root instanceof Document ? root : undefined,
      state: EditorState.create({ doc: text, extensions: [...extensions(guide), ...this.listening(listener)] }),
    });
    this.announceHelp(listener);
  }

  /** @param {Listener} listener */
  listening(listener) {
    const sends = () => {
      listener.onSend();
      return true;
    };
    const explains = () => {
      listener.onExplain();
      return true;
    };
    return [
      keymap.of([
        { key: "Mod-Enter", run: sends },
        { key: "Mod-s", run: sends },
        { key: "F1", run: explains },
      ]),
      EditorView.domEventHandlers({ blur: () => listener.onSend() }),
      EditorView.updateListener.of((update) => {
        const isOurs = update.transactions.some((transaction) => transaction.isUserEvent("set"));
        if (update.docChanged && !isOurs) listener.onChange();
        if (update.docChanged || update.selectionSet) this.announceHelp(listener);
      }),
    ];
  }

  /** @param {Listener} listener */
  announceHelp(listener) {
    const { state } = this.view;
    const path = pathAt(state.doc.toString(), state.selection.main.head, parsed(state));
    listener.onHelp({ path, found: explain(this.guide, path) });
  }

  getText() {
    return this.view.state.doc.toString();
  }

  /** @param {string} text */
  setText(text) {
    if (text === this.getText()) return;
    const changes = { from: 0, to: this.view.state.doc.length, insert: text };
    this.view.dispatch({ changes, selection: { anchor: 0 }, userEvent: "set", scrollIntoView: true });
  }

  /** @param {Problem[]} problems */
  setProblems(problems) {
    const lines = this.getText().split("\n");
    const diagnostics = problems.flatMap((problem) => {
      if (!problem.line) return [];
      const severity = problem.level === "bad" ? /** @type {const} */ ("error") : /** @type {const} */ ("warning");
      return [{ ...rangeOf(lines, problem), severity, message: problem.text }];
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  /**
   * @param {number} line
   * @param {number} column
   */
  goTo(line, column) {
    const { from } = rangeOf(this.getText().split("\n"), { line, column, text: "", level: "bad" });
    const effects = EditorView.scrollIntoView(from, { y: "center" });
    this.view.dispatch({ selection: { anchor: from }, effects });
    this.view.focus();
  }

  focus() {
    this.view.focus();
  }

  hasFocus() {
    return this.view.hasFocus;
  }

  search() {
    openSearchPanel(this.view);
  }

  toggleComment() {
    toggleComment(this.view);
    this.view.focus();
  }

  destroy() {
    this.view.destroy();
  }
}

/** @param {EditorState} state */
function parsed(state) {
  return ensureSyntaxTree(state, state.doc.length, PARSING_MS) ?? treeOf(state.doc.toString());
}

/** @param {Guide} guide */
function extensions(guide) {
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const label = "Scenario in YAML. Tab indents; press Escape, then Tab, to leave.";
  return [
    lineNumbers(),
    lintGutter(),
    history(),
    drawSelection({ cursorBlinkRate: isStill ? 0 : 1200 }),
    highlightActiveLine(),
    yamlLanguage,
    indentUnit.of("  "),
    indentService.of(indentAfter),
    syntaxHighlighting(highlighting),
    autocompletion({ override: [completionSource(guide)], icons: false, maxRenderedOptions: 40 }),
    hoverTooltip((view, at) => helpTooltip(guide, view, at), { hideOnChange: true }),
    search({ top: true }),
    keymap.of([
      { key: "Tab", run: acceptCompletion },
      { key: "F8", run: nextDiagnostic },
      ...completionKeymap,
      ...searchKeymap,
      ...historyKeymap,
      indentWithTab,
      ...defaultKeymap,
    ]),
    EditorView.contentAttributes.of({ "aria-label": label, spellcheck: "false", autocapitalize: "off", tabindex: "0" }),
    look,
  ];
}

const highlighting = HighlightStyle.define([
  { tag: tags.definition(tags.propertyName), class: "yaml-key" },
  { tag: tags.comment, class: "yaml-comment" },
]);

/**
 * A level deeper below a key without a value, and as the tree says elsewhere.
 * @type {Parameters<typeof indentService.of>[0]}
 */
function indentAfter(context, at) {
  const line = context.lineAt(at, -1).text;
  return opensLevel(line) ? context.lineIndent(at, -1) + context.unit : undefined;
}

/**
 * @param {Guide} guide
 * @returns {import("@codemirror/autocomplete").CompletionSource}
 */
function completionSource(guide) {
  return ({ state, pos, explicit }) => {
    const found = offersAt(guide, state.doc.toString(), pos, explicit, parsed(state));
    return found && { from: found.from, options: found.offers, filter: false };
  };
}

/**
 * The meaning of the key below the pointer.
 * @param {Guide} guide
 * @param {EditorView} view
 * @param {number} at
 */
function helpTooltip(guide, view, at) {
  const tree = parsed(view.state);
  const literal = tree.resolveInner(at, 1);
  if (literal.parent?.name !== "Key") return null;
  const found = explain(guide, pathAt(view.state.doc.toString(), at, tree));
  if (!found) return null;
  const create = () => ({ dom: html("div", { class: "about" }, found.type ? `(${found.type}) ` : "", found.about) });
  return { pos: literal.from, end: literal.to, above: true, create };
}
