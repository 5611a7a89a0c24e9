// Bills as HTML in a real browser: what it draws, that it does nothing else, and that the commands it prints recompute
// the bill. With ACCT_AGENT_SCREENSHOTS=1 it also takes the picture in docs/images.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { billPeriod } from "../../src/billing/bill-period.ts";
import { computeBill } from "../../src/billing/compute-bill.ts";
import { billsHtml } from "../../src/billing/html/bills-html.ts";
import { intervalsSha256 } from "../../src/billing/interval-digest.ts";
import type { IntervalSeries } from "../../src/billing/interval-series.ts";
import { intervalLines, INTERVALS_HEADER } from "../../src/billing/intervals-csv.ts";
import type { Contract } from "../../src/model/contract.ts";
import { contrast, luminance, TEXT_COLOURS } from "../support/contrast.ts";
import { openFile, type OpenedPage, startBrowser } from "../support/browser.ts";
import { type TempFolder, tempFolder } from "../support/temp-folder.ts";
import { billFixture, CONTRACT, NOVEMBER_MS, officeSeries } from "../unit/billing/html/bill-fixture.ts";

const run = promisify(execFile);
const PICTURE = process.env["ACCT_AGENT_SCREENSHOTS"] === "1" ? "docs/images/report.png" : null;
const A4_PAGES_AT_MOST = 6;

let browser: Browser;
let folder: TempFolder;

beforeAll(async () => {
  browser = await startBrowser();
  folder = await tempFolder();
});

afterAll(async () => {
  await browser.close();
  await folder[Symbol.asyncDispose]();
});

const { bill, grid } = billFixture();
const FINAL = { bill: { ...bill, status: "final", version: 1 } as const, grid };
const DOCUMENT = billsHtml([FINAL], { generatedAtMs: NOVEMBER_MS + 7_200_000, productVersion: "1.0.0" });

type OpenOptions = Parameters<typeof openFile>[2];

async function opened(document: string, options?: OpenOptions): Promise<OpenedPage> {
  const path = folder.file("bill.html");
  await writeFile(path, document);
  return openFile(browser, path, options);
}

async function inkOf(page: Page, selector: string): Promise<readonly { width: number; height: number }[]> {
  const found = await page.locator(selector).all();
  const boxes = await Promise.all(found.map((element) => element.boundingBox()));
  return boxes.map((box) => ({ width: box?.width ?? 0, height: box?.height ?? 0 }));
}

describe("a bill in Chromium", () => {
  it("is drawn without a request, a message or a script", async () => {
    await using view = await opened(DOCUMENT, { viewport: { width: 1200, height: 1460 }, colorScheme: "light" });
    for (const { width, height } of await inkOf(view.page, "svg")) {
      expect(width).toBeGreaterThan(800);
      expect(height).toBeGreaterThan(100);
    }
    const marks = [
      "path.greatest",
      "path.least",
      "path.percentile",
      "path.commit",
      "path.curve",
      "path.bar",
      "path.gap",
    ];
    for (const mark of [...marks, "circle.billed", "path.discarded", "use.above"]) {
      const [box] = await inkOf(view.page, mark);
      expect([mark, (box?.width ?? 0) + (box?.height ?? 0) > 1]).toEqual([mark, true]);
    }
    expect(await view.page.locator("script").count()).toBe(0);
    expect([view.requests, view.messages]).toEqual([[], []]);
    expect((await view.page.screenshot({ path: PICTURE ?? folder.file("bill.png") })).length).toBeLessThan(300_000);
  });

  it("shows the greatest interval as high as it is", async () => {
    await using view = await opened(DOCUMENT, { viewport: { width: 1200, height: 900 } });
    const top = await view.page.evaluate<number>(
      `document.querySelector("g.out path.greatest").getBBox().height / 160`,
    );
    expect(top).toBeCloseTo(bill.maxOutBps / 800e6, 2);
  });

  it("shows the figures, and names drawings and headings for those who do not see", async () => {
    await using view = await opened(DOCUMENT);
    const text = await view.page.locator("article").innerText();
    for (const figure of ["427.066", "483.01", "2026-10-28 17:25 UTC", "2026-10-28 18:25 CET", "8,940", "448th"])
      expect(text).toContain(figure);
    expect(await view.page.title()).toBe("Bandwidth bill 2026-10: Acme Corporation GmbH, transit-fra");
    expect(await view.page.locator("html").getAttribute("lang")).toBe("en");
    const drawing = view.page.getByRole("img", { name: "Traffic of Acme Corporation GmbH, transit-fra in the month" });
    expect(await drawing.count()).toBe(1);
    expect(await view.page.locator("th:not([scope])").count()).toBe(0);
    expect(await view.page.locator("thead, tbody, tfoot").count()).toBeGreaterThan(6);
  });

  it("keeps hostile names inert, and shows them", async () => {
    const name = `</title><script>alert(1)</script>"><img src=x onerror=alert(2)>\u202e'&lt;`;
    const contract = {
      ...bill.contract,
      customer: name,
      name,
      selector: { customer: name },
      timeZone: "Europe/Berlin",
    };
    const hostile = { bill: { ...FINAL.bill, contract }, grid };
    await using view = await opened(billsHtml([hostile, FINAL]));
    const shown = name.replace("\u202e", "[U+202E]");
    expect(await view.page.locator("h2").first().textContent()).toBe(`${shown} ${shown}`);
    expect(await view.page.locator("script, img, article title:not(svg > title)").count()).toBe(0);
    expect(await view.page.locator("svg > title").first().textContent()).toContain("<script>");
    expect([view.requests, view.messages]).toEqual([[], []]);
  });

  it("prints on A4 paper, each bill on pages of its own", async () => {
    await using view = await opened(billsHtml([FINAL, billFixture({ nowMs: NOVEMBER_MS - 86_400_000 })]));
    const both = pagesOf(await view.page.pdf({ preferCSSPageSize: true }));
    await using single = await opened(DOCUMENT);
    const one = await single.page.pdf({ preferCSSPageSize: true });
    expect(pagesOf(one)).toBeLessThanOrEqual(A4_PAGES_AT_MOST);
    expect(both).toBeGreaterThan(pagesOf(one) + 2);
    expect(one.toString("latin1")).toMatch(/\/MediaBox \[0 0 59[45][.\d]* 84[12][.\d]*\]/);
  });

  it.each([
    ["light", { colorScheme: "light" }],
    ["dark", { colorScheme: "dark" }],
    ["on paper", { colorScheme: "dark", media: "print" }],
  ] as const)("has text of enough contrast, %s", async (_, media) => {
    await using view = await opened(billsHtml([FINAL, billFixture({ nowMs: NOVEMBER_MS - 86_400_000 })]));
    await view.page.emulateMedia(media);
    const paper = await view.page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    const isDark = luminance(paper) < 0.5;
    expect(isDark).toBe(media.colorScheme === "dark" && !("media" in media));
    const pairs = await view.page.evaluate<readonly (readonly [string, string, string])[]>(TEXT_COLOURS);
    expect(pairs.length).toBeGreaterThan(10);
    const faint = pairs.filter(([, text, ground]) => contrast(text, ground) < 4.5);
    expect(faint).toEqual([]);
  });

  it("fits a phone: only wide tables and drawings scroll", async () => {
    await using view = await opened(DOCUMENT, { viewport: { width: 400, height: 800 } });
    expect(await view.page.evaluate("document.documentElement.scrollWidth")).toBe(400);
    const overflowing = await view.page.evaluate<number>(
      "[...document.querySelectorAll('p, h2, li, pre')].filter((e) => e.getBoundingClientRect().right > 400).length",
    );
    expect(overflowing).toBe(0);
  });
});

describe("the commands of a bill", () => {
  const sites = [officeSeries(), withoutFriday(officeSeries({ site: 2 }))];

  it.each<[string, Partial<Contract>]>([
    ["the larger direction", {}],
    ["the direction in", { direction: "in" }],
    ["the larger of each interval", { direction: "percentile_of_max" }],
    ["both directions in one", { direction: "percentile_of_sum" }],
    ["both directions added", { direction: "sum_of_percentiles" }],
    ["gaps that are left out", { gaps: "exclude" }],
    ["another percentile", { percentilePerMille: 750 }],
    ["a part of the month", { starts: "2026-10-16", ends: "2026-10-29", partialMonths: "own_period" }],
    ["a contract without a name", { name: null }],
    ["days outside as zeros", { starts: "2026-10-16", customer: `O'Neill, "Sons" & Co` }],
  ])("recompute its bytes, digest and all, for %s", async (_, terms) => {
    const contract: Contract = { ...CONTRACT, ...terms };
    const period = billPeriod(contract, "2026-10", NOVEMBER_MS + 86_400_000);
    if (period === null) throw new Error("the contract does not cover the month");
    const usage = { series: sites, completeness: 1 };
    const computed = computeBill({ contract, period, usage });
    const intervals = intervalsSha256(sites.map((one) => clipped(one, period.coveredStartMs, period.coveredEndMs)));
    const shown = { bill: { ...computed.bill, intervalsSha256: intervals }, grid: computed.grid };
    await writeFile(folder.file("intervals.csv"), csvOf({ ...shown, usage, period }));

    await using view = await opened(billsHtml([shown]));
    const shells = await view.page.locator("pre.shell").allTextContents();
    const digest = await shell(shells.find((text) => text.includes("sha256sum")));
    const ranks = await shell(shells.find((text) => text.includes("sort -nr")));
    expect(digest.split(" ")[0]).toBe(intervals);
    const bytes = ranks.trim().split("\n").map(Number);
    expect(bytes.reduce((sum, value) => sum + value, 0)).toBe(computed.bill.billableBytes);
  });
});

async function shell(command: string | undefined): Promise<string> {
  const { stdout } = await run("sh", ["-c", command ?? "false"], { cwd: folder.path });
  return stdout;
}

/** Two contracts of one customer in a file: the other one's lines must not count. */
function csvOf(entry: Parameters<typeof intervalLines>[0]): string {
  const other = { ...entry, bill: { ...entry.bill, contract: { ...entry.bill.contract, name: "other" } } };
  return `${INTERVALS_HEADER}${[...intervalLines(other), ...intervalLines(entry)].join("")}`;
}

function clipped(series: IntervalSeries, startMs: number, endMs: number): IntervalSeries {
  const keep = (column: Float64Array): Float64Array =>
    column.filter((_, row) => (series.startsMs[row] ?? 0) >= startMs && (series.startsMs[row] ?? 0) < endMs);
  const { startsMs, bytesIn, bytesOut } = series;
  return { ...series, startsMs: keep(startsMs), bytesIn: keep(bytesIn), bytesOut: keep(bytesOut) };
}

/** A second site with a gap of its own: 23 October in UTC. */
function withoutFriday(series: IntervalSeries): IntervalSeries {
  const friday = Date.parse("2026-10-23T00:00:00Z");
  const before = clipped(series, 0, friday);
  const after = clipped(series, friday + 86_400_000, Infinity);
  const joined = (key: "startsMs" | "bytesIn" | "bytesOut"): Float64Array =>
    Float64Array.from([...before[key], ...after[key]]);
  return { ...series, startsMs: joined("startsMs"), bytesIn: joined("bytesIn"), bytesOut: joined("bytesOut") };
}

function pagesOf(pdf: Buffer): number {
  return [...pdf.toString("latin1").matchAll(/\/Type \/Page\b/g)].length;
}
