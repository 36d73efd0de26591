// @ts-check
// The clock that all runs of a player share: where it is, how fast it goes, where it stops, and the steps it can take.

/** @import { RunData } from "./types" */
import { clamp } from "./numbers.js";

export const SPEEDS = [1, 2, 5, 10, 20, 50, 100];
const LEAD = 2; // seconds before the first fault from which another run is shown
const NEAR = 1e-6; // seconds: instants nearer to each other are the same
const LONGEST_FRAME = 0.25; // seconds: a page that was hidden does not jump
const LAPS_PER_S = 0.45; // how often a dot travels along its link

export class Clock {
  /**
   * @param {number} end seconds
   * @param {number} time where it begins
   * @param {number} [speed] seconds of the scenario in a second
   */
  constructor(end, time, speed = speedFor(end)) {
    this.end = end;
    this.speed = speed;
    this.time = clamp(time, 0, end);
    this.reached = this.time; // of this run nothing later has been seen
    this.phase = 0; // where the dots on the links are, as a share of the way
  }

  /** @param {number} time */
  seek(time) {
    this.time = clamp(Number(time) || 0, 0, this.end);
    this.reached = Math.max(this.reached, this.time);
  }

  /**
   * Lets *passed* seconds of the reader's time pass, and says why the clock stops then, if it does.
   * @param {number} passed
   * @param {number} [stopAt]
   * @returns {"" | "stop" | "end"}
   */
  advance(passed, stopAt) {
    const before = this.time;
    const real = clamp(passed, 0, LONGEST_FRAME);
    this.phase = (this.phase + real * LAPS_PER_S) % 1;
    this.seek(before + real * this.speed);
    if (stopAt !== undefined && before < stopAt && this.time >= stopAt) {
      this.time = stopAt;
      return "stop";
    }
    return this.time >= this.end ? "end" : "";
  }

  /**
   * Whether an instant has been seen.
   * @param {number} time
   */
  hasSeen(time) {
    return time <= this.reached + NEAR;
  }

  /**
   * Whether an instant lies before now, or is now.
   * @param {number} time
   */
  hasPassed(time) {
    return time <= this.time + NEAR;
  }

  /**
   * Where a key moves the clock to; null for a key that moves nothing.
   * @param {string} key
   * @param {boolean} isShifted
   * @param {number} frame seconds between two frames
   */
  moveOf(key, isShifted, frame) {
    const small = Math.max(frame, this.end / 600);
    const big = this.end / 20;
    const step = isShifted ? big : small;
    const move = { ArrowRight: step, ArrowLeft: -step, PageUp: big, PageDown: -big }[key];
    if (move !== undefined) return Math.round((this.time + move) * 1e6) / 1e6;
    return key === "Home" ? 0 : key === "End" ? this.end : null;
  }

  /**
   * The next or previous of *moments*; the end or the beginning where there is none.
   * @param {number[]} moments
   * @param {1 | -1} direction
   */
  step(moments, direction) {
    if (direction > 0) return moments.find((time) => time > this.time + NEAR) ?? this.end;
    return moments.findLast((time) => time < this.time - NEAR) ?? 0;
  }
}

/**
 * The speed at which all of it is played within 40 seconds.
 * @param {number} end
 */
export function speedFor(end) {
  return SPEEDS.find((speed) => end / speed <= 40) ?? 100;
}

/**
 * The instants that one steps to, each once, in order.
 * @param {{ data: RunData }[]} runs
 * @param {number} end
 */
export function momentsOf(runs, end) {
  const times = runs.flatMap(({ data }) => [...data.story, ...data.events].map((moment) => Math.min(moment.at_s, end)));
  return times.sort((a, b) => a - b).filter((time, i) => i === 0 || time - times[i - 1] > NEAR);
}

/**
 * The instant at which another run begins to play: *time*, where it lies in the stretch of the faults.
 * @param {RunData} run
 * @param {number} time
 * @param {number} end
 */
export function instantToShow({ faults }, time, end) {
  if (!faults.length) return time < end ? time : 0;
  const begin = Math.max(0, Math.min(...faults.map((fault) => fault.at_s)) - LEAD);
  const last = Math.max(...faults.map((fault) => fault.until_s));
  return time >= begin && time <= last ? time : begin;
}
