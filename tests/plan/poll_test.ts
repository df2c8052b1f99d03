/** When a sync with `--list-every` reads only the pointer. */
import { assert, assertEquals } from "../assert.ts";
import {
  choosePolling,
  isPollCheaper,
  isPollEnough,
  mayPoll,
  type PollFacts,
  spreadOf,
} from "../../src/plan/poll.ts";
import { anId, aPackage } from "../names.ts";

const LISTED = 1_795_615_200_000;
const FACTS: PollFacts = {
  every: 600,
  follow: false,
  listedAt: LISTED,
  now: LISTED + 60_000,
  spread: 0.5,
};

const ROWS: readonly (readonly [string, Partial<PollFacts>, boolean])[] = [
  ["a minute after a listing", {}, true],
  ["right after a listing", { now: LISTED }, true],
  ["with --follow", { follow: true }, false],
  ["where no listing is remembered", { listedAt: undefined }, false],
  ["where the clock went back", { now: LISTED - 1 }, false],
  ["right before the time is over", { now: LISTED + 599_999 }, true],
  ["when the time is over", { now: LISTED + 600_000 }, false],
  ["a machine that lists a tenth earlier", { spread: 0, now: LISTED + 540_000 }, false],
  ["a machine that lists a tenth later", { spread: 0.999, now: LISTED + 659_000 }, true],
  ["with --list-every 0", { every: 0, now: LISTED }, false],
];

for (const [name, facts, due] of ROWS) {
  Deno.test(`the pointer ${due ? "may be enough" : "is not enough"}: ${name}`, () => {
    assertEquals(mayPoll({ ...FACTS, ...facts }), due);
  });
}

Deno.test("with the timers of setup a listing is followed by another one within twelve and a half minutes", () => {
  // A sync begins in the first half of each minute.
  const HALF = 30;
  let longest = 0;
  for (let first = 0; first <= HALF; first++) {
    for (const spread of [0, 0.5, 0.99999]) {
      let minute = 1;
      const after = (delay: number): number => minute * 60 + delay - first;
      while (mayPoll({ ...FACTS, now: LISTED + 1000 * after(0), spread })) minute++;
      longest = Math.max(longest, after(HALF));
    }
  }
  assert(longest > 12 * 60 && longest <= 12.5 * 60, `${longest} s`);
});

Deno.test("a machine lists each package at a time of its own, the same again and again", () => {
  const site = aPackage("my_site");
  // By `printf 'i-0abc\nmy_site' | sha256sum`: the first 12 digits, divided by 16^12.
  assertEquals(spreadOf("i-0abc", site), 0x08d09ded57eb / 0x1000000000000);
  const spreads = Array.from({ length: 1000 }, (_, n) => spreadOf(`i-${n}`, site));
  for (const tenth of spreads.keys().take(10)) {
    const share = spreads.filter((one) => Math.floor(one * 10) === tenth).length;
    assert(share > 60 && share < 150, `${share} of 1,000 machines in tenth ${tenth}`);
  }
});

Deno.test("up to 12 packages a pointer each is cheaper than the listing that they share", () => {
  assertEquals([1, 8, 12, 13, 1000].map(isPollCheaper), [true, true, true, false, false]);
});

/** Packages `a`, `b`, ...: with an `s` where the listing was shared, and a `!` where one is due. */
function polling(...words: string[]): string {
  const candidates = words.map((word, n) => ({
    name: aPackage(String.fromCharCode(97 + n)),
    may: !word.includes("!"),
    isShared: word.includes("s"),
  }));
  return choosePolling(candidates).join("");
}

Deno.test("packages with a listing of their own poll each for itself, those that share one all or not at all", () => {
  assertEquals(polling("own", "own!", "own"), "ac");
  assertEquals(polling("s", "s", "s"), "abc");
  assertEquals(polling("s", "s!", "s"), "");
  assertEquals(polling("s", "own", "s!", "own!"), "b");
  assertEquals(polling("s", "own!", "s"), "ac");
  assertEquals(polling(...Array(13).fill("s"), "own"), "n");
  assertEquals(polling(...Array(13).fill("own")), "abcdefghijklm");
});

Deno.test("a poll is enough where nothing has to be fetched, prepared or missed", () => {
  const id = anId("VZ5vQk8aR4G");
  const nothing = { fetch: [], prepare: [], missing: undefined };
  assertEquals(isPollEnough(nothing), true);
  assertEquals(isPollEnough({ ...nothing, fetch: [id] }), false);
  assertEquals(isPollEnough({ ...nothing, prepare: [id] }), false);
  assertEquals(isPollEnough({ ...nothing, missing: id }), false);
});
