// What the keyboard and screen readers miss in the admin's theme: a way past the sidebar, names of fields, buttons.
"use strict";

// select2 names its boxes after what is chosen in them, which may be nothing.
function nameLists() {
  for (const list of document.querySelectorAll("select.select2-hidden-accessible")) {
    const box = list.nextElementSibling?.querySelector(".select2-selection");
    const name = list.labels[0]?.textContent.trim() ?? "";
    for (const part of box?.querySelectorAll("[role=textbox], [role=searchbox]") ?? []) part.setAttribute("aria-label", name);
    const chosen = [...list.selectedOptions].map((one) => one.textContent.trim()).filter((text) => text && !/^-+$/.test(text)).join(", ");
    box?.querySelector(".select2-selection__clear")?.setAttribute("aria-hidden", "true");
    box?.removeAttribute("aria-labelledby");
    box?.setAttribute("aria-label", chosen ? `${name}: ${chosen}` : name);
  }
}

// The theme's menu, filters, sidebar and colours are spans that only a mouse can open.
const SPANS = "a.cursor-pointer:not([href]), div.cursor-pointer[x-on\\:click], .material-symbols-outlined[x-on\\:click]";
const ICONS = { dock_to_right: "Sidebar", menu: "Sidebar", computer: "Colours", light_mode: "Colours", dark_mode: "Colours" };

function reachSpans() {
  for (const span of document.querySelectorAll(SPANS)) {
    span.tabIndex = 0;
    span.setAttribute("role", "button");
    if (ICONS[span.textContent.trim()]) span.setAttribute("aria-label", ICONS[span.textContent.trim()]);
  }
}
document.addEventListener("keydown", (event) => {
  if (!["Enter", " "].includes(event.key) || !event.target.matches?.(SPANS)) return;
  event.preventDefault();
  event.target.click();
});

// In a table of fields the column's head is the name.
function nameCells() {
  for (const field of document.querySelectorAll("td :is(input, select, textarea):not([type=hidden], [aria-label])")) {
    const cell = field.closest("td");
    const head = cell.closest("table").tHead?.rows[0]?.cells[cell.cellIndex]?.querySelector("span > span");
    if (!field.labels?.length && head) field.setAttribute("aria-label", head.textContent.replace("*", "").trim());
  }
}

function mend() {
  nameLists();
  nameCells();
  reachSpans();
}
document.addEventListener("DOMContentLoaded", () => {
  const skip = Object.assign(document.createElement("a"), { className: "sb-skip", href: "#content", textContent: "Skip to the content" });
  if (document.getElementById("content")) document.body.prepend(skip);
});
addEventListener("load", () => setTimeout(mend)); // lists are made when jQuery is ready
document.addEventListener("focusin", mend); // something was chosen, a row was added, a menu opened
