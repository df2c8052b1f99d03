/**
 * A real browser to look at pages with: Chromium, driven by Playwright, and axe, which judges what it
 * shows. They are loaded when a test asks: most tests need none.
 */
import type { AxeResults, Result } from "axe-core";
import type { Browser, Page } from "playwright-core";
import { testWith } from "./required_program.ts";

/** Where the page is. Nothing is asked of the network. */
const ADDRESS = "http://page.test/";

/** Milliseconds. A machine that runs all tests at once is slow. */
const PATIENCE = 120_000;

export interface PageOptions {
  /** What the reader of the page prefers. */
  readonly colorScheme?: "light" | "dark";
  readonly media?: "screen" | "print";
  /** In CSS pixels. */
  readonly width?: number;
}

/** A page that is open. */
export interface OpenPage {
  readonly page: Page;
  /** What it has asked the network for, itself among them. */
  readonly requests: readonly string[];
  /** What the browser complained of: errors on its console, scripts that failed, dialogs. */
  readonly complaints: readonly string[];
}

/** Shows pages: each by its own, with nothing left of the others. */
export type Show = (
  html: string,
  options: PageOptions,
  use: (open: OpenPage) => Promise<void>,
) => Promise<void>;

/** A step of a test: its name, and what it does. */
export type PageStep = readonly [name: string, run: (show: Show) => Promise<void>];

/** A test whose steps share a browser, as it takes seconds to start. */
export function testPages(name: string, steps: readonly PageStep[]): void {
  testWith("chromium", name, (t) =>
    withBrowser(async (show) => {
      for (const [name, run] of steps) await t.step(name, () => run(show));
    }));
}

/** Runs a browser while `use` does. */
export async function withBrowser(use: (show: Show) => Promise<void>): Promise<void> {
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({
    executablePath: await pathOf("chromium"),
    // Its sandbox does not work for root, as CI is.
    chromiumSandbox: Deno.uid() !== 0,
    timeout: PATIENCE,
  });
  try {
    await use((html, options, use) => show(browser, { html, options, use }));
  } finally {
    await browser.close();
  }
}

interface Shown {
  readonly html: string;
  readonly options: PageOptions;
  readonly use: (open: OpenPage) => Promise<void>;
}

async function show(browser: Browser, { html, options, use }: Shown): Promise<void> {
  const { colorScheme = "light", media = "screen", width = 1280 } = options;
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  page.setDefaultTimeout(PATIENCE);
  try {
    await page.emulateMedia({ media, colorScheme });
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("dialog", async (dialog) => {
      complaints.push(dialog.message());
      await dialog.dismiss();
    });
    // What the policy of the page blocks does not come here.
    await page.route("**/*", (route) => {
      const url = route.request().url();
      requests.push(url);
      return route.fulfill({
        contentType: "text/html; charset=utf-8",
        body: url === ADDRESS ? html : "",
      });
    });
    await page.goto(ADDRESS);
    await use({ page, requests, complaints });
  } finally {
    await page.close();
  }
}

/** What is shown in each cell of the rows of all tables. */
export function rowsOf(page: Page): Promise<string[][]> {
  return page.evaluate<string[][]>(
    "[...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))",
  );
}

/** By how many pixels the page is wider than what it is seen through. */
export function sideways(page: Page): Promise<number> {
  const root = "document.documentElement";
  return page.evaluate<number>(`${root}.scrollWidth - ${root}.clientWidth`);
}

export interface Verdict {
  /** What axe finds wrong. */
  readonly faults: string[];
  /** How many texts have a contrast of at least 4.5 to 1, or 3 to 1 if they are large. */
  readonly contrasts: number;
  /** The texts whose contrast it cannot tell, because they are out of sight. */
  readonly unseen: string[];
}

export async function judge(page: Page): Promise<Verdict> {
  const { default: axe } = await import("axe-core");
  await page.evaluate(axe.source);
  const { violations, incomplete, passes } = await page.evaluate<AxeResults>("axe.run()");
  const isContrast = ({ id }: Result): boolean => id === "color-contrast";
  const faults = violations.flatMap(({ id, nodes }) => {
    return nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`);
  });
  const texts = (results: readonly Result[]): string[] => {
    return results.filter(isContrast).flatMap(({ nodes }) => nodes.map(({ html }) => html));
  };
  return { faults, contrasts: texts(passes).length, unseen: texts(incomplete) };
}

async function pathOf(program: string): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", 'command -v "$0"', program],
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
