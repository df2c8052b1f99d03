/** Holds what `ftl --json` prints against the JSON Schema of its documents. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { jsonSchema } from "../scripts/reference/schema/documents.ts";
import { assertEquals } from "./assert.ts";

/** A document as a test reads it. The schema has checked its type. */
export type Document = ReturnType<typeof JSON.parse>;

const schema = jsonSchema();
const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
ajv.addSchema(schema);

function validator(name: string): ValidateFunction {
  const found = ajv.getSchema(`urn:ftl:schema:1#/$defs/${name}`);
  if (found === undefined) throw new Error(`The schema has no document ${name}`);
  return found;
}

/** What is wrong with a document; undefined if nothing is. `name` is a command's, or `error`. */
export function problemOf(name: string, document: unknown): string | undefined {
  const validate = validator(name);
  return validate(document) ? undefined : ajv.errorsText(validate.errors);
}

/** The document in a program's stdout. It must be a document of `name`, and nothing else may be there. */
export function readDocument(name: string, stdout: string): Document {
  const document = JSON.parse(stdout);
  assertEquals(problemOf(name, document), undefined, `${name}: ${stdout}`);
  return document;
}
