// What every page for teams needs of a script, and works without: menus and explanations close when one clicks elsewhere
// or presses Escape, and open towards the side where there is room; buttons that copy.

const FLOATING = "details.menu[open], details.explain[open]";

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll(FLOATING)) if (!open.contains(event.target)) open.open = false;
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.activeElement?.closest(FLOATING) ?? document.querySelector(FLOATING);
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.matches?.(FLOATING)) return;
  details.classList.remove("leftwards");
  const box = details.lastElementChild.getBoundingClientRect();
  if (box.right > document.documentElement.clientWidth - 8) details.classList.add("leftwards");
}, true);

// <button data-copy="#id-of-what">: copies its text, and says so
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const before = button.textContent;
  try {
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not allowed";
  }
  setTimeout(() => { button.textContent = before; }, 1500);
});
