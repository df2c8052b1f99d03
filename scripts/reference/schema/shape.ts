/**
 * JSON Schema, draft 2020-12, as far as FTL's documents need it
 * (https://json-schema.org/draft/2020-12/json-schema-validation). Objects are strict: all keys are required,
 * and no others are allowed.
 */

export interface Shape {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: string | number | boolean | null;
  readonly enum?: readonly (string | null)[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: Shape;
  readonly properties?: Shapes;
  readonly required?: readonly string[];
  readonly additionalProperties?: false;
  readonly anyOf?: readonly Shape[];
  readonly $ref?: string;
}

export type Shapes = Readonly<Record<string, Shape>>;

/** One of the forms of a command's document. */
export interface Form {
  /** The command lines that print it. */
  readonly of: string;
  /** The keys after `schema` and `command`. */
  readonly keys: Shapes;
  /** An example, without `schema` and `command`. */
  readonly example: Readonly<Record<string, unknown>>;
}

export function text(description: string, pattern?: string): Shape {
  return { description, type: "string", ...(pattern === undefined ? {} : { pattern }) };
}

/** One of a few words. */
export function word(description: string, words: readonly string[]): Shape {
  return { description, type: "string", enum: words };
}

export function flag(description: string): Shape {
  return { description, type: "boolean" };
}

/** A whole number, also of bytes. */
export function count(description: string): Shape {
  return { description, type: "integer", minimum: 0 };
}

/** A number from 0 to 100, with up to two decimals. */
export function percent(description: string): Shape {
  return { description, type: "number", minimum: 0, maximum: 100 };
}

export function always(description: string, value: string | number | boolean | null): Shape {
  return { description, const: value };
}

/** @param name the name of a shape that documents share */
export function shared(name: string, description: string): Shape {
  return { description, $ref: `#/$defs/${name}` };
}

export function list(description: string, items: Shape): Shape {
  return { description, type: "array", items };
}

export function object(description: string, properties: Shapes): Shape {
  return {
    description,
    type: "object",
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

/** The same shape, or null. */
export function orNull(shape: Shape): Shape {
  const { description, ...given } = shape;
  if (typeof given.type !== "string" || given.type === "object") {
    return {
      ...(description === undefined ? {} : { description }),
      anyOf: [given, { type: "null" }],
    };
  }
  const { enum: words } = given;
  return {
    ...shape,
    type: [given.type, "null"],
    ...(words === undefined ? {} : { enum: [...words, null] }),
  };
}
