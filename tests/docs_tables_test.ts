/**
 * What the pages say of tables in the code is what the code says. Their reader has no other way to find out that a page
 * is out of date.
 */
import manifest from "../deno.json" with { type: "json" };
import * as mod from "../mod.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { SCOPES } from "../src/cli/permissions.ts";
import { IAM_ROLES, iamPolicy } from "../src/commands/setup/iam.ts";
import * as errors from "../src/errors.ts";
import { OWN_NAMES } from "../src/machine/package_dir.ts";
import { SYNC_EVENTS } from "../src/plan/sync_event.ts";
import { BLESSING_VERDICTS } from "../src/revision/blessing_verdict.ts";
import { SCRIPT_PLACES, SCRIPT_VARIABLES } from "../src/revision/scripts.ts";
import { assert, assertEquals } from "./assert.ts";
import { codeIn, rowsOf } from "./markdown.ts";
import { read, sourceText } from "./pages.ts";

Deno.test("docs/errors.md has every exit code, in the words of the code", () => {
  const rows = new Map(
    rowsOf(read("docs/errors.md")).map(([code = "", meaning = ""]) => [code, meaning]),
  );
  for (const [name, code] of Object.entries(errors.EXIT)) {
    assertEquals(rows.get(String(code)), errors.EXIT_MEANINGS[name as keyof typeof errors.EXIT]);
  }
  for (const [signal, code] of Object.entries(errors.INTERRUPTIONS)) {
    assert(rows.get(String(code))?.includes(signal), `${code} is ${signal}`);
  }
});

Deno.test("each message that docs/errors.md lists is one that the code has", () => {
  const source = sourceText();
  const messages = rowsOf(read("docs/errors.md"))
    .filter(([first = ""]) => first.startsWith("`")).flatMap(([first = ""]) => codeIn(first));
  assert(messages.length > 50);
  const unknown = messages.filter((message) => {
    const parts = message.replace(/^my_site\.\w+ [a-z-]+ (failed): .*/, "$1").split(/\.\.\.|: /);
    return parts.map((part) => part.trim()).some((part) => !source.includes(part));
  });
  assertEquals(unknown, []);
});

/** The parts of a line that differ each time: names, paths, numbers. What `ftl doctor` looked at stands by itself. */
const CHANGING =
  /\.\.\.|\bmy_s\w+(?:\.rev)?|s3:\/\/my-deploys|my-deploys?|\/srv\/ftl\S*|pid \d+, ftl sync|\d+|exit 1|: /;
const LOOKED_AT = /^(?:(?:ok|warn|fail) (S3 \w+|last sync|[\w-]+)|ftl:|[A-Z]{2,}(?: SYNC)?) /;

Deno.test("each line of status and doctor that docs/operating.md explains has the words of the code", () => {
  const source = sourceText();
  const lines = rowsOf(read("docs/operating.md")).flatMap((cells) => cells.slice(0, 2))
    .flatMap(codeIn).filter((code) => LOOKED_AT.test(code));
  assert(lines.length > 30, String(lines.length));
  const unknown = lines.filter((line) => {
    const [head = "", check] = LOOKED_AT.exec(line) ?? [];
    const parts = line.slice(head.length).split(CHANGING).map((part) =>
      part.replace(/^[(), ]+|[(), ]+$/g, "").replace(/^(post-sync|pre-jump|post-jump) /, "")
    );
    const isCheck = check === undefined || source.includes(`"${check}"`) || /^FTL_/.test(check);
    return !isCheck || !parts.every((part) => source.includes(part));
  });
  assertEquals(unknown, []);
});

Deno.test("docs/trust.md has each word for a pointer, and each reason against a signature, as the code has them", () => {
  const code = (text: string): string => `\`${text}\``;
  const rows = rowsOf(read("docs/trust.md")).map(([first]) => first);
  const [words, reasons] = ["word", "a signature does not count as"].map((head) =>
    rows.indexOf(head)
  );
  assert(words !== undefined && words > 0 && reasons !== undefined && reasons > words);
  assertEquals(rows.slice(words + 1, reasons).sort(), BLESSING_VERDICTS.map(code).sort());
  const [, table = ""] = /REASONS[^{]*\{\n([^}]*)\}/.exec(read("src/trust/words.ts")) ?? [];
  const known = [...table.matchAll(/: "(.*)",$/gm)].map(([, reason = ""]) => code(reason));
  assert(known.length > 5);
  assertEquals(rows.slice(reasons + 1, reasons + 1 + known.length).sort(), known.sort());
});

Deno.test("docs/packages.md has each script's places and variables as the code has them", () => {
  const rows = rowsOf(read("docs/packages.md"));
  const code = (text: string): string => `\`${text}\``;
  for (const [name, meaning] of Object.entries(SCRIPT_VARIABLES)) {
    assertEquals(rows.find(([first]) => first === code(name)), [code(name), meaning]);
  }
  for (const [step, places] of Object.entries(SCRIPT_PLACES)) {
    const row = rows.find(([first]) => first === code(step));
    assertEquals(row?.slice(0, 3), [code(step), ...places.map(code)]);
  }
});

Deno.test("docs/getting-started.md has each role, and docs/operating.md who needs which right on a KMS key", () => {
  const roles = rowsOf(read("docs/getting-started.md")).map(([first = ""]) => codeIn(first)[0]);
  assertEquals(roles.filter((name) => IAM_ROLES.some((role) => role === name)), [...IAM_ROLES]);
  const values = { bucket: "b", region: "r" };
  const writers = IAM_ROLES.filter((role) => {
    return iamPolicy(role, values, []).Statement
      .some(({ Action }) => Action.includes("s3:PutObject"));
  });
  // What is read is decrypted. An upload needs a key, and in parts to decrypt as well.
  const told = (rights: string): string[] => {
    const [, names = ""] =
      new RegExp(`^- (.*): ${rights}\\.`, "m").exec(read("docs/operating.md")) ?? [];
    return codeIn(names).sort();
  };
  assertEquals(told("`kms:GenerateDataKey` and `kms:Decrypt`"), [...writers].sort());
  const readers = IAM_ROLES.filter((role) => !writers.includes(role));
  assertEquals(told("`kms:Decrypt`"), readers.sort());
});

Deno.test("docs/operating.md has every event that FTL_NOTIFY is told, and their order", () => {
  const rows = rowsOf(read("docs/operating.md")).map(([first = ""]) => first);
  const events = rows.slice(
    rows.indexOf("event") + 1,
    rows.indexOf("event") + 1 + SYNC_EVENTS.length,
  );
  assertEquals(events.flatMap(codeIn).sort(), [...SYNC_EVENTS].sort());
  const [, order = ""] = /the first that fits of ([^.]*)\./.exec(read("docs/operating.md")) ?? [];
  assertEquals(codeIn(order), [...SYNC_EVENTS]);
});

Deno.test("docs/programs.md names every function of mod.ts", () => {
  const named = codeIn(read("docs/programs.md")).map((code) => code.replace(/\(.*/, ""));
  const functions = Object.keys(mod).filter((name) => /^[a-z]/.test(name));
  assert(functions.length > 20);
  assertEquals(functions.filter((name) => !named.includes(name)), []);
});

Deno.test("docs/dependencies.md has a row for every package from npm", () => {
  const rows = rowsOf(read("docs/dependencies.md")).map(([first]) => first);
  for (const pin of Object.values(manifest.imports)) {
    const name = /^npm:(@?[^@]+)@/.exec(pin)?.[1];
    assert(rows.includes(`\`${name}\``), `${name} has a row`);
  }
});

Deno.test("docs/programs.md has every class of errors, with its exit code", () => {
  const classes = [...read("src/errors.ts").matchAll(/^export class (\w+)/gm)]
    .map(([, name = ""]) => name);
  const rows = rowsOf(read("docs/programs.md")).filter(([first = ""]) => first.startsWith("`"));
  assertEquals(rows.map(([first]) => first), classes.map((name) => `\`${name}\``));
  for (const [name = "", exitCode = ""] of rows.filter(([, code = ""]) => /^\d+$/.test(code))) {
    const made = errorOf(name.replaceAll("`", ""));
    assertEquals(made.exitCode, Number(exitCode), name);
  }
});

/** An error of the class with this name. */
function errorOf(name: string): errors.FtlError {
  type ErrorClass = new (message: string, options: object) => errors.FtlError;
  const Class = (errors as unknown as Record<string, ErrorClass>)[name];
  assert(Class !== undefined, name);
  return new Class("", {});
}

Deno.test("docs/safety.md says of each command what it may do", () => {
  const rows = rowsOf(read("docs/safety.md")).filter(({ length }) => length === 5);
  const told = new Set<string>();
  for (const [commands = "", ...cells] of rows.slice(1)) {
    for (const [name = "", ...flags] of codeIn(commands).map((text) => text.split(" "))) {
      const command = COMMANDS.find((known) => known.name === name);
      if (command === undefined) continue;
      told.add(name);
      const need = command.scope(new Set(flags.map((flag) => flag.slice("--".length))));
      const scope: readonly string[] = SCOPES[need];
      const may = ["read", "write", "run", "net"].map((permission) => scope.includes(permission));
      const says = cells.map((cell) => !/^(no$|only )/.test(cell));
      assertEquals(says, may, [name, ...flags].join(" "));
    }
  }
  assertEquals([...told].sort(), COMMANDS.map(({ name }) => name).sort());
});

/** The members of an interface of `src`. */
function membersOf(file: string, type: string): string[] {
  const [, body = ""] = new RegExp(`interface ${type} \\{([^]*?)\n\\}`).exec(read(file)) ?? [];
  const members = [...body.matchAll(/^ {2}readonly (\w+)/gm)].map(([, name = ""]) => name);
  assert(members.length > 0, type);
  return members;
}

Deno.test("docs/formats.md has each word that FTL writes: metadata, reports, files below .ftl and their keys", () => {
  const page = read("docs/formats.md");
  const row = (name: string): string =>
    page.split("\n").find((line) => line.startsWith(`| \`${name}`)) ?? "";
  const [, reports = ""] = page.split("### Reports of machines");
  const report = ["ReportedPackage", "MachineReport", "MachineError"].flatMap((type) => {
    return membersOf("src/revision/report.ts", type);
  });
  const object = membersOf("src/revision/pointer.ts", "BlessedObject");
  const pointer = membersOf("src/revision/pointer.ts", "PointerState")
    .flatMap((name) => name === "object" ? object : name);
  const metadata = [...sourceText("src/revision/").matchAll(/"(ftl-[a-z-]*[a-z])"/g)];
  assert(metadata.length > 10);
  const places: [text: string, words: readonly string[]][] = [
    [page.split("### A tree")[0] ?? "", metadata.map(([, name = ""]) => name)],
    [reports.split("### A staged rollout")[0] ?? "", report],
    [page.split("### Below `.ftl`")[1] ?? "", Object.values(OWN_NAMES)],
    [row("state/<id>.json"), membersOf("src/machine/state.ts", "RevisionState")],
    [row("master.json"), pointer],
    [row("hold.json"), membersOf("src/plan/hold.ts", "Hold")],
    [row("jump.json"), membersOf("src/machine/jump/journal.ts", "JumpUnderWay")],
    [row("bad.json"), membersOf("src/machine/jump/quarantine.ts", "Quarantine")],
    [row("last-sync.json"), membersOf("src/machine/state.ts", "LastSync")],
  ];
  for (const [text, words] of places) {
    const told = codeIn(text).flatMap((code) =>
      code.split(/[\s/<>]+|(?<=[a-z>])\.(?!json|lock)|^\./)
    );
    assertEquals(words.filter((word) => !told.includes(word)), [], text.slice(0, 40));
  }
});
