// @ts-check
// Compose's editor as a component of Streamlit: it sets `code`.

/** @import { EditorData, Send } from "./editor.js" */
import { Editor } from "./editor.js";
import { onceOffered } from "./meeting.js";

/** @type {WeakMap<Element, { editor: Editor, destroy: () => void }>} */
const mounted = new WeakMap();

/**
 * @param {{ data: EditorData, parentElement: Element, setStateValue: Send }} component
 */
export default function streamlit({ data, parentElement, setStateValue }) {
  const here = mounted.get(parentElement) ?? mount(parentElement, setStateValue);
  here.editor.send = setStateValue;
  here.editor.update(data);
  return here.destroy;
}

/**
 * @param {Element} parent
 * @param {Send} send
 */
function mount(parent, send) {
  const editor = new Editor(parent.querySelector(".mount") ?? parent, send);
  const stop = onceOffered((maker) => editor.replaceField(maker));
  const destroy = () => {
    stop();
    editor.destroy();
    mounted.delete(parent);
  };
  mounted.set(parent, { editor, destroy });
  return { editor, destroy };
}
