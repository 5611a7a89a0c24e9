// Debian's Chromium without a window, and what a page tried to do: requests, errors, messages on its console.

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const EXECUTABLE = "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"];

/** `await using` ends it. */
export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: EXECUTABLE, headless: true, args: ARGUMENTS });
}

export interface OpenedPage extends AsyncDisposable {
  readonly page: Page;
  /** Addresses of all requests but the page's own. */
  readonly requests: readonly string[];
  /** Errors of scripts, warnings and messages, those about the content security policy included. */
  readonly messages: readonly string[];
}

/** Opens a file, waits until it is loaded, and collects what it attempts. */
export function openFile(browser: Browser, path: string, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  return openAddress(browser, `file://${path}`, options);
}

/** The same of a page at an address. */
export async function openAddress(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const requests: string[] = [];
  const messages: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== url) requests.push(request.url());
  });
  page.on("console", (message) => messages.push(message.text()));
  page.on("pageerror", (error) => messages.push(String(error)));
  page.on("dialog", (dialog) => {
    messages.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url, { waitUntil: "load" });
  return { page, requests, messages, [Symbol.asyncDispose]: () => context.close() };
}
