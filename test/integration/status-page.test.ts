// The status pages in a real browser, served with their policy: what they draw, that they do nothing else, and how they
// keep themselves up to date.

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { statusPage } from "../../src/status/page/status-page.ts";
import type { Status } from "../../src/status/status.ts";
import { openAddress, type OpenedPage, startBrowser } from "../support/browser.ts";
import { contrast, luminance, TEXT_COLOURS } from "../support/contrast.ts";
import { hosterPages } from "../support/status-fixture-pages.ts";
import { STATUS, USAGE, VIEW } from "../support/status-fixture.ts";
import { hostilePages } from "../support/status-hostile.ts";
import { servePages, type StatusSite } from "../support/status-site.ts";
import { waitFor } from "../support/wait-for.ts";

const HOSTER = ["/", "/networks", "/networks/acme-fra", "/customers", "/customers/Acme%20Corporation"];
const HOSTILE = [...hostilePages().keys()];
const PHONE_WIDTH = 390;
const REFRESH_MS = 10_000;

let browser: Browser;
let site: StatusSite;
/** What / answers. */
let front: Status = STATUS;

beforeAll(async () => {
  browser = await startBrowser();
  const live = [["/", (): string => statusPage({ status: front, usage: USAGE })]] as const;
  site = await servePages(new Map([...hosterPages(), ...hostilePages(), ...live]));
});

afterAll(async () => {
  await browser.close();
  await site[Symbol.asyncDispose]();
});

function opened(path: string, options?: Parameters<typeof openAddress>[2]): Promise<OpenedPage> {
  return openAddress(browser, `${site.origin}${path}`, options);
}

describe("a status page in Chromium", () => {
  it.each([...HOSTER, ...HOSTILE])(
    "asks for its style sheet and its script alone, and says nothing: %s",
    async (path) => {
      await using view = await opened(path);
      expect(view.requests.toSorted()).toEqual([`${site.origin}/status.css`, `${site.origin}/status.js`]);
      expect(view.messages).toEqual([]);
    },
  );

  it("is drawn: state, bars, the day with its gap", async () => {
    await using view = await opened("/", { viewport: { width: 1200, height: 900 } });
    const marks = [
      ".in .least",
      ".out .least",
      "path.gap",
      "path.complete",
      "path.incomplete",
      "path.now",
      ".now-mark",
    ];
    for (const mark of [...marks.map((name) => `#day-chart ${name}`), "section.state .shape", ".gauge .part"]) {
      const box = await view.page.locator(mark).first().boundingBox();
      expect([mark, (box?.width ?? 0) + (box?.height ?? 0) > 1]).toEqual([mark, true]);
    }
    const name = "Traffic of edge-01.fra in the last 24 hours";
    expect(await view.page.getByRole("img", { name }).count()).toBe(1);
  });

  it("draws both directions to one scale, as high as they are", async () => {
    await using view = await opened("/");
    const [inHeight = 0, outHeight = 0] = await view.page.evaluate<readonly number[]>(
      `["in", "out"].map((name) => document.querySelector("#day-chart ." + name).getBBox().height)`,
    );
    const greatest = (column: readonly (number | null)[]): number => Math.max(...column.map((value) => value ?? 0));
    expect(outHeight / inHeight).toBeCloseTo(greatest(USAGE.day.out_bps) / greatest(USAGE.day.in_bps), 1);
  });

  it.each(["light", "dark"] as const)("has text of enough contrast, %s", async (colorScheme) => {
    for (const level of [STATUS, { ...STATUS, health: "the ledger refuses windows: disk full" }]) {
      front = level;
      expect(await faintTexts("/", colorScheme)).toEqual([]);
    }
    front = { ...STATUS, endpoints: [] };
    for (const path of ["/", "/networks/acme-fra", "/customers/Acme%20Corporation"])
      expect(await faintTexts(path, colorScheme)).toEqual([]);
    front = STATUS;
  });

  async function faintTexts(path: string, colorScheme: "light" | "dark"): Promise<readonly unknown[]> {
    await using view = await opened(path, { colorScheme });
    const paper = await view.page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    expect(luminance(paper) < 0.5).toBe(colorScheme === "dark");
    const pairs = await view.page.evaluate<readonly (readonly [string, string, string])[]>(TEXT_COLOURS);
    expect(pairs.length).toBeGreaterThan(10);
    return pairs.filter(([, text, ground]) => contrast(text, ground) < 4.5);
  }

  it("has text of enough contrast where it is not up to date", async () => {
    await using view = await opened("/", { colorScheme: "dark" });
    await view.page.evaluate('document.documentElement.classList.add("stale")');
    const colours = await view.page.evaluate<readonly string[]>(
      `(({ color, backgroundImage }) => [color, ...backgroundImage.match(/rgb[^)]*\\)/g)])(getComputedStyle(document.querySelector(".state .word")))`,
    );
    const [text = "", ...grounds] = colours;
    expect(grounds.length).toBeGreaterThan(1);
    for (const ground of grounds) expect(contrast(text, ground)).toBeGreaterThan(4.5);
  });

  it.each([...HOSTER, ...HOSTILE])("fits a phone: %s", async (path) => {
    await using view = await opened(path, { viewport: { width: PHONE_WIDTH, height: 800 } });
    expect(await view.page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE_WIDTH);
    const outside = await view.page.evaluate<readonly string[]>(
      `[...document.querySelectorAll("main h1, main td, main th[scope=row], main dd, main p, main li")]
        .filter((e) => e.getBoundingClientRect().right > ${PHONE_WIDTH}).map((e) => e.outerHTML.slice(0, 200))`,
    );
    expect(outside).toEqual([]);
  });

  it("is reached with the keyboard: the skip link, links and tables that scroll", async () => {
    await using view = await opened("/", { viewport: { width: 760, height: 700 } });
    await view.page.keyboard.press("Tab");
    expect(await view.page.evaluate("document.activeElement.textContent")).toBe("Skip to the content");
    const reachable = await view.page.evaluate<number>(
      `[...document.querySelectorAll(".scroll")].filter((e) => e.scrollWidth > e.clientWidth && e.tabIndex !== 0).length`,
    );
    expect(reachable).toBe(0);
  });

  it("reloads itself without scripts", async () => {
    await using view = await opened("/", { javaScriptEnabled: false });
    expect(await view.page.locator('head noscript meta[http-equiv="refresh"][content="10"]').count()).toBe(1);
  });
});

describe("a status page that stays open", () => {
  const later: Status = {
    ...STATUS,
    time: "2026-11-21T14:04:22.000Z",
    endpoints: STATUS.endpoints.slice(0, 1),
    networks: STATUS.networks.toReversed(),
  };

  /** As a tab does that becomes visible. */
  const look = (page: Page): Promise<unknown> => page.evaluate('document.dispatchEvent(new Event("visibilitychange"))');

  it("refreshes every ten seconds", async () => {
    front = STATUS;
    await using view = await opened("/");
    await view.page.clock.install();
    await view.page.reload();
    front = later;
    await view.page.clock.fastForward(REFRESH_MS + 100);
    await view.page.locator("#state", { hasText: "Counting and delivering." }).waitFor();
    expect(await view.page.title()).toBe("OK: edge-01.fra · acct-agent");
    front = STATUS;
    await view.page.clock.fastForward(REFRESH_MS + 100);
    await view.page.locator("#state", { hasText: "archive is behind" }).waitFor();
    expect(view.messages).toEqual([]);
  });

  it("keeps scroll position, focus, selection and the elements that are the same", async () => {
    front = STATUS;
    await using view = await opened("/", { viewport: { width: 1200, height: 500 } });
    const { page } = view;
    await page.locator('#networks a[href="/networks/acme-fra"]').focus();
    await page.evaluate(`{
      scrollTo(0, 700);
      window.kept = document.querySelector("#day-chart");
      const name = document.querySelector("#networks tbody tr:nth-child(5) th bdi").firstChild;
      getSelection().setBaseAndExtent(name, 1, name, 6);
      window.selected = String(getSelection());
      window.announced = 0;
      new MutationObserver((list) => { window.announced += list.length; })
        .observe(document.querySelector("#state"), { subtree: true, childList: true, characterData: true, attributes: true });
    }`);
    front = { ...STATUS, time: later.time, networks: later.networks };
    await look(page);
    await page.locator('main[data-time="14:04:22"]').waitFor();
    expect(await page.locator("#networks tbody tr").first().textContent()).toMatch(/^luebeck-catalogue/);
    expect(
      await page.evaluate(`[
        document.activeElement.getAttribute("href"),
        scrollY,
        String(getSelection()) === window.selected && window.selected.length,
        window.kept === document.querySelector("#day-chart"),
        window.announced,
      ]`),
    ).toEqual(["/networks/acme-fra", 700, 5, true, 0]);
  });

  it("says that it is not updated while the agent does not answer, and recovers", async () => {
    front = STATUS;
    await using view = await opened("/");
    const stale = view.page.locator("#stale");
    expect(await stale.isVisible()).toBe(false);
    await site.pause();
    try {
      await look(view.page);
      await waitFor("the notice", () => stale.isVisible());
      expect(await stale.textContent()).toBe("Not updated since 14:03:12 UTC: the agent does not answer.");
      expect(await view.page.locator("h1").textContent()).toBe("edge-01.fra");
    } finally {
      await site.resume();
    }
    front = later;
    await look(view.page);
    await waitFor("the recovery", async () => !(await stale.isVisible()));
    expect(await view.page.locator("main").getAttribute("data-time")).toBe("14:04:22");
  });

  it("says what it is answered when the page is gone", async () => {
    await using view = await opened("/networks/acme-fra");
    await view.page.evaluate('history.replaceState(null, "", "/networks/gone")');
    await look(view.page);
    const stale = view.page.locator("#stale:not([hidden])");
    await stale.waitFor();
    expect(await stale.textContent()).toBe("Not updated since 14:03:12 UTC: the agent answers 404.");
  });

  it("is loaded anew when the agent has another version", async () => {
    front = STATUS;
    await using view = await opened("/");
    front = { ...STATUS, version: "1.5.0" };
    await view.page.evaluate("window.old = true");
    await look(view.page);
    await view.page.locator("dd", { hasText: "1.5.0" }).waitFor();
    expect(await view.page.evaluate("window.old === undefined")).toBe(true);
    front = VIEW.status;
  });
});
