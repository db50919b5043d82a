// The days of an uptime bar: what one says where one points or touches. The same stands in the list of troubled days.

for (const ticks of document.querySelectorAll(".ticks")) {
  const box = document.createElement("div");
  box.className = "tooltip";
  box.hidden = true;
  box.setAttribute("aria-hidden", "true");
  ticks.append(box);
  const show = (event) => {
    ticks.querySelector(".at")?.classList.remove("at");
    const day = event.target.closest("rect");
    box.hidden = !day;
    if (!day) return;
    day.classList.add("at");
    box.textContent = day.dataset.text;
    const [place, all] = [day.getBoundingClientRect(), ticks.getBoundingClientRect()];
    const left = place.left - all.left + place.width / 2 - box.offsetWidth / 2;
    box.style.left = `${Math.max(0, Math.min(left, all.width - box.offsetWidth))}px`;
  };
  ticks.addEventListener("pointermove", show);
  ticks.addEventListener("pointerdown", show);
  ticks.addEventListener("pointerleave", () => {
    box.hidden = true;
    ticks.querySelector(".at")?.classList.remove("at");
  });
}
