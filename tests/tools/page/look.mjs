// What a person does with the page, in a real browser: node look.mjs URL CHROMIUM JOB SHOTS. Says ok or not ok for each step.
import { chromium } from "playwright-core";

const [url, executablePath, job, shots] = process.argv.slice(2);
let n = 0, failed = false;
const told = (good, what) => { failed ||= !good; console.log(`${good ? "ok" : "not ok"} ${++n} - ${what}`); };

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
const faults = [];
async function open(options) {
  const page = await (await browser.newContext(options)).newPage();
  page.setDefaultTimeout(30000);
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error") faults.push(message.text()); });
  page.on("request", (request) => { if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url())) faults.push(`asked ${request.url()}`); });
  return page;
}
const shot = (page, name) => page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });

const page = await open({ viewport: { width: 1200, height: 900 } });
await page.goto(url);
const row = page.locator(`a[href="#/job/${job}"]`);
await row.waitFor();
told(await page.locator("td .complete").first().textContent() === "complete", "the list shows the analysis and its state");
await shot(page, "list");
await row.focus();
await page.keyboard.press("Enter");
await page.getByRole("heading", { name: "Verdicts" }).waitFor();
told(await page.locator("tr.verdict").count() >= 2, "its page shows the verdicts");
const toggle = page.locator("tr.verdict button").first();
await toggle.focus();
await page.keyboard.press("Enter");
told(await toggle.getAttribute("aria-expanded") === "true", "the keyboard opens the reasoning");
told((await page.locator("tr.verdict + tr").first().textContent()).includes("Evidence"), "which names its evidence");
told(await page.locator("b#injected").count() === 0 && (await page.content()).includes("&lt;b id="), "names of a report are text, not markup");
await shot(page, "job");
await page.getByLabel("Find").fill("CVE-2099-0002");
told(await page.locator("tr.verdict").count() === 1, "the table is searched");
const wait = page.waitForEvent("download");
await page.getByRole("button", { name: "vex.openvex.json" }).click();
told((await wait).suggestedFilename() === "vex.openvex.json", "the document is downloaded");

await page.getByRole("link", { name: "Analyse again" }).click();
await page.getByRole("heading", { name: "Submit an image" }).waitFor();
await page.getByLabel("Profile").selectOption("custom");
await page.getByLabel("Seconds to observe").fill("600");
await shot(page, "submit");
await page.getByRole("button", { name: "Submit" }).click();
await page.getByText(/Runtime analysis|files opened/).first().waitFor({ timeout: 60000 });
told(true, "what is submitted shows its progress as it runs");
await shot(page, "running");
await page.getByRole("button", { name: "Cancel" }).click();
await page.locator(".tag.cancelled").first().waitFor({ timeout: 60000 });
told(true, "and is cancelled");
await page.getByRole("link", { name: "Service" }).click();
await page.getByText("connected").waitFor();
told(true, "the service tells how it is");
await shot(page, "service");

for (const [name, find] of [["docs", () => page.getByText("/api/v1/analysis/submit")], ["redoc", () => page.getByRole("heading", { name: "Submit an image for analysis" })]]) {
  await page.goto(`${url}/${name}`);
  await find().first().waitFor({ timeout: 120000 });
  told(true, `/${name} shows the interface`);
  await shot(page, name);
}

for (const [name, options] of [["dark", { colorScheme: "dark", viewport: { width: 1200, height: 900 } }], ["phone", { viewport: { width: 360, height: 740 } }]]) {
  const other = await open(options);
  await other.goto(`${url}/#/job/${job}`);
  await other.getByRole("heading", { name: "Verdicts" }).waitFor();
  await shot(other, name);
  if (name === "phone") told(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than a phone");
}
for (const fault of faults) console.log(`# ${fault}`);
told(faults.length === 0, "no error in the console, nothing asked from elsewhere");
await browser.close();
console.log(`1..${n}`);
process.exit(failed ? 1 : 0);
