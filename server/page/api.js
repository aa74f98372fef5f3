// The public interface, and nothing else. A key is kept for as long as the tab is open.
const KEY = "vexxy-key";
export const key = () => sessionStorage.getItem(KEY) || "";
export const set_key = (value) => value ? sessionStorage.setItem(KEY, value) : sessionStorage.removeItem(KEY);

export class ApiError extends Error {
  constructor(status, body) {
    const fields = body?.details?.errors?.map((e) => `${(e.loc || []).join(".")}: ${e.msg}`) || [];
    super([body?.message || `The server answered with ${status}.`, ...fields].join("\n"));
    this.status = status;
  }
}

async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (key()) headers.set("Authorization", `Bearer ${key()}`);
  const response = await fetch(path, { ...options, headers, cache: "no-cache" });
  if (response.ok) return response;
  throw new ApiError(response.status, await response.json().catch(() => null));
}
export const get = async (path, signal) => (await ask(path, { signal })).json();
export const post = async (path, body, headers = {}) => (await ask(path, {
  method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", ...headers } })).json();
export const upload = async (path, file) => (await ask(path, { method: "POST", body: file })).json();
export const remove = async (path) => (await ask(path, { method: "DELETE" })).json();
export const health = async () => (await fetch("/health", { cache: "no-store" })).json();

// A file by way of fetch, so that the key goes along.
export async function save(path, name) {
  const url = URL.createObjectURL(await (await ask(path)).blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

// Server-sent events by fetch, for the same reason; resumes where it was cut until the job is done.
export async function* events(path, signal) {
  let last = "", done = false;
  while (!done && !signal.aborted) {
    const response = await ask(path, { signal, headers: last ? { "Last-Event-ID": last } : {} });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done: cut } = await reader.read().catch(() => ({ done: true }));
      if (cut) break;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const field = (name) => part.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        if (!field("data")) continue;
        last = field("id") || last;
        done ||= field("event") === "done";
        yield { type: field("event"), data: JSON.parse(field("data")) };
      }
    }
    if (!done && !signal.aborted) await new Promise((next) => setTimeout(next, 2000));
  }
}
