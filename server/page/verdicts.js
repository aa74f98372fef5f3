// The table of CVEs, and the reasoning behind each.
import { card, el, pairs, tag } from "./dom.js";

const columns = [["Vulnerability", (v) => v.id], ["Package", (v) => v.package], ["Severity", (v) => severities.indexOf(v.severity)],
  ["Verdict", (v) => order.indexOf(v.status)], ["Confidence", (v) => -v.confidence], ["Rule", (v) => v.rule]];
const order = ["affected", "under_investigation", "not_affected", "fixed"];
const severities = ["critical", "high", "medium", "low", "negligible", "unknown"];
const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });

const steps = (list) => list?.length ? el("ul", { class: "path" }, list.map((item) => el("li", {}, item))) : null;
const hit = (h) => `${h.symbol} in ${h.object}${h.comm ? ` ran in ${h.comm}` : ""}${h.stack?.length ? `, called from ${h.stack.join(" ← ")}` : ""}`;
const way = (w) => `${w.from} → ${w.steps.map((s) => s.name || s.address).join(" → ")}`;
const proof = (p) => p.holds ? `${p.object}: nothing loadable reaches it (${p.checked_count} importers checked, ${p.ancestors} ancestors)`
  : `${p.object}: no proof: ${p.obstacles.map((o) => o.text).join("; ")}${p.way ? `; ${way(p.way)}` : ""}`;

function reasoning(v) {
  return el("div", {}, el("p", {}, v.reason), pairs([
    ["Level", v.level], ["Justification", v.justification?.replaceAll("_", " ")], ["Held back", v.gated],
    ["Would help", v.missing], ["To do", v.action], ["Kubescape", v.cross_check?.replaceAll("_", " ")],
    ["Confidence", steps((v.factors || []).map((f) => `× ${(1 - f.risk).toFixed(4)} ${f.name}${f.origin ? `: ${f.origin}` : ""}`))],
    ["Evidence", steps((v.evidence || []).map((e) => e.text))],
    ["Functions", steps((v.functions || []).map((f) => f.symbol || f.path))], ["Found by", v.rung],
    ["Ran", steps((v.hits || []).map(hit))], ["Proof", steps((v.proofs || []).map(proof))],
    ["Executed files", steps(v.executed_files)]]));
}

function row(v) {
  const detail = el("tr", { hidden: true }, el("td", { colspan: columns.length }));
  const toggle = el("button", { "aria-expanded": "false", title: "Show the reasoning", onclick: () => {
    detail.hidden = !detail.hidden;
    toggle.setAttribute("aria-expanded", String(!detail.hidden));
    if (!detail.firstChild.hasChildNodes()) detail.firstChild.append(reasoning(v));
  } }, v.id);
  return [el("tr", { class: "verdict" }, el("td", {}, toggle), el("td", { "data-name": "Package" }, `${v.package} ${v.version || ""}`),
    el("td", { "data-name": "Severity" }, v.severity || "unknown"), el("td", { "data-name": "Verdict" }, tag(v.status)),
    el("td", { class: "number", "data-name": "Confidence" }, v.confidence.toFixed(4)), el("td", { "data-name": "Rule" }, v.rule)), detail];
}

export function verdicts(report) {
  const all = report.verdicts, body = el("tbody"), count = el("span", { class: "soft", role: "status" });
  let by = 3, down = false;
  const words = el("input", { id: "words", type: "search", placeholder: "CVE, package, rule…", oninput: fill });
  const status = el("select", { id: "verdict", onchange: fill }, ["", ...order].map((word) => el("option", { value: word }, word.replaceAll("_", " ") || "any verdict")));

  function fill() {
    const wanted = words.value.toLowerCase();
    const of = columns[by][1];
    const some = all.filter((v) => (!status.value || v.status === status.value) &&
      `${v.id} ${(v.aliases || []).join(" ")} ${v.package} ${v.rule} ${v.severity}`.toLowerCase().includes(wanted));
    some.sort((a, b) => (down ? -1 : 1) * compare(of(a), of(b)) || compare(a.id, b.id) || compare(a.package, b.package));
    body.replaceChildren(...some.flatMap(row));
    count.textContent = `${some.length} of ${all.length}`;
  }
  const heads = columns.map(([name], i) => el("th", { scope: "col" }, el("button", { onclick: (event) => {
    down = by === i && !down;
    by = i;
    for (const th of event.target.closest("tr").children) th.removeAttribute("aria-sort");
    event.target.parentNode.setAttribute("aria-sort", down ? "descending" : "ascending");
    fill();
  } }, name)));
  fill();
  const s = report.summary;
  return card("Verdicts",
    el("p", {}, order.filter((word) => s[word]).flatMap((word) => [tag(word), ` ${s[word]}  `])),
    el("div", { class: "row" }, el("label", { for: "words" }, "Find"), el("span", { class: "grow" }, words),
      el("label", { for: "verdict" }, "Show"), status, count),
    el("div", { class: "wide" }, el("table", { class: "stack" }, el("thead", {}, el("tr", {}, heads)), body)));
}
