/** Listings that are cut short, go in circles, or come from elsewhere. */
import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { StorageError } from "../../../src/errors.ts";
import { StandIn } from "../aws/aws_services.ts";
import { bucketAt, listing, page, thrownBy } from "./foreign_bucket.ts";

const entry = (key: string, size = 1): string =>
  `<Contents><Key>${key}</Key><Size>${size}</Size><ETag>"x"</ETag></Contents>`;

const more = (token: string, content: string): string =>
  `${content}<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`;

/** By the number of the request: what the listing holds; and what FTL says. */
const LISTINGS: readonly (readonly [string, (asked: number) => string, RegExp])[] = [
  ["its token comes again", (n) => more("same", entry(`a.${n}`)), /repeats an earlier page/],
  ["its keys come again", (n) => more(`${n}`, entry("a.1")), /shows the same keys again/],
  ["its pages are empty", (n) => more(`${n}`, ""), /goes on with empty pages/],
  ["there is more without a token", () => "<IsTruncated>true</IsTruncated>", /but not how/],
  ["its keys were not asked for", () => entry("b.1"), /has b\.1, but only a\. was requested/],
  ["a key is longer than any", () => entry(`a.${"k".repeat(2000)}`), /has a key of 2002 bytes/],
  [
    "a key is so long that a parser would take long",
    () => entry(`a.${"k".repeat(10_000_000)}`),
    /sent a text that is longer than any key/,
  ],
  ["a size is below nothing", () => entry("a.1", -1), /without a key, a size or an ETag/],
  ["an entry has no ETag", () => "<Contents><Key>a.1</Key></Contents>", /without a key/],
];

for (const [name, content, said] of LISTINGS) {
  Deno.test(`a listing is refused where ${name}`, async () => {
    let asked = 0;
    await using server = new StandIn(() => listing(content(++asked)));
    const error = await thrownBy(bucketAt(server.url).list("a."));
    assert(error instanceof StorageError, `${error}`);
    assertMatch(error.message, said);
    assertEquals(error.reason, "not-s3");
    assert(asked < 110, `${asked} requests`);
  });
}

Deno.test("a listing is read to its end, over pages without a key, and each key counts once", async () => {
  const pages = [more("1", entry("a.1")), more("2", ""), entry("a.1") + entry("a.2")];
  let asked = 0;
  await using server = new StandIn(() => listing(pages[asked++] ?? ""));
  const found = await bucketAt(server.url).list("a.");
  assertEquals(found.map(({ key }) => key), ["a.1", "a.2"]);
});

Deno.test("a listing that a proxy has cut is no listing: revisions would be missing", async () => {
  const whole = `<?xml version="1.0"?><ListBucketResult>${entry("a.1")}${entry("a.2")}`;
  await using server = new StandIn(page(200, "application/xml", whole));
  const error = await thrownBy(bucketAt(server.url).list("a."));
  assertMatch((error as Error).message, /answered with a truncated document$/);
});
