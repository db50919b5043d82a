// "Test" on the board of providers: the result stands on the card; without this script the page comes again with it.

for (const form of document.querySelectorAll("form[data-test]")) form.addEventListener("submit", test);

async function test(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  const result = form.closest(".card").querySelector(".result");
  button.disabled = true;
  result.hidden = false;
  result.replaceChildren(line("", "Testing… this takes up to half a minute."));
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    const { results } = await response.json();
    result.replaceChildren(...results.map(({ ok, text }) => line(ok === true ? "good" : ok === false ? "bad" : "warn", text)));
  } catch {
    result.replaceChildren(line("bad", "The test could not be asked for. Reload the page and try again."));
  }
  button.disabled = false;
}

function line(kind, text) {
  const made = document.createElement("p");
  made.className = "notice";
  if (kind) made.dataset.kind = kind;
  made.textContent = text;
  return made;
}
