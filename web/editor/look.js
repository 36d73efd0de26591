// @ts-check
// How CodeMirror looks: in the colours of the page around, which the style sheet of the editor names.

import { EditorView } from "@codemirror/view";

const button = {
  backgroundImage: "none",
  background: "transparent",
  color: "inherit",
  border: "1px solid var(--line)",
  borderRadius: "0.4rem",
};

export const look = EditorView.theme({
  "&": { height: "100%", fontSize: "0.8125rem", color: "var(--ink)", backgroundColor: "var(--paper)" },
  "&.cm-focused": { outline: "none" }, // the pane around it has one
  ".cm-scroller": { fontFamily: "var(--st-code-font, monospace)", lineHeight: "1.25rem", fontVariantLigatures: "none" },
  ".cm-content": { caretColor: "var(--ink)" },
  "&.cm-focused .cm-cursor, .cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  "& > .cm-scroller > .cm-selectionLayer .cm-selectionBackground": { background: "var(--selected) !important" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-gutters": {
    color: "var(--comment)",
    backgroundColor: "var(--raised)",
    borderRight: "1px solid var(--line)",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    backgroundColor: "var(--bad-paper)",
    textDecoration: "underline wavy var(--bad) 2px",
    textUnderlineOffset: "3px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline dotted var(--warn) 2px",
    textUnderlineOffset: "3px",
  },
  ".cm-tooltip": {
    color: "var(--ink)",
    backgroundColor: "var(--paper)",
    border: "1px solid var(--line)",
    borderRadius: "0.4rem",
    boxShadow: "0 4px 14px rgba(0, 0, 0, 0.25)",
    maxWidth: "24rem",
    zIndex: "6",
  },
  ".cm-tooltip .about, .cm-tooltip.cm-completionInfo": { padding: "0.3rem 0.6rem", fontSize: "0.8125rem" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": {
    fontFamily: "var(--st-code-font, monospace)",
    fontSize: "0.8125rem",
    maxHeight: "12rem",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.15rem 0.4rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { color: "#fff", background: "#0b4f8a" },
  "@media (max-width: 640px)": { ".cm-tooltip.cm-completionInfo": { display: "none" } }, // it would hide the list
  ".cm-completionDetail": { fontStyle: "normal", opacity: "0.85" },
  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--raised)", borderBottom: "1px solid var(--line)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "0.35rem 1.6rem 0.35rem 0.5rem" },
  ".cm-panel.cm-search label": { whiteSpace: "nowrap", fontSize: "0.8125rem" },
  ".cm-panel.cm-search [name=close]": { fontSize: "1.1rem", minWidth: "1.5rem", minHeight: "1.5rem" },
  ".cm-textfield": {
    color: "inherit",
    backgroundColor: "var(--paper)",
    border: "1px solid var(--line)",
    borderRadius: "0.4rem",
    fontSize: "0.8125rem",
    padding: "0.2rem 0.5rem",
  },
  ".cm-button": { ...button, fontSize: "0.8125rem", padding: "0.15rem 0.55rem" },
  ".cm-searchMatch": { backgroundColor: "transparent", outline: "1px solid var(--key)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--selected)" },
});
