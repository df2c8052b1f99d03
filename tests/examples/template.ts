/** CloudFormation templates: read, and compared with what AWS says of each type of resource. */
import { loadAwsServiceSpecSync } from "@aws-cdk/aws-service-spec";
import * as yaml from "@std/yaml";

export type Value = null | string | number | boolean | Value[] | { [key: string]: Value };
export type Fields = Record<string, Value>;

export interface Template {
  readonly Parameters: Readonly<Record<string, Fields>>;
  readonly Conditions: Readonly<Record<string, Value>>;
  readonly Resources: Readonly<Record<string, { Type: string; Properties: Fields }>>;
  readonly Outputs: Readonly<Record<string, Fields>>;
}

/** YAML of any kind, typed here: `npm:deno-std` carries the code of `@std/yaml` without its types. */
export function readYaml(text: string): Value {
  // deno-lint-ignore no-explicit-any -- an untyped import, cast at once
  return (yaml as any).parse(text) as Value;
}

/** Reads a template. Short forms of functions are read where they stand before one word or string. */
export function readTemplate(text: string): Template {
  const long = text.replace(/!(Ref|Sub|GetAtt) ("[^"]*"|[\w.:]+)/g, (_, name, argument) => {
    return `{ "${name === "Ref" ? name : `Fn::${name}`}": ${argument} }`;
  });
  return readYaml(long) as unknown as Template;
}

export function isFields(value: Value | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The function that stands in the place of a value, and its argument. */
export function functionOf(value: Value): [name: string, argument: Value] | undefined {
  if (!isFields(value)) return undefined;
  const [[name, argument] = ["", null], ...more] = Object.entries(value);
  return more.length === 0 && /^(Ref|Fn::\w+)$/.test(name) ? [name, argument] : undefined;
}

/** What a template names by `Ref`, `Fn::GetAtt` and `Fn::Sub`. */
export function namesIn(value: Value): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (!isFields(value)) return [];
  const [name, argument] = functionOf(value) ?? [];
  if (name === "Ref") return [String(argument)];
  if (name === "Fn::GetAtt") return [String(argument).replace(/\..*/, "")];
  if (name === "Fn::Sub") {
    return [...String(argument).matchAll(/\$\{([\w:]+)/g)].map(([, one = ""]) => one);
  }
  return Object.values(value).flatMap(namesIn);
}

/** The parts of the database that are read here. */
type PropertyType =
  | { readonly type: "ref"; readonly reference: unknown }
  | { readonly type: "array" | "map"; readonly element: PropertyType }
  | { readonly type: "union"; readonly types: readonly PropertyType[] }
  | { readonly type: string };
interface Property {
  readonly required?: boolean;
  readonly type: PropertyType;
}
interface Database {
  lookup(
    entity: "resource",
    by: "cloudFormationType",
    how: "equals",
    type: string,
  ): readonly { readonly properties: Readonly<Record<string, Property>> }[];
  get(
    entity: "typeDefinition",
    reference: unknown,
  ): { readonly properties: Readonly<Record<string, Property>> };
}

/** What is wrong with a template's resources: types and properties that AWS does not know, or misses. */
export function checkResources({ Resources }: Template): string[] {
  const database = loadAwsServiceSpecSync() as unknown as Database;
  return Object.entries(Resources).flatMap(([id, { Type, Properties }]) => {
    const [known] = database.lookup("resource", "cloudFormationType", "equals", Type);
    return known === undefined
      ? [`${id}: there is no ${Type}`]
      : checkFields(database, id, Properties, known.properties);
  });
}

function checkFields(
  database: Database,
  where: string,
  fields: Fields,
  known: Readonly<Record<string, Property>>,
): string[] {
  const missing = Object.entries(known)
    .filter(([name, { required }]) => required === true && fields[name] === undefined)
    .map(([name]) => `${where}: ${name} is missing`);
  const wrong = Object.entries(fields).flatMap(([name, value]) => {
    const property = known[name];
    const place = `${where}.${name}`;
    return property === undefined
      ? [`${place}: is unknown`]
      : checkValue(database, place, value, property.type);
  });
  return [...missing, ...wrong];
}

function checkValue(database: Database, where: string, value: Value, type: PropertyType): string[] {
  // What a function gives is known only when the stack is made.
  if (functionOf(value) !== undefined) return [];
  if (type.type === "array" && "element" in type) {
    return Array.isArray(value)
      ? value.flatMap((one, i) => checkValue(database, `${where}[${i}]`, one, type.element))
      : [`${where}: is no list`];
  }
  if ("reference" in type) {
    const { properties } = database.get("typeDefinition", type.reference);
    return isFields(value)
      ? checkFields(database, where, value, properties)
      : [`${where}: has no fields`];
  }
  const primitive: Readonly<Record<string, string>> = {
    string: "string",
    number: "number",
    integer: "number",
    boolean: "boolean",
  };
  const wanted = primitive[type.type];
  return wanted === undefined || typeof value === wanted ? [] : [`${where}: is no ${type.type}`];
}
