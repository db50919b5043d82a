// Copying a secret, forgetting its page, asking before a button acts, and searching tiles.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
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
