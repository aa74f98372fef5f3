// A form for what clients do by POST.
import { get, post, upload } from "./api.js";
import { card, el, problem, show } from "./dom.js";

const field = (id, name, input, help) => [el("label", { for: id }, name), input, help ? el("div", { class: "soft", id: `${id}-help` }, help) : null];

// Another analysis of the same image begins with what is known of it.
async function earlier(signal) {
  const id = location.hash.split("/")[2];
  return id ? get(`/api/v1/analysis/${encodeURIComponent(id)}/status`, signal) : null;
}

export async function submit(signal) {
  const before = await earlier(signal);
  const image = el("input", { id: "image", required: true, autocomplete: "off", placeholder: "registry/name:tag", value: before?.image_ref || "" });
  const digest = el("input", { id: "digest", required: true, pattern: "sha256:[a-f0-9]{64}", autocomplete: "off", class: "path", value: before?.image_digest || "" });
  const profile = el("select", { id: "profile" }, ["minimal", "standard", "comprehensive", "custom"].map((word) => el("option", { value: word }, word)));
  const duration = el("input", { id: "duration", type: "number", min: 1, max: 3600 });
  const ports = el("input", { id: "ports", placeholder: "80, 443", pattern: "[0-9, ]*" });
  const script = el("textarea", { id: "script", rows: 4, class: "path", placeholder: "curl -sf http://127.0.0.1:8080/" });
  const report = el("input", { id: "report", type: "file" });
  const fresh = el("input", { type: "checkbox", id: "fresh", checked: !!before });
  const result = el("div"), send = el("button", { class: "main" }, "Submit");
  const idempotency = crypto.randomUUID ? crypto.randomUUID() : String(Math.random());
  if (before) profile.value = before.profile;

  async function go() {
    const config = {}, body = { image_ref: image.value.trim(), image_digest: digest.value.trim(), profile: profile.value, reanalyze: fresh.checked };
    if (duration.value) config.analysis_duration = Number(duration.value);
    if (ports.value.trim()) config.ports = ports.value.split(/[\s,]+/).filter(Boolean).map(Number);
    if (script.value.trim()) config.test_script = script.value;
    if (Object.keys(config).length) body.config = config;
    if (report.files.length) body.vulnerability_ids = [(await upload("/api/v1/vulnerabilities", report.files[0])).id];
    return post("/api/v1/analysis/submit", body, report.files.length ? {} : { "Idempotency-Key": `${idempotency}-${JSON.stringify(body).length}` });
  }
  show(el("h1", {}, "Submit an image"), card("", el("form", { onsubmit: async (event) => {
    event.preventDefault();
    send.disabled = true;
    await go().then((job) => { location.hash = `#/job/${job.job_id}`; }, (error) => result.replaceChildren(problem(error)));
    send.disabled = false;
  } },
    field("image", "Image", image), field("digest", "Digest", digest, "sha256:… – the digest decides what runs, the tag is for people"),
    field("profile", "Profile", profile), field("duration", "Seconds to observe", duration, "Empty: as the profile says"),
    field("ports", "Ports", ports, "Ready when the first of them is listened on"),
    field("script", "Test script", script, "Exercises the workload from beside it, in its network; never counted as the workload"),
    field("report", "Scanner report or OSV records", report, "Empty: those uploaded for this image, else the server's own"),
    el("p", { class: "row" }, fresh, el("span", { class: "grow" }, el("label", { for: "fresh" }, "Analyse again even if this was analysed before")), send)), result));
}
