// @ts-check
// The player as one module: for documents `mount` and `mountAll`, and for Streamlit's components the default.

/** @import { Handle, Options, Timeline } from "./types" */
import { mount } from "./mount.js";

export { mount, mountAll } from "./mount.js";

/**
 * What Streamlit gives to a component of its second version.
 * @typedef {{
 *   data: { data?: Timeline, options?: Options } | null,
 *   parentElement: Element,
 *   setStateValue: (name: string, value: unknown) => void,
 *   setTriggerValue: (name: string, value: unknown) => void,
 * }} Component
 */

/** @type {WeakMap<Element, Handle>} */
const mounted = new WeakMap();

/**
 * A component of Streamlit: it sets `selection` and triggers `stopped`.
 * @param {Component} component
 */
export default function streamlit({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!data?.data) return undefined;
  /** @type {Options} */
  const options = {
    ...(data.options ?? {}),
    onSelect: (node, time, label) => {
      setStateValue("selection", node === null ? null : { node, at_s: Math.round(time * 10) / 10, label });
    },
    onStop: (time) => setTriggerValue("stopped", time),
  };
  const player = mounted.get(parentElement);
  if (player) {
    player.update(data.data, options);
  } else {
    const host = parentElement.appendChild(document.createElement("div"));
    mounted.set(parentElement, mount(host, data.data, options));
  }
  return () => {
    mounted.get(parentElement)?.destroy();
    mounted.delete(parentElement);
  };
}
