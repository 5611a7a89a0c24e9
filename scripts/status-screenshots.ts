// Takes the pictures of the status page in docs/images, of a made-up hoster's agent. Give another folder to look at all
// pages there: `tsx scripts/status-screenshots.ts FOLDER`.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { startBrowser } from "../test/support/browser.ts";
import { hosterPages } from "../test/support/status-fixture-pages.ts";
import { servePages } from "../test/support/status-site.ts";

interface Picture {
  readonly file: string;
  readonly path: string;
  /** The last element of the picture; all of the page where it is not given. */
  readonly until?: string;
  readonly options: BrowserContextOptions;
}

const WIDE = { width: 1200, height: 1500 };
const PHONE = { width: 390, height: 1200 };
const light = { colorScheme: "light", viewport: WIDE } as const;
const dark = { colorScheme: "dark", viewport: WIDE } as const;
const phone = { colorScheme: "light", viewport: PHONE } as const;

const DOCUMENTED: readonly Picture[] = [
  { file: "status-light.png", path: "/", until: "#customers", options: light },
  { file: "status-dark.png", path: "/", until: "#customers", options: dark },
  { file: "status-phone.png", path: "/", until: "#delivering", options: phone },
];

const FURTHER: readonly Picture[] = ["/networks", "/networks/acme-fra", "/customers", "/customers/Acme%20Corporation"]
  .map((path) => ({ path, name: path.slice(1).replaceAll(/\W+/g, "-") }))
  .flatMap(({ path, name }) => [
    { file: `${name}-light.png`, path, options: light },
    { file: `${name}-dark.png`, path, options: dark },
    { file: `${name}-phone.png`, path, options: phone },
  ]);

/** Below the last element. */
const MARGIN = 24;

async function take(page: Page, path: string, until: string | undefined): Promise<void> {
  const last = until === undefined ? null : await page.locator(until).boundingBox();
  const width = page.viewportSize()?.width ?? 0;
  const clip = last && { x: 0, y: 0, width, height: Math.ceil(last.y + last.height) + MARGIN };
  await page.screenshot({ path, fullPage: true, ...(clip !== null && { clip }) });
}

const [folder] = process.argv.slice(2);
const pictures = folder === undefined ? DOCUMENTED : [...DOCUMENTED, ...FURTHER];
const target = folder ?? "docs/images";
await mkdir(target, { recursive: true });
await using site = await servePages(hosterPages());
const browser = await startBrowser();
try {
  for (const { file, path, until, options } of pictures) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(`${site.origin}${path}`, { waitUntil: "load" });
    await take(page, join(target, file), folder === undefined ? until : undefined);
    await context.close();
  }
} finally {
  await browser.close();
}
