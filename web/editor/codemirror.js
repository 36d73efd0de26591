// @ts-check
// The component that brings CodeMirror into the page of Compose: it shows nothing.

/** @import { Guide } from "./types" */
import { CodeField } from "./code_field.js";
import { offerMaker } from "./meeting.js";

/**
 * A component of Streamlit; the guide is what the schema says of each key.
 * @param {{ data: { guide: Guide } }} component
 */
export default function streamlit({ data }) {
  offerMaker((parent, text, listener) => new CodeField(parent, text, data.guide, listener));
}
