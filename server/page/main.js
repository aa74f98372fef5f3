import { key, set_key } from "./api.js";
import { card, el, problem, show } from "./dom.js";
import { job } from "./job.js";
import { list } from "./list.js";
import { service } from "./service.js";
import { submit } from "./submit.js";

let leave = new AbortController();

function ask_key(again) {
  const input = el("input", { id: "key", type: "password", autocomplete: "off", value: key() });
  show(card("This server asks for an API key",
    el("form", { onsubmit: (event) => { event.preventDefault(); set_key(input.value.trim()); again(); } },
      el("label", { for: "key" }, "API key"), input,
      el("p", {}, el("button", { class: "main" }, "Use it"), " ",
        el("span", { class: "soft" }, "It is kept until this tab is closed.")))));
  input.focus();
}

async function go() {
  const [, section, id] = location.hash.split("/");
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  for (const link of document.querySelectorAll("nav a"))
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#/${section && section !== "job" ? section : ""}`);
  document.title = "vexxy";
  try {
    if (section === "job") await job(decodeURIComponent(id || ""), signal);
    else if (section === "submit") await submit(signal);
    else if (section === "service") await service(signal);
    else await list(signal);
  } catch (error) {
    if (signal.aborted) return;
    if (error.status === 401) ask_key(go);
    else show(card("", problem(error)));
  }
}

addEventListener("hashchange", () => { go(); document.getElementById("main").focus(); });
go();
