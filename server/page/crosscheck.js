// Kubescape's profile beside our own trace, where one was given.
import { card, el, number, pairs } from "./dom.js";

function amount(v) {
  if (Array.isArray(v)) return v.length <= 12 ? el("ul", { class: "plain path" }, v.map((x) => el("li", {}, typeof x === "string" ? x : JSON.stringify(x)))) : number(v.length);
  if (v && typeof v === "object") return pairs(Object.entries(v).map(([k, x]) => [k.replaceAll("_", " "), amount(x)]));
  return typeof v === "number" ? number(v) : String(v);
}

export function cross_check(report) {
  const check = report.cross_check || report.kubescape;
  if (!check) return null;
  return card("Held against Kubescape's profile", pairs(Object.entries(check).map(([k, v]) => [k.replaceAll("_", " "), amount(v)])));
}
