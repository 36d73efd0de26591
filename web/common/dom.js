// @ts-check
// Elements made, and changed only where they differ from what was written last: a frame touches little of the page.

const SVG = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/** @typedef {Record<string, string | number | null>} Attributes */
/** @typedef {Node | string | null} Child */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Attributes} [attributes]
 * @param {...Child} children
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Attributes} attributes those that are null are left out
 * @param {Child[]} [children]
 */
export function fill(element, attributes, children = []) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, String(value));
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** @type {WeakMap<Element, Map<string, unknown>>} */
const written = new WeakMap();

/**
 * Whether *value* differs from what was last written under *key*; it counts as written from now on.
 * @param {Element} element
 * @param {string} key
 * @param {unknown} value
 */
function differs(element, key, value) {
  let values = written.get(element);
  if (!values) written.set(element, (values = new Map()));
  if (values.has(key) && values.get(key) === value) return false;
  values.set(key, value);
  return true;
}

/**
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (differs(element, "text", text)) element.textContent = text;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {string | number} value
 */
export function setAttribute(element, name, value) {
  if (differs(element, `@${name}`, value)) element.setAttribute(name, String(value));
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {boolean} isOn
 */
export function toggleClass(element, name, isOn) {
  if (differs(element, `.${name}`, isOn)) element.classList.toggle(name, isOn);
}

/** @type {Map<string, number>} */
const widths = new Map();
/** @type {CanvasRenderingContext2D | null} */
let pen = null;

/**
 * The width of *text* in px as the drawing writes it; asks a canvas, so that the page is not laid out for it.
 * @param {string} text
 * @param {number} px
 */
export function textWidth(text, px, isBold = false) {
  const key = `${isBold}${px} ${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    pen ??= document.createElement("canvas").getContext("2d");
    if (!pen) return text.length * px * 0.55; // a browser that measures nothing
    pen.font = `${isBold ? "700 " : ""}${px}px ${FONT}`;
    width = pen.measureText(text).width;
    if (widths.size > 5000) widths.clear();
    widths.set(key, width);
  }
  return width;
}
