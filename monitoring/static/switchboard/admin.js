// Copying a secret, forgetting its page, asking before a button acts, searching tiles, and what the keyboard and
// screen readers miss.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const skip = Object.assign(document.createElement("a"), { className: "sb-skip", href: "#content", textContent: "Skip to the content" });
  if (document.getElementById("content")) document.body.prepend(skip);

  // A reload must not bring the secret back: the address becomes the object's own page, without a POST to repeat.
  const page = document.querySelector("[data-forget]");
  if (page) history.replaceState(null, "", page.dataset.forget);

  for (const input of document.querySelectorAll("[data-search]")) {
    input.addEventListener("input", () => {
      const words = input.value.trim().toLowerCase();
      for (const tile of document.querySelectorAll(input.dataset.search)) {
        tile.hidden = !tile.dataset.vendor.includes(words);
      }
      for (const group of document.querySelectorAll("[data-search-group]")) {
        group.hidden = !group.querySelector(`${input.dataset.search}:not([hidden])`);
      }
    });
  }
});

// select2 names its boxes after what is chosen in them, which may be nothing.
function nameLists() {
  for (const list of document.querySelectorAll("select.select2-hidden-accessible")) {
    const box = list.nextElementSibling?.querySelector(".select2-selection");
    const name = list.labels[0]?.textContent.trim() ?? "";
    for (const part of box?.querySelectorAll("[role=textbox], [role=searchbox]") ?? []) part.setAttribute("aria-label", name);
    const chosen = box?.querySelector(".select2-selection__rendered")?.textContent.trim() ?? "";
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
addEventListener("load", () => setTimeout(mend)); // lists are made when jQuery is ready
document.addEventListener("focusin", mend); // something was chosen, a row was added, a menu opened

// A page with a secret that comes back out of the browser's cache is loaded anew, which shows it without.
window.addEventListener("pageshow", (event) => {
  if (event.persisted && document.querySelector("[data-forget]")) location.reload();
});

document.addEventListener("click", async (event) => {
  const asking = event.target.closest("[data-confirm]");
  if (asking && asking.dataset.confirm && !confirm(asking.dataset.confirm)) event.preventDefault();

  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.querySelector(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]") || button;
  label.textContent = (await copied(source)) ? "Copied" : "Press Ctrl+C";
});

async function copied(source) {
  try {
    await navigator.clipboard.writeText(source.textContent.trim());
    return true;
  } catch {
    // Without HTTPS there is no clipboard API; the older way works on a selection.
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return document.execCommand("copy");
  }
}
