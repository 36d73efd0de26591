// @ts-check
// Prose whose terms explain themselves on hover, on focus and on touch. Escape closes; the note can be hovered.
// Everything is written with textContent: what comes as data is never markup.

import { themeAround } from "../common/theme.js";

/** @typedef {{ text: string, about?: string, strong?: boolean, code?: boolean }} Piece */
/** @typedef {{ paragraphs: Piece[][], list?: boolean, look?: string }} Prose */

const CLOSING_MS = 250; // so that a pointer can reach the note

/** @param {Element} root */
function note(root) {
  const made = root.querySelector(".note");
  if (made instanceof HTMLElement) return made;
  const fresh = document.createElement("div");
  fresh.className = "note";
  fresh.id = "note";
  fresh.setAttribute("role", "tooltip");
  if (fresh.popover !== undefined) fresh.popover = "manual";
  root.append(fresh);
  return fresh;
}

/**
 * Puts the note below a term, or above it where there is no room below.
 * @param {HTMLElement} made
 * @param {Element} at
 */
function place(made, at) {
  const box = at.getBoundingClientRect();
  made.style.maxWidth = `${Math.min(340, window.innerWidth - 24)}px`;
  const { offsetWidth: width, offsetHeight: height } = made;
  const isBelow = box.bottom + height + 8 < window.innerHeight;
  made.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - width - 8))}px`;
  made.style.top = `${isBelow ? box.bottom + 4 : Math.max(8, box.top - height - 4)}px`;
}

/**
 * A word with a note.
 * @param {Piece} piece
 * @param {Element} root
 */
function term(piece, root) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "term";
  made.textContent = piece.text;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let closing;
  const open = () => {
    clearTimeout(closing);
    const shown = note(root);
    shown.textContent = piece.about ?? "";
    made.setAttribute("aria-describedby", "note");
    if (!shown.showPopover) shown.classList.add("open");
    else if (!shown.matches(":popover-open")) shown.showPopover();
    place(shown, made);
    shown.onmouseenter = () => clearTimeout(closing);
    shown.onmouseleave = () => close();
  };
  const close = () => {
    const shown = note(root);
    made.removeAttribute("aria-describedby");
    if (!shown.hidePopover) shown.classList.remove("open");
    else if (shown.matches(":popover-open")) shown.hidePopover();
  };
  made.addEventListener("mouseenter", open);
  made.addEventListener("mouseleave", () => {
    closing = setTimeout(close, CLOSING_MS);
  });
  made.addEventListener("focus", open);
  made.addEventListener("click", open);
  made.addEventListener("blur", close);
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    close();
    event.stopPropagation();
  });
  return made;
}

/**
 * @param {Piece} piece
 * @param {Element} root
 */
function written(piece, root) {
  if (piece.about) return term(piece, root);
  if (!piece.strong && !piece.code) return piece.text;
  const made = document.createElement(piece.strong ? "strong" : "code");
  made.textContent = piece.text;
  return made;
}

/**
 * A component of Streamlit.
 * @param {{ data: Prose, parentElement: Element }} component
 */
export default function streamlit({ data, parentElement }) {
  const root = parentElement.querySelector(".prose");
  if (!root) return;
  root.classList.toggle("dark", themeAround(root) === "dark");
  root.classList.toggle("ask", data.look === "ask");
  root.replaceChildren();
  for (const paragraph of data.paragraphs) {
    const made = document.createElement(data.list ? "li" : "p");
    made.append(...paragraph.map((piece) => written(piece, root)));
    root.append(made);
  }
}
