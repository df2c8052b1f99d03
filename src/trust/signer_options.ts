/**
 * The options of a line of allowed signers, as `sshsigopt_parse()` of OpenSSH reads them:
 *
 *     cert-authority, namespaces="ftl-bless:*", valid-after="20260101Z", valid-before="20270101Z"
 *
 * separated by commas, without spaces. Names may have any case; values are in quotes, and `\"` is a quote.
 */
import { quote } from "../foreign_text.ts";
import { parseTimestamp } from "./timestamp.ts";

export interface SignerOptions {
  /** Certificates that this key signed are meant, and not what it signs itself. */
  readonly isAuthority: boolean;
  /** Patterns of what the key may sign. Undefined if it may sign anything. */
  readonly namespaces: string | undefined;
  /** The first and the last second in which it may sign, in Unix seconds. */
  readonly validAfter: number | undefined;
  readonly validBefore: number | undefined;
}

export const NO_OPTIONS: Readonly<Record<Exclude<keyof SignerOptions, "isAuthority">, undefined>> =
  { namespaces: undefined, validAfter: undefined, validBefore: undefined };

const VALUED = ["namespaces", "valid-after", "valid-before"] as const;
type Valued = typeof VALUED[number];

/** The options, or what is wrong with them. */
export function parseSignerOptions(text: string): SignerOptions | string {
  const values: Partial<Record<Valued, string>> = {};
  let isAuthority = false;
  let rest = text;
  while (true) {
    const option = /^(?:(cert-authority)|([a-z-]+)="((?:\\"|\\(?!")|[^"\\])*)")/i.exec(rest);
    const name = option?.[2]?.toLowerCase();
    if (option === null) return `it has an option that FTL does not know: ${quote(rest)}`;
    if (name === undefined) isAuthority = true;
    else if (!isValued(name)) return `it has an option that FTL does not know: ${quote(name)}`;
    else if (values[name] !== undefined) return `it has ${name} twice`;
    else values[name] = option[3]?.replaceAll('\\"', '"') ?? "";
    rest = rest.slice(option[0].length);
    if (rest === "") return withTimes(values, isAuthority);
    if (!rest.startsWith(",")) return `it has an option that FTL does not know: ${quote(rest)}`;
    rest = rest.slice(1);
  }
}

function withTimes(
  values: Readonly<Partial<Record<Valued, string>>>,
  isAuthority: boolean,
): SignerOptions | string {
  const after = values["valid-after"];
  const before = values["valid-before"];
  const validAfter = after === undefined ? undefined : parseTimestamp(after);
  const validBefore = before === undefined ? undefined : parseTimestamp(before);
  if (after !== undefined && validAfter === undefined) {
    return `its valid-after is no time: ${quote(after)}`;
  }
  if (before !== undefined && validBefore === undefined) {
    return `its valid-before is no time: ${quote(before)}`;
  }
  if (validAfter !== undefined && validBefore !== undefined && validBefore <= validAfter) {
    return "its valid-before is not after its valid-after";
  }
  return { isAuthority, namespaces: values.namespaces, validAfter, validBefore };
}

function isValued(name: string): name is Valued {
  return VALUED.some((one) => one === name);
}
