/** Attacks on who looks at a fleet: by a machine that lies, and by somebody who gets markup into the page. */
import { assert, assertEquals } from "../../assert.ts";
import { rowsOf, type Show, sideways, testPages } from "../../browser.ts";
import { fleetPage } from "../../../src/cli/text/fleet_page.ts";
import { oneLine } from "../../../src/foreign_text.ts";
import type { Fleet } from "../../../src/plan/fleet.ts";
import { EXAMPLE, fleetOf, machine } from "./fleet_example.ts";

const SCRIPT = "<script>document.title = 'taken over'; alert(1)</script>";
const HOSTILE: readonly string[] = [
  SCRIPT,
  "</td></tr></table></main>" + SCRIPT,
  "<img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  '" onmouseover="alert(1)" x="',
  "</style><style>*{display:none}</style>",
  "&lt;b&gt; &amp; &#60;i&#62;",
  "\u001b[2J\u202eevil\u2066 \u0000",
  "\u05e9\u05dc\u05d5\u05dd \u4f60\u597d",
  "<!-- --> <![CDATA[",
  "W".repeat(200),
];

/** Every text that a machine or a person can choose is hostile. */
const HOSTILE_FLEET: Fleet = {
  ...fleetOf(HOSTILE.map((text, i) =>
    machine(i, {
      machine: `m ${text}`,
      host: `h ${text}`,
      groups: [`g ${text}`],
      ftl: `f ${text}`,
      since: `s ${text}`,
      seen: `r ${text}`,
      state: "failing",
      error: { text, code: 6, since: `x ${text}`, count: 2 },
    })
  )),
  blessedBy: HOSTILE.join(" "),
  message: HOSTILE.join(" "),
};

const shown = (text = ""): string => oneLine(text).replace(/\s+/g, " ");

async function showsHostileTexts(show: Show): Promise<void> {
  await show(fleetPage(HOSTILE_FLEET), {}, async ({ page, requests, complaints }) => {
    const expected = HOSTILE_FLEET.machines.map((one) => [
      `${shown(one.machine)}\n${shown(one.host)}`,
      `failing\n${shown(one.error?.text)}\n${
        shown(`exit code 6, 2 times since ${one.error?.since}`)
      }`,
      shown(one.active).replace("my_site.", ""),
      ...[one.since, one.seen, one.groups[0], one.ftl].map(shown),
    ]);
    assertEquals(await rowsOf(page), expected);
    const facts = await page.locator("dd").allInnerTexts();
    assertEquals([facts[1], facts[3]], [shown(HOSTILE.join(" ")), shown(HOSTILE.join(" "))]);
    assert((await page.title()).startsWith("my_site: "));
    assertEquals(requests, ["http://page.test/"]);
    assertEquals(complaints, []);
  });
}

/** What somebody would add who has found a way past the escaping. Each breaks the policy at least once. */
const ATTACK: readonly string[] = [
  SCRIPT,
  "<script src=/evil.js></script>",
  "<style>body { display: none }</style>",
  "<p id=styled style='display: none'>still here</p>",
  "<link rel=stylesheet href=/evil.css>",
  "<img src=/evil.png onerror=\"document.title = 'taken over'\">",
  "<iframe src=/evil.html></iframe>",
  "<object data=/evil.swf></object>",
  "<video src=/evil.mp4></video>",
  "<base href=http://evil.test/>",
  "<form action=/evil><button id=send>Send</button></form>",
];

async function stopsAttack(show: Show): Promise<void> {
  const html = fleetPage(EXAMPLE).replace("</main>", `${ATTACK.join("\n")}</main>`);
  await show(html, {}, async ({ page, requests, complaints }) => {
    assert(await page.locator("#styled").isVisible());
    assert((await page.title()).startsWith("my_site: "));
    assertEquals(await page.evaluate("document.baseURI"), "http://page.test/");
    await page.evaluate("document.querySelector('#send').click()");
    assertEquals(requests, ["http://page.test/"]);
    assertEquals(complaints.filter((text) => !text.includes("Content Security Policy")), []);
    assert(complaints.length >= ATTACK.length, complaints.join("\n"));
  });
}

/** Without the policy all of it works: else the step before would prove nothing. */
async function attackWorksWithoutPolicy(show: Show): Promise<void> {
  const html = fleetPage(EXAMPLE).replace("</main>", `${ATTACK.join("\n")}</main>`)
    .replace("Content-Security-Policy", "X-None");
  await show(html, {}, async ({ page, requests, complaints }) => {
    assert(!await page.locator("#styled").isVisible());
    assertEquals(await page.title(), "taken over");
    assert(requests.includes("http://page.test/evil.js"), requests.join());
    assert(complaints.includes("1"), complaints.join());
  });
}

async function staysInItsWidth(show: Show): Promise<void> {
  for (const width of [360, 1024, 1280]) {
    await show(fleetPage(HOSTILE_FLEET), { width }, async ({ page }) => {
      assertEquals(await sideways(page), 0, `${width} pixels`);
    });
  }
}

testPages("the page of a fleet under attack", [
  [
    "hostile texts are shown as text: none becomes markup, a script or a request",
    showsHostileTexts,
  ],
  ["no text is so long that the page scrolls sideways", staysInItsWidth],
  ["the policy stops what an attacker who got markup into the page would add", stopsAttack],
  ["without the policy that attack would work", attackWorksWithoutPolicy],
]);
