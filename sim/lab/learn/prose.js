// Prose whose terms explain themselves on hover, on focus and on touch. Escape closes; the note can be hovered.
// Everything is written with textContent: what comes as data is never markup.

function note(root) {
  let made = root.querySelector(".note");
  if (!made) {
    made = document.createElement("div");
    made.className = "note";
    made.id = "note";
    made.setAttribute("role", "tooltip");
    if (made.popover !== undefined) made.popover = "manual";
    root.append(made);
  }
  return made;
}

function place(made, at) {
  const box = at.getBoundingClientRect();
  made.style.maxWidth = `${Math.min(340, window.innerWidth - 24)}px`;
  const wide = made.offsetWidth, high = made.offsetHeight;
  made.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - wide - 8))}px`;
  made.style.top = `${box.bottom + high + 8 < window.innerHeight ? box.bottom + 4 : Math.max(8, box.top - high - 4)}px`;
}

function term(piece, root) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "term";
  made.textContent = piece.text;
  let closing;
  const open = () => {
    clearTimeout(closing);
    const shown = note(root);
    shown.textContent = piece.about;
    made.setAttribute("aria-describedby", "note");
    if (shown.showPopover) { if (!shown.matches(":popover-open")) shown.showPopover(); } else shown.classList.add("open");
    place(shown, made);
    shown.onmouseenter = () => clearTimeout(closing);
    shown.onmouseleave = () => close();
  };
  const close = () => {
    const shown = note(root);
    made.removeAttribute("aria-describedby");
    if (shown.hidePopover) { if (shown.matches(":popover-open")) shown.hidePopover(); } else shown.classList.remove("open");
  };
  made.addEventListener("mouseenter", open);
  made.addEventListener("mouseleave", () => { closing = setTimeout(close, 250); });
  made.addEventListener("focus", open);
  made.addEventListener("click", open);
  made.addEventListener("blur", close);
  made.addEventListener("keydown", (event) => { if (event.key === "Escape") { close(); event.stopPropagation(); } });
  return made;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".prose");
  root.replaceChildren();
  const probe = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  const parts = (/^#(..)(..)(..)/.exec(probe) || [0, "ff", "ff", "ff"]).slice(1).map((part) => parseInt(part, 16));
  root.classList.toggle("dark", 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 128);
  root.classList.toggle("ask", data.look === "ask");
  for (const paragraph of data.paragraphs) {
    const made = document.createElement(data.list ? "li" : "p");
    for (const piece of paragraph) {
      if (piece.about) made.append(term(piece, root));
      else if (piece.strong) { const b = document.createElement("strong"); b.textContent = piece.text; made.append(b); }
      else if (piece.code) { const c = document.createElement("code"); c.textContent = piece.text; made.append(c); }
      else made.append(piece.text);
    }
    root.append(made);
  }
}
