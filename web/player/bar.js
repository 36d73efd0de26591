// @ts-check
// The bar: play, step, scrub, speed.

/** @import { Controls } from "./types" */
/** @import { Run } from "./run.js" */
import { bandsOf } from "./chart.js";
import { SPEEDS } from "./clock.js";
import { html, setAttribute, setText, svg } from "../common/dom.js";
import { formatSeconds } from "./text.js";

const ICONS = {
  play: "M3 1.5v13l11-6.5z",
  pause: "M3 2h3.6v12H3zM9.4 2H13v12H9.4z",
  next: "M2 2v12l7-6zM9 2v12l5-6zM13 2h1.6v12H13z",
  back: "M14 2v12L7 8zM7 2v12L2 8zM1.4 2H3v12H1.4z",
};

export class Bar {
  /**
   * @param {Run} run the first
   * @param {Controls} controls
   * @param {number[]} moments
   */
  constructor(run, controls, moments) {
    this.run = run;
    this.end = controls.end;
    this.playButton = button("play", "Play", "Play");
    this.playButton.root.className = "pp-play";
    this.playButton.root.addEventListener("click", () => controls.toggle());
    const back = button("back", "Step to the previous event");
    const next = button("next", "Step to the next event");
    back.root.addEventListener("click", () => controls.step(-1));
    next.root.addEventListener("click", () => controls.step(1));
    this.clock = html("span", { class: "pp-time" });
    const of = html("span", { class: "pp-muted" });
    of.textContent = `of ${formatSeconds(this.end)}`;
    this.done = html("div", { class: "pp-done" });
    this.thumb = html("div", { class: "pp-thumb" });
    const track = html(
      "div",
      { class: "pp-track" },
      ...bandsOf(run.data, this.end),
      this.done,
      this.thumb,
      ...moments.map((time) => tick(time, this.end)),
    );
    const slider = { role: "slider", tabindex: 0, "aria-label": "Time", "aria-valuemin": 0, "aria-valuemax": this.end };
    this.scrub = html("div", { class: "pp-scrub", ...slider }, track);
    controls.drag(this.scrub, track);
    const speed = html("label", {}, speedChoice(controls));
    const parts = [this.playButton.root, back.root, next.root, this.clock, of, this.scrub, speed];
    this.root = html("div", { class: "pp-bar" }, ...parts);
  }

  /** @param {boolean} isPlaying */
  showPlaying(isPlaying) {
    const { root, path, text } = this.playButton;
    const words = isPlaying ? "Pause" : "Play";
    path.setAttribute("d", ICONS[isPlaying ? "pause" : "play"]);
    text.textContent = words;
    root.setAttribute("aria-label", words);
    root.title = `${words} (space)`;
  }

  /**
   * @param {number} time
   * @param {string} place a CSS percentage
   */
  show(time, place) {
    this.thumb.style.left = place;
    this.done.style.width = place;
    setText(this.clock, time >= 600 ? formatSeconds(Math.round(time)) : time.toFixed(1) + " s");
    setAttribute(this.scrub, "aria-valuenow", time.toFixed(1));
    setAttribute(this.scrub, "aria-valuetext", this.inWords(time));
  }

  /** @param {number} time */
  inWords(time) {
    const faults = this.run.activeFaults(time).map((fault) => fault.name);
    const during = faults.length ? `, during ${faults.join(", ")}` : "";
    return `${formatSeconds(Math.round(time * 10) / 10)} of ${formatSeconds(this.end)}${during}`;
  }
}

/**
 * @param {keyof typeof ICONS} icon
 * @param {string} label
 * @param {string} [words]
 */
function button(icon, label, words = "") {
  const path = svg("path", { d: ICONS[icon] });
  const text = html("span");
  const picture = svg("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, path);
  const root = html("button", { type: "button", "aria-label": label, title: label }, picture);
  text.textContent = words;
  if (words) root.append(text);
  return { root, path, text };
}

/**
 * @param {number} time
 * @param {number} end
 */
function tick(time, end) {
  const mark = html("div", { class: "pp-tick" });
  mark.style.left = `${(100 * time) / end}%`;
  return mark;
}

/** @param {Controls} controls */
function speedChoice(controls) {
  const select = html("select", { "aria-label": "Speed" });
  for (const speed of [...new Set([...SPEEDS, controls.speed])].sort((a, b) => a - b)) {
    const option = html("option", { value: speed });
    option.textContent = `${speed}×`;
    option.selected = speed === controls.speed;
    select.append(option);
  }
  select.addEventListener("change", () => controls.setSpeed(Number(select.value)));
  return select;
}
