/**
 * The form of each command's document. `docs/schema.json` and the reference are made from this table, and tests
 * compare the output of `ftl` with it.
 */
import { COMMANDS } from "../../../src/cli/commands.ts";
import { SCHEMA } from "../../../src/cli/text/documents.ts";
import { COMMON_FORMS, NOTIFICATION_FORM } from "./common_forms.ts";
import { FLEET_FORMS } from "./fleet_forms.ts";
import { HELP_FORMS } from "./help_forms.ts";
import { LIST_FORMS } from "./list_forms.ts";
import { SETUP_FORMS } from "./setup_forms.ts";
import { failure, SHARED } from "./shared.ts";
import { always, type Form, object, type Shape, type Shapes } from "./shape.ts";
import { STATUS_FORMS } from "./status_forms.ts";
import { VERIFY_FORMS } from "./verify_forms.ts";

/** By the value of `command`, in the order of the help. The document of the program's version comes last. */
export const FORMS: Readonly<Record<string, readonly Form[]>> = inOrder({
  ...COMMON_FORMS,
  ...HELP_FORMS,
  fleet: FLEET_FORMS,
  list: LIST_FORMS,
  setup: SETUP_FORMS,
  status: STATUS_FORMS,
  verify: VERIFY_FORMS,
});

export const ERROR_FORM: Form = {
  of: "any command that ends without a result",
  keys: { error: failure("Why there is no result.") },
  example: {
    error: {
      message: "No revision my_site.VZ5vQk8aR4G on this machine",
      hint: "'ftl list my_site' shows those that are here, 'ftl sync my_site' fetches new ones",
      exitCode: 3,
    },
  },
};

function inOrder(forms: Readonly<Record<string, readonly Form[]>>): typeof FORMS {
  const names = [...COMMANDS.map(({ name }) => name), "version"];
  return Object.fromEntries(names.map((name) => {
    const found = forms[name];
    if (found === undefined) throw new Error(`ftl ${name} has no schema`);
    return [name, found];
  }));
}

/** A whole document, with `schema` and `command`. */
export function documentShape(command: Shape, { of, keys }: Form): Shape {
  const schema = always("Grows when a key goes away or changes its meaning.", SCHEMA);
  return object(`What is printed by ${of.replaceAll("`", "'")}.`, { schema, command, ...keys });
}

/** What the program of `FTL_NOTIFY` reads: a document without a command. */
export function notificationShape(): Shape {
  const { command: _command, ...properties } = documentShape(ERROR_COMMAND, NOTIFICATION_FORM)
    .properties ?? {};
  return object("What the program of 'FTL_NOTIFY' reads on its input.", properties);
}

/** The command of a document. */
export function commandShape(name: string): Shape {
  return always("The command.", name);
}

export const ERROR_COMMAND: Shape = {
  description: "The command; null if none was understood.",
  type: ["string", "null"],
  enum: [...COMMANDS.map(({ name }) => name), null],
};

/**
 * The JSON Schema of all documents. `#/$defs/<command>` is that of one command, `#/$defs/error` that of an
 * error.
 */
export function jsonSchema(): Shape & { readonly $defs: Shapes } {
  const commands = Object.entries(FORMS).map(([name, forms]): [string, Shape] => {
    const shapes = forms.map((form) => documentShape(commandShape(name), form));
    const [only] = shapes;
    return [name, shapes.length === 1 && only !== undefined ? only : { anyOf: shapes }];
  });
  const documents: Shapes = {
    ...Object.fromEntries(commands),
    error: documentShape(ERROR_COMMAND, ERROR_FORM),
  };
  return {
    ...{
      $schema: "https://json-schema.org/draft/2020-12/schema",
      $id: `urn:ftl:schema:${SCHEMA}`,
      title: "What ftl prints with --json",
    },
    description: "One document for each command line. See docs/reference.md.",
    anyOf: Object.keys(documents).map((name) => ({ $ref: `#/$defs/${name}` })),
    $defs: { ...documents, notification: notificationShape(), ...SHARED },
  };
}
