/** The query of a request: its parameters in order, decoded. */
import { S3Error } from "./errors.ts";

export class Query {
  readonly entries: readonly (readonly [name: string, value: string])[];

  /** Parses the text after the `?`. Throws InvalidURI if it is not UTF-8. */
  constructor(encoded: string) {
    this.entries = encoded.split("&").filter((pair) => pair !== "").map((pair) => {
      const at = pair.indexOf("=");
      return at === -1
        ? [decode(pair), ""] as const
        : [decode(pair.slice(0, at)), decode(pair.slice(at + 1))] as const;
    });
  }

  has(name: string): boolean {
    return this.entries.some(([candidate]) => candidate === name);
  }

  /** The first value of that name. */
  get(name: string): string | undefined {
    return this.entries.find(([candidate]) => candidate === name)?.[1];
  }
}

function decode(encoded: string): string {
  try {
    return decodeURIComponent(encoded.replace(/\+/g, " "));
  } catch {
    throw new S3Error("InvalidURI");
  }
}
