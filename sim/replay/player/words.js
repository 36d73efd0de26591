// Small things: elements made and changed only where they differ, series read, numbers in words.

const SVG = "http://www.w3.org/2000/svg";
const FONT = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const THOUSANDS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const pen = document.createElement("canvas").getContext("2d"), widths = new Map();

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  for (const child of children) if (child !== null) element.append(child);
  return element;
}

/** Writes text only where it has changed: a frame touches little. */
function say(element, text) {
  if (element.said !== text) { element.said = text; element.textContent = text; }
}

function put(element, name, value) {
  const key = "put_" + name;
  if (element[key] !== value) { element[key] = value; element.setAttribute(name, value); }
}

function mark(element, name, on) {
  const key = "mark_" + name;
  if (element[key] !== on) { element[key] = on; element.classList.toggle(name, on); }
}

/** The value of a series at an instant; a series is a list, or one number that holds in every frame. */
function valueAt(series, step, time) {
  if (typeof series === "number") return series;
  if (!series || !series.length) return 0;
  return series[Math.max(0, Math.min(series.length - 1, Math.floor(time / step + 1e-9)))];
}

function peakOf(series) {
  return typeof series === "number" ? series : (series || []).reduce((a, b) => Math.max(a, b), 0);
}

function many(value) {
  if (Math.abs(value) < 9.95) return String(Math.round(value * 10) / 10);
  return value < 1000 ? String(Math.round(value)) : THOUSANDS.format(value);
}

function percent(value) {
  if (value > 99 && value < 100) return "over 99%";
  if (value > 0 && value < 1) return "under 1%";
  return Math.round(value) + "%";
}

function seconds(value) {
  if (value >= 7200) return (value / 3600).toFixed(1) + " h";
  if (value >= 600) return Math.floor(value / 60) + " min" + (value % 60 ? ` ${Math.round(value % 60)} s` : "");
  return (value % 1 || value < 10 ? value.toFixed(1) : String(value)) + " s";
}

/** A span given in milliseconds. */
function spanOf(ms) {
  return ms >= 999.5 ? `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s` : `${many(ms)} ms`;
}

function cut(text, length) {
  return text.length > length ? text.slice(0, length - 1) + "…" : text;
}

/** The width of *text* in px as the drawing writes it; asks a canvas, so that the page is not laid out for it. */
function widthOf(text, px, isBold = false) {
  const key = `${isBold}${px} ${text}`;
  let found = widths.get(key);
  if (found === undefined) {
    pen.font = `${isBold ? "700 " : ""}${px}px ${FONT}`;
    found = pen.measureText(text).width;
    if (widths.size > 5000) widths.clear();
    widths.set(key, found);
  }
  return found;
}

function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
