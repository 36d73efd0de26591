// @ts-check
// What a document calls: a player in an element, or in every element that names its data.

/** @import { Handle, Options, Timeline } from "./types" */
import { Player } from "./player.js";

/**
 * Plays *data* in *element*.
 * @param {Element} element
 * @param {Timeline} data
 * @param {Options} options
 * @returns {Handle}
 */
export function mount(element, data, options = {}) {
  const player = new Player(element, data, options);
  return {
    destroy: () => player.destroy(),
    seek: (time) => player.seek(time),
    update: (next, changed = {}) => player.load(next ?? player.data, changed),
    play: () => player.play(),
    pause: () => player.pause(),
    get time() {
      return player.time;
    },
  };
}

/**
 * Plays every element of *root* that names its data with `data-replay`.
 * @param {Document} root
 */
export function mountAll(root) {
  return [...root.querySelectorAll("[data-replay]")].map((element) => {
    const { data, options } = readJson(root, element.getAttribute("data-replay") ?? "");
    return mount(element, data, options);
  });
}

/**
 * The data in a script element of that name.
 * @param {Document} root
 * @param {string} id
 */
export function readJson(root, id) {
  return JSON.parse(root.getElementById(id)?.textContent ?? "null");
}
