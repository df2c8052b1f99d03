/**
 * `deno task fleet-picture`: takes `docs/fleet.webp`, the upper part of the page of a fleet that is made up, with
 * Chromium. So the picture in the README shows what `ftl fleet --html` really gives.
 */
import { fleetPage } from "../src/cli/text/fleet_page.ts";
import { withBrowser } from "../tests/browser.ts";
import { EXAMPLE } from "../tests/cli/text/fleet_example.ts";

const WIDTH = 1000;
const MARGIN = 24;

await withBrowser((show) =>
  show(fleetPage(EXAMPLE), { width: WIDTH }, async ({ page }) => {
    // Down to the end of the first table, which has the machines that are not in line.
    const table = await page.getByRole("region").first().boundingBox();
    const height = Math.ceil((table?.y ?? 0) + (table?.height ?? 0)) + MARGIN;
    const session = await page.context().newCDPSession(page);
    const { data } = await session.send("Page.captureScreenshot", {
      // Less than half the size of PNG. Playwright's own `screenshot` does not have it.
      format: "webp",
      quality: 70,
      captureBeyondViewport: true,
      clip: { x: 0, y: 0, width: WIDTH, height, scale: 1 },
    });
    const picture = new URL("../docs/fleet.webp", import.meta.url);
    await Deno.writeFile(picture, Uint8Array.fromBase64(data));
  })
);
