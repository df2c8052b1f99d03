/** The chapter of the reference about `--json`, made from the schemas of the documents. */
import { COMMANDS } from "../../src/cli/commands.ts";
import {
  commandShape,
  documentShape,
  ERROR_COMMAND,
  ERROR_FORM,
  FORMS,
  notificationShape,
} from "./schema/documents.ts";
import { NOTIFICATION_FORM } from "./schema/common_forms.ts";
import type { Form, Shape, Shapes } from "./schema/shape.ts";
import { SHARED, type SharedName } from "./schema/shared.ts";
import { SCHEMA } from "../../src/cli/text/documents.ts";
import { JQ_EXAMPLES } from "./jq.ts";
import { bullets, code, codeBlock, heading, paragraph, table } from "./markdown.ts";

/** Blocks of Markdown. */
export function jsonChapter(): string[] {
  const { schema: _schema, ...notificationKeys } = notificationShape().properties ?? {};
  return [
    heading(2, "JSON"),
    paragraph(
      "With `--json` a command prints exactly one document on stdout, an object, and nothing else. " +
        "Notes and errors go to stderr as without it.",
    ),
    bullets([
      `Every document begins with \`"schema": ${SCHEMA}\` and \`"command"\`. The number changes when a ` +
      "key goes away or changes its meaning, not when a key is added.",
      "Every document of a command and mode has the same keys. What is not known, or does not exist, is `null`.",
      "Revisions are given by their names, times as ISO 8601 in UTC, sizes in bytes, durations in milliseconds.",
      "A command that ends without a result prints the document of an [error](#error). A command that " +
      "goes on after failures has them in its own document, under `failures`, and in its exit code.",
      "A newer FTL may add keys: programs should ignore those that they do not know.",
    ]),
    paragraph(
      "[schema.json](schema.json) is the JSON Schema (draft 2020-12) of all documents. " +
        "`#/$defs/<command>` is the schema of one command, `#/$defs/error` that of an error. It is strict: " +
        "it matches only the version of FTL that it comes with.",
    ),
    ...sharedSections(),
    heading(3, "error"),
    ...formBlocks(ERROR_FORM, documentShape(ERROR_COMMAND, ERROR_FORM), "jump"),
    heading(3, "notification"),
    paragraph(
      "The program of `FTL_NOTIFY` reads one document on its input, on one line, after each sync of a package " +
        "that is worth telling: see [operating](operating.md#told-of-changes).",
    ),
    keyTable(notificationKeys),
    codeBlock(
      "json",
      JSON.stringify({ schema: SCHEMA, ...NOTIFICATION_FORM.example }, null, 2).split("\n"),
    ),
    ...Object.entries(FORMS).flatMap(([name, forms]) => [
      heading(3, name === "version" ? "version" : `ftl ${name} --json`),
      ...forms.flatMap((form) => formBlocks(form, documentShape(commandShape(name), form), name)),
      ...jqBlocks(name),
    ]),
  ];
}

/** The link to a command's document in the page. */
export function documentLink(name: string): string {
  if (!COMMANDS.some((command) => command.name === name)) throw new Error(`No command ${name}`);
  return `#ftl-${name}---json`;
}

function sharedSections(): string[] {
  const { failure, ...words } = SHARED;
  return [
    heading(3, "names, times and failures"),
    table(
      ["what", "is"],
      Object.entries(words).map(([name, { description }]) => [name, description]),
    ),
    paragraph("A failure has these keys:"),
    keyTable(failure.properties ?? {}),
  ];
}

/** One form: its command lines, its keys without the first two, and an example. */
function formBlocks(form: Form, whole: Shape, command: string): string[] {
  const { schema: _schema, command: _command, ...keys } = whole.properties ?? {};
  const example = { schema: SCHEMA, command, ...form.example };
  return [
    paragraph(`Printed by ${form.of}:`),
    keyTable(keys),
    codeBlock("json", JSON.stringify(example, null, 2).split("\n")),
  ];
}

function jqBlocks(command: string): string[] {
  const example = JQ_EXAMPLES[command];
  if (example === undefined) return [];
  const { line, filter, prints } = example;
  return [
    paragraph(`To print ${prints}:`),
    codeBlock("sh", [`${line} | jq -r '${filter}'`]),
  ];
}

function keyTable(keys: Shapes): string {
  return table(["key", "type", "meaning"], keyRows(keys, ""));
}

function keyRows(keys: Shapes, prefix: string): string[][] {
  return Object.entries(keys).flatMap(([key, shape]) => {
    const path = `${prefix}${key}`;
    const row = [code(path), typeOf(shape), shape.description ?? ""];
    return [row, ...nestedRows(withoutNull(shape), path)];
  });
}

function nestedRows(shape: Shape, path: string): string[][] {
  if (shape.properties !== undefined) return keyRows(shape.properties, `${path}.`);
  return shape.items === undefined ? [] : nestedRows(withoutNull(shape.items), `${path}[]`);
}

/** A shape that may be null, without the null. */
function withoutNull(shape: Shape): Shape {
  return shape.anyOf?.find(({ type }) => type !== "null") ?? shape;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text",
  integer: "number",
  boolean: "true or false",
  object: "object",
  null: "null",
};

function typeOf(shape: Shape): string {
  const { anyOf, const: only, enum: words, items, type, $ref } = shape;
  if (anyOf !== undefined) return anyOf.map(typeOf).join(" or ");
  if (only !== undefined) return code(JSON.stringify(only));
  if (words !== undefined) return words.map((word) => code(JSON.stringify(word))).join(", ");
  if ($ref !== undefined) return $ref.replace("#/$defs/", "") satisfies string as SharedName;
  if (items !== undefined) return `list of ${plural(typeOf(items))}`;
  const types = typeof type === "string" ? [type] : type ?? [];
  return types.map((name) => TYPES[name] ?? name).join(" or ");
}

function plural(type: string): string {
  return /^[a-z]+$/.test(type) ? `${type}s` : type;
}
