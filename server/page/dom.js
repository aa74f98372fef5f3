// Elements. Whatever comes from an image or a report is text here, never markup.
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}
export const show = (...children) => document.getElementById("main").replaceChildren(...children);
export const tag = (word) => el("span", { class: `tag ${/^[a-z_]+$/.test(word) ? word : ""}` }, String(word).replaceAll("_", " "));
export const card = (title, ...children) => el("section", { class: "card" }, title ? el("h2", {}, title) : null, ...children);
export const pairs = (list) => el("dl", {}, list.filter(([, v]) => v !== null && v !== undefined && v !== "")
  .flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v instanceof Node ? v : String(v))]));
export const problem = (error) => el("p", { class: "error", role: "alert" }, error.message);
export const when = (text) => text ? el("time", { datetime: text }, new Date(text).toLocaleString()) : "–";
export const short = (digest) => (digest || "").replace(/^sha256:/, "").slice(0, 12);
export const number = (n) => typeof n === "number" ? n.toLocaleString() : "–";
