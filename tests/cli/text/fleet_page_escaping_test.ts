/** Machines and people write texts into the page: whatever they write, it stays text. */
import fc from "fast-check";
import { assert, assertEquals } from "../../assert.ts";
import { type Element, elements, named, parseHtml, textOf } from "../../html_tree.ts";
import { fleetPage } from "../../../src/cli/text/fleet_page.ts";
import { oneLine } from "../../../src/foreign_text.ts";
import type { Fleet, FleetMachine, FleetRollout } from "../../../src/plan/fleet.ts";
import { BLESSING_VERDICTS } from "../../../src/revision/blessing_verdict.ts";
import type { PackageName, RevisionName } from "../../../src/revision/names.ts";
import { EXAMPLE, fleetOf, machine } from "./fleet_example.ts";

/** Every element that a page may have, with the attributes that it may have. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  html: ["lang"],
  head: [],
  meta: ["charset", "http-equiv", "content", "name"],
  title: [],
  style: [],
  body: [],
  header: [],
  main: [],
  footer: [],
  section: [],
  h1: [],
  h2: ["id"],
  p: ["class"],
  dl: ["class"],
  dt: [],
  dd: [],
  ul: ["class"],
  li: ["class"],
  b: [],
  code: [],
  small: [],
  span: ["class"],
  time: ["datetime"],
  svg: ["class", "aria-hidden"],
  rect: ["class", "x", "width", "height"],
  div: ["class", "role", "tabindex", "aria-labelledby"],
  table: [],
  caption: [],
  thead: [],
  tbody: [],
  tr: [],
  th: ["scope"],
  td: ["class"],
};

function elementsOf(html: string): Element[] {
  return [...elements(parseHtml(html).root)];
}

/** The elements in their order, with the names of their attributes. */
function shapeOf(html: string): string[] {
  return elementsOf(html).map(({ tagName, attrs }) => {
    return [tagName, ...attrs.map(({ name }) => name)].join(" ");
  });
}

/** Texts that end elements, attributes, comments and references, in any mixture. */
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom(
      "<script>alert(1)</script>",
      "</td></table>",
      "</style><img src=x onerror=alert(1)>",
      "</title>",
      "<!--",
      "-->",
      "<![CDATA[",
      "&lt;b&gt;",
      "&#60;",
      '" onload="alert(1)',
      "' style='color:red",
      "`",
      "\0",
      "\r\n",
      "\u202e",
      "\ud800",
      "\u05d0\u05d1",
      "2026-11-25T13:00:00Z",
    ),
    fc.string({ unit: "binary" }),
  ),
  { maxLength: 4 },
).map((parts) => parts.join(""));

/** Every text in it can be anything, also where the types or a parser allow less. */
const hostileMachine: fc.Arbitrary<FleetMachine> = fc.record({
  machine: hostile,
  host: fc.option(hostile, { nil: undefined }),
  groups: fc.array(hostile, { maxLength: 2 }),
  ftl: fc.option(hostile, { nil: undefined }),
  state: fc.constantFrom("failing", "behind", "waiting", "ok", "gone", "unreadable"),
  active: fc.option(hostile.map((text) => text as RevisionName), { nil: undefined }),
  previous: fc.constant(undefined),
  want: fc.option(hostile.map((text) => text as RevisionName), { nil: undefined }),
  since: fc.option(hostile, { nil: undefined }),
  seen: hostile,
  trust: fc.constantFrom(undefined, ...BLESSING_VERDICTS),
  error: fc.option(
    fc.record({ text: hostile, code: fc.nat(255), since: hostile, count: fc.nat(99) }),
    { nil: undefined },
  ),
});

const hostileFleet: fc.Arbitrary<Fleet> = fc.record({
  machines: fc.array(hostileMachine, { minLength: 1, maxLength: 4 }),
  texts: fc.tuple(hostile, hostile, hostile, hostile, hostile, hostile),
}).map(({ machines, texts: [name, blessed, by, at, message, next] }) => ({
  ...fleetOf(machines),
  package: name as PackageName,
  blessed: blessed as RevisionName,
  blessedBy: by,
  blessedAt: at,
  message,
  rollout: {
    ...EXAMPLE.rollout as FleetRollout,
    next: next as RevisionName,
    groups: [by],
    failed: machines.map((one) => one.machine),
    turns: [message],
  },
}));

Deno.test("fleetPage() has no element and no attribute but its own, whatever texts say", () => {
  fc.assert(fc.property(hostileFleet, (fleet) => {
    for (const { tagName, attrs } of elementsOf(fleetPage(fleet))) {
      const allowed = ALLOWED[tagName];
      assert(allowed !== undefined, `an element ${tagName}`);
      for (const { name } of attrs) assert(allowed.includes(name), `${tagName} ${name}`);
    }
  }));
});

Deno.test("fleetPage() has the same elements for hostile texts as for harmless ones", () => {
  fc.assert(fc.property(hostileFleet, (fleet) => {
    const harmless = new Map<string, string>();
    const rename = (text: string): string => {
      // A time is an element of its own, and no text is left out where there is one.
      if (text === "" || /^\d{4}-/.test(text)) return text;
      return harmless.get(text) ?? harmless.set(text, `t${harmless.size}`).get(text) ?? "";
    };
    const texts = (_: string, value: unknown): unknown => {
      return typeof value === "string" ? rename(value) : value;
    };
    const copy = JSON.parse(JSON.stringify({ ...fleet, at: "", machines: [] }), texts) as Fleet;
    const machines = fleet.machines.map((one) => ({
      ...JSON.parse(JSON.stringify(one), texts) as FleetMachine,
      state: one.state,
      trust: one.trust,
    }));
    const rollout = { ...copy.rollout, state: fleet.rollout?.state } as FleetRollout;
    const tame: Fleet = { ...copy, at: fleet.at, states: fleet.states, rollout, machines };
    assertEquals(shapeOf(fleetPage(fleet)), shapeOf(fleetPage(tame)));
  }));
});

Deno.test("fleetPage() shows each text as it is, on one line, with what nobody sees escaped", () => {
  fc.assert(fc.property(hostile, (text) => {
    const one = machine(1, {
      state: "failing",
      machine: `m${text}`,
      host: `h${text}`,
      groups: [`g${text}`],
      ftl: `f${text}`,
      active: `a${text}` as RevisionName,
      want: `w${text}` as RevisionName,
      since: `s${text}`,
      seen: `r${text}`,
      error: { text: `e${text}`, code: 6, since: `x${text}`, count: 2 },
    });
    const { root: page } = parseHtml(
      fleetPage({ ...fleetOf([one]), blessedBy: `b${text}`, message: text }),
    );
    const shown = (prefix: string): string => oneLine(prefix + text);
    const cells = named(page, "tbody").flatMap((body) => named(body, "th", "td"));
    assertEquals(cells.map((cell) => textOf(cell, { ownOnly: true }).trim()), [
      shown("m"),
      "",
      shown("a"),
      shown("s"),
      shown("r"),
      shown("g"),
      shown("f"),
    ]);
    assertEquals(cells.flatMap((cell) => named(cell, "b", "small").map((part) => textOf(part))), [
      shown("h"),
      "failing",
      shown("e"),
      `exit code 6, 2 times since ${shown("x")}`,
      oneLine(`should run w${text}`),
    ]);
    const facts = named(page, "dd").map((fact) => textOf(fact).trim());
    assertEquals([facts[1], facts[3]], [shown("b"), oneLine(text)]);
  }));
});
