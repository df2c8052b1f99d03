/** The words of a deed: for people, and for the command line. */
import type { Deed, Step } from "./history.ts";
import { PACKAGE } from "./world.ts";

/** One line for people: `sync b --follow, killed at current-linked`. */
export function shown({ deed: { do: what, ...more }, kill }: Step): string {
  const words = Object.entries(more).filter(([, value]) => value !== undefined && value !== false)
    .map(([name, value]) => `${name}=${value}`);
  const end = kill === undefined
    ? ""
    : "at" in kill
    ? `, a process killed at ${kill.at}`
    : `, killed at fault point ${kill.nth}`;
  return `${[what, ...words].join(" ")}${end}`;
}

/** The words of the command line. */
export function argsOf(deed: Deed, name: string, archive: string): string[] {
  switch (deed.do) {
    case "spool":
      return ["spool", archive];
    case "bless":
      return ["jump", "--master", name, ...(deed.again ? ["--again"] : [])];
    case "stage":
      return ["jump", "--master", name, ...stageWords(deed)];
    case "back":
      return ["jump-back", "--master", PACKAGE];
    case "purge-master":
      return ["purge", "--master", name];
    case "sync":
      return ["sync", ...(deed.follow ? ["--follow"] : [])];
    case "jump":
      return ["jump", name, ...(deed.stay ? ["--stay"] : [])];
    case "jump-back":
      return ["jump-back", PACKAGE];
    case "purge":
      return ["purge", name];
    default:
      return [];
  }
}

function stageWords(
  { percent, machines, groups, over, halt, pause, again }: Extract<Deed, { do: "stage" }>,
): string[] {
  const values = { percent, machines, group: groups?.join(), over: over && `${over}s`, halt };
  return [
    ...Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name}`, String(value)]
    ),
    ...(pause ? ["--pause"] : []),
    ...(again ? ["--again"] : []),
  ];
}
