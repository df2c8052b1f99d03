/** A package that comes by deltas, and a machine that has a spare of it. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import type { Environment } from "../../mod.ts";
import type { FetchedEvent } from "../../src/events.ts";
import type { Member } from "../archive/builders.ts";
import { assertEquals } from "../assert.ts";
import { factsOf } from "../machine/delta/independent_walk.ts";
import type { DeltaFleet, Spooled } from "./delta_fleet.ts";

/** A revision whose entries are of every kind. */
export function site(version: number, changes: Member[] = []): Member[] {
  return [
    { name: "./", type: "5", mode: 0o755 },
    { name: "v", content: `version ${version}`, mtime: 1_600_000_000 + version },
    { name: "in/", type: "5", mode: 0o755 },
    { name: "in/same", content: "the same in all".repeat(100), mode: 0o640 },
    { name: "in/other name of same", type: "1", link: "in/same" },
    { name: "in/deep/", type: "5", mode: 0o555 },
    { name: "in/deep/read only", content: "r", mode: 0o444 },
    { name: "in/deep/changes", content: `${"x".repeat(5000)}${version}` },
    { name: "in/empty", content: "" },
    { name: "link", type: "2", link: "in/same" },
    { name: `only ${version}/`, type: "5", mode: 0o750 },
    { name: `only ${version}/moved`, content: "moved around" },
    ...changes,
  ];
}

/** The revision as a machine without deltas has it. */
export async function wholeOf(
  fleet: DeltaFleet,
  path: (name: string) => string,
): Promise<string[]> {
  const [fetched] = await fleet.sync("plain", { FTL_DELTA: "off" });
  assertEquals(fetched?.how, "whole");
  return factsOf(path("plain"));
}

/** Four revisions, the machine has run the first three: the first is its spare. */
export async function withSpare(
  fleet: DeltaFleet,
  env: Environment = {},
  changes: (version: number) => Member[] = () => [],
): Promise<Spooled> {
  for (const version of [1, 2, 3]) {
    await fleet.release(...site(version, changes(version)));
    await fleet.sync("web", env);
  }
  age(fleet);
  return await fleet.release(...site(4, changes(4)));
}

/** Moves the end of all records so far ahead that nothing of them is racy. */
export function age(fleet: DeltaFleet): void {
  const { states, spare } = fleet.pkg("web");
  for (const folder of [states, spare]) {
    for (const { name } of existing(folder)) {
      if (name.endsWith(".stat")) editRecord(`${folder}/${name}`, () => {}, 5000);
    }
  }
}

export function existing(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch {
    return [];
  }
}

/** Changes the numbers of a record, and keeps its digest valid. */
export function editRecord(path: string, edit: (numbers: Float64Array) => void, later = 0): void {
  const bytes = Deno.readFileSync(path);
  const newline = bytes.indexOf(10);
  const [name, version, count, end, paths] = new TextDecoder().decode(bytes.subarray(0, newline))
    .split(" ");
  const numbers = new Float64Array(bytes.slice(newline + 1, bytes.length - 32).buffer);
  edit(numbers);
  const head = `${[name, version, count, Number(end) + later, paths].join(" ")}\n`;
  const body = Buffer.concat([Buffer.from(head), new Uint8Array(numbers.buffer)]);
  Deno.writeFileSync(path, Buffer.concat([body, createHash("sha256").update(body).digest()]));
}

/** The machine has the revision as a machine without deltas has it. Returns how it came. */
export async function requireSame(
  fleet: DeltaFleet,
  next: Spooled,
  env: Environment = {},
): Promise<FetchedEvent | undefined> {
  const [fetched] = await fleet.sync("web", env);
  const whole = await wholeOf(fleet, (name) => fleet.at(name, next));
  assertEquals(factsOf(fleet.at("web", next)), whole);
  return fetched;
}

export function inodeOf(path: string): number | null {
  return Deno.lstatSync(path).ino;
}
