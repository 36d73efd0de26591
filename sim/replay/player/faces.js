// The faces: the module's own functions, and the one for Streamlit.

/** The theme of a page that says its colours in variables, as the lab does; null elsewhere. */
function themeAround(element) {
  const color = getComputedStyle(element).getPropertyValue("--st-background-color").trim();
  const hex = /^#([0-9a-f]{6})/i.exec(color)?.[1];
  if (!hex) return null;
  const [r, g, b] = [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b < 128 ? "dark" : "light";
}

/**
 * Plays *data* (a timeline, or {sides: [timeline, timeline]}) in *element*.
 *
 * options: theme (auto, light, dark), projector, heading, story, series (false leaves them out, "main" folds all but
 * the first six away where there are many), reveal (sentences
 * appear when their moment comes), speed, begin (where a new player begins), at (go there now), autoplay, stopAt (pause
 * there once), and the calls
 * onSelect(node, time, label), onTime(time), onStop(time).
 * Returns {destroy, seek, update, play, pause, time}.
 */
export function mount(element, data, options = {}) {
  const player = new Player(element, data, options);
  return {
    destroy: () => player.destroy(),
    seek: (time) => player.seek(time),
    update: (next, changed = {}) => player.load(next ?? player.data, changed),
    play: () => player.play(),
    pause: () => player.pause(),
    get time() { return player.time; },
  };
}

/** Plays every element of *root* that names its data with `data-replay`. */
export function mountAll(root) {
  return [...root.querySelectorAll("[data-replay]")].map((element) => {
    const { data, options } = JSON.parse(root.getElementById(element.dataset.replay).textContent);
    return mount(element, data, options);
  });
}

const mounted = new WeakMap();

/** The face for Streamlit's components: data is {data, options}; it sets `selection` and triggers `stopped`. */
export default function streamlit({ data, parentElement, setStateValue, setTriggerValue }) {
  if (!data?.data) return undefined;
  const options = {
    ...(data.options ?? {}),
    onSelect: (node, time, label) => setStateValue("selection", node === null ? null : { node, at_s: Math.round(time * 10) / 10, label }),
    onStop: (time) => setTriggerValue("stopped", time),
  };
  let player = mounted.get(parentElement);
  if (player) { player.update(data.data, options); } else {
    const host = parentElement.appendChild(document.createElement("div"));
    player = mount(host, data.data, options);
    mounted.set(parentElement, player);
  }
  return () => { mounted.get(parentElement)?.destroy(); mounted.delete(parentElement); };
}
