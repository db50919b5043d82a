// Names to choose from where a model is typed: those of the provider in the same row, or any name there is.
"use strict";

{
  const kept = new Map(); // provider id, or "" for any name → the promise of its list's id

  function listOf(provider) {
    if (!kept.has(provider)) kept.set(provider, made(provider));
    return kept.get(provider);
  }

  async function made(provider) {
    const reply = await fetch(`/admin/gateway/route/names/?provider=${encodeURIComponent(provider)}`);
    if (!reply.ok) return "";
    const { names } = await reply.json();
    const list = document.createElement("datalist");
    list.id = `sb-names-${provider || "any"}`;
    for (const name of names) list.append(new Option(name, name));
    document.body.append(list);
    return list.id;
  }

  // The provider chosen beside the field; none where the field stands alone.
  function providerOf(input) {
    if (input.dataset.names !== "row") return "";
    const select = document.getElementById(input.id.replace(/model$/, "provider"));
    return select ? select.value : "";
  }

  document.addEventListener("focusin", async (event) => {
    const input = event.target;
    if (!input.matches?.("input[data-names]")) return;
    const id = await listOf(providerOf(input));
    if (id) input.setAttribute("list", id);
  });
}
