/** The page as Chromium shows it. `fleet_page_attack_test.ts` has the pages that somebody attacks. */
import type { Page } from "playwright-core";
import { assert, assertEquals } from "../../assert.ts";
import { judge, type PageOptions, rowsOf, type Show, sideways, testPages } from "../../browser.ts";
import { fleetPage } from "../../../src/cli/text/fleet_page.ts";
import type { Fleet, FleetMachine } from "../../../src/plan/fleet.ts";
import { EXAMPLE, manyMachines } from "./fleet_example.ts";

/** In CSS pixels: a phone, and A4 within its margins. */
const [PHONE, PAPER] = [360, 718];

/** The first lines of what a browser shows of a machine in its first cells. */
function expectedCells({ machine, host, state, error, active }: FleetMachine): string[] {
  return [
    `${machine}\n${host}`,
    error === undefined ? state : `${state}\n${error.text}`,
    active?.replace("my_site.", "") ?? "",
  ];
}

async function showsTheDocument(show: Show): Promise<void> {
  await show(fleetPage(EXAMPLE), {}, async ({ page, requests, complaints }) => {
    const rows = await rowsOf(page);
    const gone = EXAMPLE.machines.filter(({ state }) => state === "gone");
    const expected = [...EXAMPLE.machines.filter(({ state }) => state !== "gone"), ...gone];
    assertEquals(rows.length, expected.length);
    for (const [i, machine] of expected.entries()) {
      for (const [j, cell] of expectedCells(machine).entries()) {
        assert(rows[i]?.[j]?.startsWith(cell), `${rows[i]?.[j]} begins with ${cell}`);
      }
    }
    assertEquals(rows[0]?.[2], "VZ5vQk8aR4G\nshould run VZ6bTn3cX9s");
    assertEquals(rows[0]?.slice(3), [
      "26 h ago\n2026-11-24 11:42",
      "1 min ago\n13:59",
      "-",
      "0.2.0",
    ]);
    assertEquals(
      await page.title(),
      "my_site: 4 of 24 machines are not in line, 15 wait for the rollout",
    );
    assertEquals(requests, ["http://page.test/"]);
    assertEquals(complaints, []);
  });
}

async function hasStructure(show: Show): Promise<void> {
  await show(fleetPage(EXAMPLE), {}, async ({ page }) => {
    for (const landmark of ["banner", "main", "contentinfo"] as const) {
      assertEquals(await page.getByRole(landmark).count(), 1, landmark);
    }
    assertEquals(await page.getByRole("heading", { level: 1 }).innerText(), "my_site");
    const name = "4 machines not in line";
    const region = page.getByRole("region", { name, exact: true });
    const table = region.getByRole("table", { name, exact: true });
    assertEquals(
      await table.getByRole("columnheader").allInnerTexts(),
      ["Machine", "State", "Runs", "Since", "Reported", "Groups", "FTL"],
    );
    assertEquals(
      await table.getByRole("rowheader").allInnerTexts(),
      EXAMPLE.machines.slice(0, 4).map(({ machine, host }) => `${machine}\n${host}`),
    );
  });
}

/** A halted rollout, so that each colour is there. */
const HALTED: Fleet = {
  ...EXAMPLE,
  rollout: EXAMPLE.rollout && { ...EXAMPLE.rollout, state: "halted" },
};

function isReadable(options: PageOptions): (show: Show) => Promise<void> {
  return async (show) => {
    await show(fleetPage(HALTED), options, async ({ page }) => {
      const { faults, contrasts, unseen } = await judge(page);
      assertEquals(faults, []);
      // On a phone most cells are out of sight, and their colours are the same.
      if (options.width !== undefined) return;
      assertEquals(unseen, []);
      assert(contrasts > 100, `${contrasts} texts`);
    });
  };
}

async function isDarkOnScreenOnly(show: Show): Promise<void> {
  const ground = async (options: PageOptions): Promise<string> => {
    let color = "";
    await show(fleetPage(EXAMPLE), options, async ({ page }) => {
      color = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    });
    return color;
  };
  assertEquals(await ground({ colorScheme: "light" }), "rgb(255, 255, 255)");
  assertEquals(await ground({ colorScheme: "dark" }), "rgb(16, 21, 27)");
  assertEquals(await ground({ colorScheme: "dark", media: "print" }), "rgb(255, 255, 255)");
}

/** What has the focus, by the heading in it; if it shows that; and where it and its row's head begin. */
interface Focus {
  readonly name: string;
  readonly outline: string;
  readonly left: number;
  readonly head: number;
}

function focusOf(page: Page): Promise<Focus> {
  return page.evaluate<Focus>(`(() => {
    const area = document.activeElement;
    const left = (element) => element?.getBoundingClientRect().left ?? -1;
    return {
      name: area.querySelector("h2")?.innerText ?? area.tagName,
      outline: getComputedStyle(area).outlineStyle,
      left: left(area),
      head: left(area.querySelector("tbody th")),
    };
  })()`);
}

async function scrollsByKeyboard(show: Show): Promise<void> {
  await show(fleetPage(EXAMPLE), { width: PHONE }, async ({ page }) => {
    assertEquals(await sideways(page), 0);
    for (const name of ["4 machines not in line", "15 machines waiting for the rollout"]) {
      await page.keyboard.press("Tab");
      const { left, head, ...focus } = await focusOf(page);
      assertEquals(focus, { name, outline: "solid" });
      assert(Math.abs(head - left) < 2, `${head} ${left}`);
      await page.keyboard.press("ArrowRight");
      await page.evaluate(`new Promise((done) => {
        const area = document.activeElement;
        area.scrollLeft > 0 ? done() : area.onscroll = () => done();
      })`);
      const scrolled = await focusOf(page);
      assert(Math.abs(scrolled.head - scrolled.left) < 2, "the names of machines stay in sight");
    }
  });
}

async function fitsOnPaper(show: Show): Promise<void> {
  await show(fleetPage(EXAMPLE), { media: "print", width: PAPER }, async ({ page }) => {
    assertEquals(await sideways(page), 0);
    const hidden = await page.evaluate<number[]>(
      "[...document.querySelectorAll('.scroll')].map((area) => area.scrollWidth - area.clientWidth)",
    );
    assertEquals(hidden, [0, 0, 0, 0]);
    const heads = await page.evaluate("getComputedStyle(document.querySelector('thead')).display");
    assertEquals(heads, "table-header-group");
  });
}

async function showsThousands(show: Show): Promise<void> {
  await show(fleetPage(manyMachines(5000)), {}, async ({ page, complaints }) => {
    assertEquals(await page.locator("tbody tr").count(), 5000);
    assertEquals(await sideways(page), 0);
    assertEquals(complaints, []);
  });
}

testPages("the page of a fleet in a browser", [
  ["it shows of each machine what the document says, the worst first", showsTheDocument],
  ["a screen reader finds landmarks, headings, tables by name, heads of rows", hasStructure],
  ["it can be read in the light: contrast, names, structure", isReadable({ colorScheme: "light" })],
  ["it can be read in the dark", isReadable({ colorScheme: "dark" })],
  ["it can be read on a phone", isReadable({ width: PHONE })],
  ["it can be read in print", isReadable({ media: "print" })],
  ["it is dark for who prefers that, but not on paper", isDarkOnScreenOnly],
  ["on a phone a wide table scrolls by keyboard, and the page does not", scrollsByKeyboard],
  ["paper has all columns, and heads of columns on each sheet", fitsOnPaper],
  ["it shows 5,000 machines without complaint", showsThousands],
]);
