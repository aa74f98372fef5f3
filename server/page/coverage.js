// Which functions of what was loaded ran: one field per object, as large as its share of all functions, as full as what ran.
import { card, el, number } from "./dom.js";

export function coverage(report) {
  const c = report.execution_profile?.code_coverage;
  if (!c?.objects?.length) return null;
  const fields = [...c.objects].sort((a, b) => b.functions - a.functions).slice(0, 60).map((object) => {
    const percent = object.functions ? 100 * object.ran / object.functions : 0;
    const field = el("div", { role: "listitem", title: `${object.object}: ${number(object.ran)} of ${number(object.functions)} functions ran` },
      el("strong", {}, object.object.split("/").pop()), el("br"), `${percent.toFixed(1)} % of ${number(object.functions)}`);
    field.style.flexGrow = String(Math.max(1, object.functions));
    field.style.flexBasis = `${Math.max(3.5, 60 * Math.sqrt(object.functions / (c.functions || 1)))}rem`;
    field.style.background = `linear-gradient(to top, color-mix(in srgb, var(--bar) 35%, transparent) ${percent}%, transparent ${percent}%)`;
    return field;
  });
  return card("Function coverage", el("p", { class: "soft" }, `${number(c.ran)} of ${number(c.functions)} functions ran. A larger field has more functions; the coloured part ran.`),
    el("div", { class: "map", role: "list" }, fields));
}
