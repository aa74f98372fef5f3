// One analysis: how far it is while it runs, and what it found.
import { events, get, remove, save } from "./api.js";
import { card, el, number, pairs, problem, short, show, tag, when } from "./dom.js";
import { coverage } from "./coverage.js";
import { cross_check } from "./crosscheck.js";
import { verdicts } from "./verdicts.js";

const files = [["vex", "vex.openvex.json"], ["report", "report.json"], ["sbom", "sbom.filtered.cdx.json"], ["evidence", "evidence.intoto.jsonl"],
  ["bundle", "vex.sigstore.json"], ["trace", "run.trace.gz"], ["inventory", "inventory.cdx.json"], ["inputs", "inputs.json"]];
const is_over = (status) => ["complete", "failed", "cancelled"].includes(status);

// An event tells of one more second; the rate is that of the last two.
function observed_line(now, before) {
  const facts = (o) => o.execs + o.files_opened + o.files_mapped;
  const rate = before && now.seconds > before.seconds ? (facts(now) - facts(before)) / (now.seconds - before.seconds) : null;
  return `${number(now.seconds)} s observed: ${number(now.execs)} programs, ${number(now.files_opened)} files opened, ` +
    `${number(now.files_mapped)} mapped` + (rate === null ? "" : `, ${rate.toFixed(1)} new a second`) + (now.lost ? `, ${number(now.lost)} lost` : "");
}

function progress_card(job, actions) {
  const bar = el("progress", { max: 100, value: job.progress_percent, "aria-label": "Progress" });
  const phase = el("div", { role: "status" }), seen = el("div", { class: "soft" }), times = el("ol", { class: "time" });
  let before = null, named = "";
  const update = (data) => {
    bar.value = data.progress_percent;
    phase.replaceChildren(tag(data.status), ` ${data.current_phase}, ${data.progress_percent} %`);
    if (data.observed) {
      seen.textContent = observed_line(data.observed, is_over(job.status) ? null : before);
      before = data.observed;
    }
    if (data.current_phase !== named) times.append(el("li", {}, data.current_phase, data.error_message ? `: ${data.error_message}` : ""));
    named = data.current_phase;
  };
  update(job);
  times.replaceChildren();
  named = "";
  return { update, node: card("Progress", phase, bar, seen, el("details", { open: !is_over(job.status) }, el("summary", {}, "Timeline"), times), actions) };
}

const again = (job) => el("a", { class: "button", href: `#/submit/${job.job_id}` }, is_over(job.status) ? "Analyse again" : "Submit another");

function actions(job, refresh) {
  const error = el("div");
  const cancel = el("button", { disabled: is_over(job.status), onclick: async () => {
    cancel.disabled = true;
    await remove(`/api/v1/analysis/${job.job_id}`).then(refresh, (e) => error.replaceChildren(problem(e)));
  } }, "Cancel");
  return el("div", {}, el("p", { class: "row" }, cancel, again(job)), error);
}

function downloads(job) {
  const error = el("div");
  return card("Files", el("div", { class: "row" }, files.map(([what, name]) => el("button", {
    onclick: () => save(`/api/v1/analysis/${job.job_id}/${what}`, name).catch((e) => error.replaceChildren(problem(e))) }, name))), error);
}

const paths = (title, list) => el("details", {}, el("summary", {}, `${title} (${number(list.length)})`),
  el("ul", { class: "plain path" }, list.slice(0, 2000).map((item) => el("li", {}, typeof item === "string" ? item : JSON.stringify(item)))));

function profile(results, report) {
  const p = results.execution_profile;
  const losses = (report.traces || []).flatMap((t) => Object.entries(t.losses || {})).filter(([, n]) => n);
  return card("What was seen", pairs([
    ["Observed", `${p.duration_seconds.toFixed(1)} s`],
    ["Lost", p.lost_events ? `${number(p.lost_events)} (${losses.map(([k, n]) => `${k} ${n}`).join(", ")}): nothing rests on silence` : "nothing"],
    ["Functions that ran", p.code_coverage_percent === null ? null : `${p.code_coverage_percent} %`]]),
    paths("Programs", p.programs || []), paths("Libraries", p.loaded_libraries), paths("Files", p.files_accessed),
    paths("System calls", p.syscalls), paths("Connections", p.network_connections),
    results.limitations?.length ? el("ul", {}, results.limitations.map((line) => el("li", {}, line))) : null);
}

async function show_results(job, place, signal) {
  const [results, report] = await Promise.all(["results", "report"].map((what) => get(`/api/v1/analysis/${job.job_id}/${what}`, signal)));
  place.replaceChildren(verdicts(report), ...[cross_check(report), coverage(report)].filter(Boolean), profile(results, report), downloads(job));
}

export async function job(id, signal) {
  const path = `/api/v1/analysis/${encodeURIComponent(id)}`;
  let state = await get(`${path}/status`, signal);
  const refresh = () => job(id, signal);
  const progress = progress_card(state, actions(state, refresh)), results = el("div");

  show(el("h1", {}, state.image_ref), card("", pairs([["Digest", el("span", { class: "path" }, state.image_digest)], ["Profile", state.profile],
    ["Submitted", when(state.created_at)], ["Started", when(state.started_at)], ["Ended", when(state.completed_at)],
    ["Attempt", state.attempt > 1 ? `${state.attempt}: ${(state.attempts || []).map((a) => a.reason).join("; ")}` : null],
    ["Error", state.error_message ? el("span", { class: "error" }, state.error_message) : null]])), progress.node, results);
  document.title = `${state.image_ref} ${short(state.image_digest)} – vexxy`;
  const was_over = is_over(state.status);
  if (state.status === "complete") await show_results(state, results, signal);
  for await (const event of events(`${path}/events`, signal)) progress.update(event.data);
  if (!was_over && !signal.aborted) await refresh();
}
