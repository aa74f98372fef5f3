// How the service itself is.
import { get, health, key, set_key } from "./api.js";
import { card, el, number, pairs, show, tag, when } from "./dom.js";

const kinds = [["sboms", "SBOMs"], ["vulnerabilities", "Reports"], ["advisories", "Advisories"]];
const states = ["queued", "running", "analyzing", "complete", "failed", "cancelled"];

export async function service(signal) {
  const state = await health();
  const jobs = await Promise.all(states.map((word) => get(`/api/v1/analysis?limit=1&status_filter=${word}`, signal)));
  const inputs = await Promise.all(kinds.map(([path]) => get(`/api/v1/${path}?limit=1`, signal)));
  const { agents } = await get("/api/v1/agents", signal);
  const forget = el("button", { onclick: () => { set_key(""); forget.disabled = true; } }, "Forget the API key");

  show(el("h1", {}, "Service"),
    card("Health", pairs([["State", tag(state.status)], ["Version", state.version], ["Asked", when(state.timestamp)],
      ...Object.entries(state.checks).map(([name, check]) => [name === "celery" ? "workers" : name, `${check.status}: ${check.message}`])])),
    card("Analyses", pairs(states.map((word, i) => [word, number(jobs[i].total)]))),
    card("Kept inputs", pairs(kinds.map(([, name], i) => [name, number(inputs[i].total)]))),
    card("Agents", agents.length ? el("div", { class: "wide" }, el("table", { class: "stack" },
      el("thead", {}, el("tr", {}, ["Node", "State", "Heard of", "Version", "Kernel", "Sees opens by"].map((name) => el("th", {}, name)))),
      el("tbody", {}, agents.map((agent) => el("tr", {}, el("td", {}, agent.node),
        el("td", { "data-name": "State" }, tag(agent.up ? "up" : "silent")), el("td", { "data-name": "Heard of" }, when(agent.last_seen_at)),
        el("td", { "data-name": "Version" }, agent.version), el("td", { "data-name": "Kernel" }, `${agent.kernel} ${agent.arch}`),
        el("td", { "data-name": "Sees opens by" }, agent.backend))))))
      : el("p", { class: "soft" }, "None was heard of: analyses run on this machine.")),
    card("Interface", el("p", {}, "Everything here is done by the public interface: ", el("a", { href: "/openapi.json" }, "/openapi.json"), "."),
      key() ? el("p", {}, forget) : null));
}
