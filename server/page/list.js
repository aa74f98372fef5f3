// All analyses, newest first; looked at again every other second while the page is visible.
import { get } from "./api.js";
import { card, el, short, show, tag, when } from "./dom.js";

const states = ["", "queued", "running", "analyzing", "complete", "failed", "cancelled"];
const PAGE = 50;

const pause = (ms, signal) => new Promise((next) => {
  const timer = setTimeout(next, ms);
  signal.addEventListener("abort", () => { clearTimeout(timer); next(); }, { once: true });
});

function row(job) {
  const over = ["complete", "failed", "cancelled"].includes(job.status);
  return el("tr", {},
    el("td", {}, el("a", { href: `#/job/${job.id}` }, job.image_ref), el("div", { class: "path soft" }, short(job.image_digest))),
    el("td", { "data-name": "State" }, tag(job.status)),
    el("td", {}, over ? el("span", { class: job.status === "failed" ? "error" : "soft" }, job.error_message || job.current_phase)
      : [el("progress", { max: 100, value: job.progress_percent, "aria-label": `Progress of ${job.image_ref}` }),
         el("div", { class: "soft" }, `${job.current_phase}, ${job.progress_percent} %`)]),
    el("td", { "data-name": "Profile" }, job.profile),
    el("td", { "data-name": "Submitted" }, when(job.created_at)));
}

export async function list(signal) {
  let state = "", skip = 0;
  const rows = el("tbody"), count = el("span", { class: "soft", role: "status" });
  const newer = el("button", { onclick: () => { skip = Math.max(0, skip - PAGE); look(); } }, "Newer");
  const older = el("button", { onclick: () => { skip += PAGE; look(); } }, "Older");
  const filter = el("select", { id: "state", onchange: (event) => { state = event.target.value; skip = 0; look(); } },
    states.map((word) => el("option", { value: word }, word || "any state")));

  async function look() {
    const page = await get(`/api/v1/analysis?skip=${skip}&limit=${PAGE}${state ? `&status_filter=${state}` : ""}`, signal);
    const focused = document.activeElement?.getAttribute("href");
    rows.replaceChildren(...page.jobs.map(row));
    if (focused) rows.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
    if (!page.jobs.length)
      rows.append(el("tr", {}, el("td", { colspan: 5, class: "soft" }, "None yet. ", el("a", { href: "#/submit" }, "Submit an image"))));
    count.textContent = `${page.total} in all`;
    newer.disabled = skip === 0;
    older.disabled = skip + page.jobs.length >= page.total;
  }

  await look();
  show(el("h1", {}, "Analyses"),
    card("", el("div", { class: "row" }, el("label", { for: "state" }, "Show"), filter, count),
      el("div", { class: "wide" }, el("table", { class: "stack" },
        el("thead", {}, el("tr", {}, ["Image", "State", "Progress", "Profile", "Submitted"].map((name) => el("th", {}, name)))), rows)),
      el("p", { class: "row" }, newer, older)));
  while (!signal.aborted) {
    await pause(2000, signal);
    if (!signal.aborted && !document.hidden) await look();
  }
}
