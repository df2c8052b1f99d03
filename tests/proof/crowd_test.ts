import { blessAtOnce, spoolAtOnce, spoolInOneInstant } from "./crowd.ts";
import { crowdOnOneRoot } from "./root_crowd.ts";
import { newSeed } from "../random.ts";
import { announce } from "./report.ts";

const seed = newSeed();
announce(`crowds: seed ${seed}`);

Deno.test("20 processes on one root do no harm, and current never misses", async () => {
  await crowdOnOneRoot({ seed, seconds: 10 });
});

Deno.test("50 spools of one package at once get 50 names, in order", async () => {
  await spoolAtOnce({ seed, count: 50, same: false });
});

Deno.test("spools of the very same file in the same instant get different names", async () => {
  await spoolInOneInstant({ seed, count: 6 });
});

Deno.test("of 12 who bless at the same moment exactly one wins, and the others are told who", async () => {
  await blessAtOnce({ seed, racers: 12, rounds: 2 });
});
