/** Reads members of JSON that others wrote. A member that is not as it should be is undefined. */

export type Members = Readonly<Record<string, unknown>>;

/** Undefined for a text that is no JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined for anything but an object. */
export function objectOf(value: unknown): Members | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as Members
    : undefined;
}

/** A whole number that is not negative. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A text that is not empty, cut at a length. */
export function wordIn(value: Members, name: string, longest: number): string | undefined {
  const member = value[name];
  return typeof member === "string" && member !== "" ? member.slice(0, longest) : undefined;
}

/** A time in the one form that FTL writes. */
export function timeIn(value: Members, name: string): string | undefined {
  const member = value[name];
  if (typeof member !== "string" || member.length > 32) return undefined;
  const time = Date.parse(member);
  const isTime = !Number.isNaN(time) && /^\d{4}-\d{2}-\d{2}T/.test(member);
  return isTime ? new Date(time).toISOString() : undefined;
}
