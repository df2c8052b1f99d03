/**
 * The page as an HTML parser reads it. `fleet_page_escaping_test.ts` has what others write into it, and
 * `fleet_page_browser_test.ts` asks a browser.
 */
import { createHash } from "node:crypto";
import { assert, assertEquals } from "../../assert.ts";
import { type Element, named, parseHtml, textOf } from "../../html_tree.ts";
import { fleetPage } from "../../../src/cli/text/fleet_page.ts";
import type { Fleet, FleetMachine, FleetRollout } from "../../../src/plan/fleet.ts";
import { EXAMPLE, fleetOf, machine, manyMachines } from "./fleet_example.ts";

Deno.test("fleetPage() is valid HTML, in one language, with headings, a caption and heads of rows and columns", () => {
  const { root: page, errors } = parseHtml(fleetPage(EXAMPLE));
  assertEquals(errors, []);
  assertEquals(named(page, "html")[0]?.attrs, [{ name: "lang", value: "en" }]);
  assertEquals(named(page, "h1", "h2").map((heading) => textOf(heading)), [
    "my_site",
    "Blessed",
    "Rollout",
    "24 machines",
    "4 machines not in line",
    "15 machines waiting for the rollout",
    "5 machines in line",
    "1 machine gone",
  ]);
  for (const table of named(page, "table")) {
    assertEquals(named(table, "caption").length, 1);
    const [head, body] = [named(table, "thead"), named(table, "tbody")];
    assert(named(head[0] as Element, "th").every(({ attrs }) => attrs[0]?.value === "col"));
    for (const row of named(body[0] as Element, "tr")) {
      assertEquals(named(row, "th").map(({ attrs }) => attrs[0]?.value), ["row"]);
      assertEquals(named(row, "td").length, 6);
    }
  }
});

Deno.test("fleetPage() has a policy that allows its own style by its hash, and nothing else", () => {
  const { root: page } = parseHtml(fleetPage(EXAMPLE));
  const [style, ...others] = named(page, "style");
  assertEquals(others, []);
  const hash = createHash("sha256").update(textOf(style as Element)).digest("base64");
  const policy = named(page, "meta").flatMap(({ attrs }) => {
    const isPolicy = attrs.some(({ value }) => value === "Content-Security-Policy");
    return isPolicy ? attrs.filter(({ name }) => name === "content") : [];
  });
  assertEquals(
    policy.map(({ value }) => value),
    [`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`],
  );
});

Deno.test("fleetPage() names no place to load from or to go to, and has no script", () => {
  // The hash of the policy may have any letters.
  const page = fleetPage(manyMachines(50)).replace(/sha256-[\w+/=]+/, "");
  for (const word of ["http:", "https:", "//", "url(", "@import", "src=", "href=", "<script"]) {
    assert(!page.includes(word), word);
  }
});

Deno.test("fleetPage() says how many are in line in the words of one sentence", () => {
  const title = (fleet: Fleet): string =>
    textOf(named(parseHtml(fleetPage(fleet)).root, "title")[0] as Element);
  const states = (...all: FleetMachine["state"][]): Fleet => {
    return fleetOf(all.map((state, i) => machine(i, { state })));
  };
  assertEquals(title(states()), "my_site: no machine reports");
  assertEquals(title(states("gone")), "my_site: no machine reports");
  assertEquals(title(states("ok")), "my_site: the only machine is in line");
  assertEquals(title(states("ok", "ok", "gone")), "my_site: all 2 machines are in line");
  assertEquals(title(states("ok", "held")), "my_site: 1 of 2 machines is not in line");
  assertEquals(
    title(states("ok", "waiting")),
    "my_site: 1 of 2 machines is in line, 1 waits for the rollout",
  );
  assertEquals(
    title(EXAMPLE),
    "my_site: 4 of 24 machines are not in line, 15 wait for the rollout",
  );
});

Deno.test("fleetPage() shows the parts of a rollout in a bar and in words", () => {
  const { root: page } = parseHtml(fleetPage(EXAMPLE));
  const lists = named(page, "ul").map((list) => named(list, "b").map((part) => textOf(part)));
  assertEquals(lists, [
    ["5 run the candidate", "3 may take it", "1 failed", "15 wait"],
    ["1 failing", "1 quarantine", "1 behind", "1 held", "15 waiting", "5 ok"],
  ]);
  const [bar] = named(page, "svg");
  const widths = named(bar as Element, "rect").map(({ attrs }) => {
    return Number(attrs.find(({ name }) => name === "width")?.value.replace("%", ""));
  });
  assertEquals(widths.map(Math.round), [21, 13, 4, 63]);
});

Deno.test("fleetPage() shows one failed machine of 5,000 in the bar, and does not call it 0 %", () => {
  const machines = Array.from({ length: 5000 }, (_, i) => machine(i));
  const failed = [machine(9).machine];
  const rollout = { ...EXAMPLE.rollout as FleetRollout, percent: 0, cut: 0, failed };
  const { root: page } = parseHtml(fleetPage({ ...fleetOf(machines), rollout }));
  const [bar] = named(page, "svg");
  const bad = named(bar as Element, "rect").find(({ attrs }) => attrs[0]?.value === "bad");
  const width = Number(bad?.attrs.find(({ name }) => name === "width")?.value.replace("%", ""));
  assert(width > 0.5, `${width} %`);
  const words = named(page, "li").map((part) => textOf(part).trim());
  assert(words.includes("1 failed less than 0.1 %"), words.join("; "));
  assert(words.includes("4999 wait more than 99.9 %"), words.join("; "));
});

/** The facts of the rollout by their names. */
function rolloutFacts(known: Partial<FleetRollout>): Record<string, string> {
  const rollout = { ...EXAMPLE.rollout as FleetRollout, ...known };
  const { root } = parseHtml(fleetPage({ ...EXAMPLE, rollout }));
  const [names, values] = [named(root, "dt"), named(root, "dd")];
  return Object.fromEntries(
    names.map((name, i) => [textOf(name), textOf(values[i] as Element).trim()]),
  );
}

Deno.test("fleetPage() says what lets machines into a rollout, and what holds them back", () => {
  const facts = rolloutFacts({
    percent: 12.5,
    over: 5400,
    groups: ["canary", "eu"],
    atOnce: 1,
    halt: 1,
    turns: ["i-1", "i-2"],
  });
  assertEquals(facts.Candidate, "my_site.VZ6bTn3cX9s");
  assertEquals(facts.State, "running: machines may take the candidate");
  assertEquals(
    facts.Share,
    "12.5 % of all machines, growing to all within 1 h 30 min; besides, all of canary, eu",
  );
  assertEquals(facts.Limits, "at most 1 machine at the same time; halts when 1 machine has failed");
  assertEquals(facts["In their jump"], "i-1, i-2");
  const plain = rolloutFacts({ percent: 100, over: undefined, halt: undefined, failed: [] });
  assertEquals(plain.Share, "100 % of all machines");
  assertEquals([plain.Limits, plain.Failed, plain["In their jump"]], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("fleetPage() says why nobody new takes the candidate, and how to end a rollout", () => {
  assertEquals(
    rolloutFacts({ state: "paused" }).State,
    "paused: no other machine takes the candidate",
  );
  assertEquals(
    rolloutFacts({ state: "halted" }).State,
    "halted: so many machines have failed that no other one takes the candidate",
  );
  assertEquals(
    rolloutFacts({ state: "complete" }).State,
    "complete: every machine may take the candidate; " +
      "once all run it, ftl jump --master my_site.VZ6bTn3cX9s makes it final",
  );
});

Deno.test("fleetPage() names those that failed, 40 at the most, or says that it does not know them", () => {
  const failed = Array.from({ length: 45 }, (_, i) => `i-${i}`);
  const { Failed: shown = "" } = rolloutFacts({ failed });
  assert(shown.startsWith("i-0, i-1, ") && shown.endsWith(", i-39 and 5 more"), shown);
  assertEquals(
    rolloutFacts({ failed: undefined }).Failed,
    "unknown: the marks could not be listed",
  );
  const rollout: FleetRollout = { ...EXAMPLE.rollout as FleetRollout, failed: undefined };
  const { root } = parseHtml(fleetPage({ ...EXAMPLE, rollout }));
  const words = named(root, "li").map((part) => textOf(part));
  assert(!words.some((text) => text.includes("failed ")), words.join());
});

Deno.test("fleetPage() of 5,000 machines has less than 2 MB, and takes less than 3 seconds", () => {
  const fleet = manyMachines(5000);
  const begun = performance.now();
  const page = fleetPage(fleet);
  const seconds = (performance.now() - begun) / 1000;
  const { length } = new TextEncoder().encode(page);
  assert(length < 2_000_000, `${length} bytes`);
  assert(seconds < 3, `${seconds} s`);
  assertEquals(page.match(/<th scope=row>/g)?.length, 5000);
});

Deno.test("fleetPage() shows who would refuse what is blessed, apart from those that trust it", () => {
  const page = parseHtml(fleetPage(fleetOf([
    machine(1, { trust: "trusted" }),
    machine(2, { trust: "unsigned", machine: "i-2" }),
    machine(3),
  ]))).root;
  const facts = named(page, "dt").map((name) => textOf(name).trim());
  const signatures = named(page, "dd")[facts.indexOf("Signatures")];
  assertEquals(
    textOf(signatures as Element).trim(),
    "1 machine trusts what is blessed; 1 would refuse it: unsigned",
  );
  assertEquals(named(page, "caption").map((caption) => textOf(caption)), [
    "1 machine in line that would refuse what is blessed",
    "2 machines in line",
  ]);
  const [row] = named(page, "tr").filter((row) => textOf(row).includes("i-2"));
  assertEquals(
    textOf(row as Element).includes("ok unsigned: it would refuse what is blessed"),
    true,
  );
  const without = fleetPage(fleetOf([machine(1)]));
  assertEquals(/signatures|refuse/i.test(without), false);
});
