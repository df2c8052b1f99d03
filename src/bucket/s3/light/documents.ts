/** Reads S3's XML by the SDK's own parser. What is unusual in it stays for the SDK. */
import { parseXML } from "npm:@aws-sdk/xml-builder@3.972.43";
import type { ListPage } from "../listing.ts";

/** A value of the parser: an element with only text is a string, and elements of one name are an array. */
type Value = string | readonly Value[] | { readonly [name: string]: Value };

/** ISO 8601, as S3 writes it. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** A page of a listing. Undefined if the SDK must read it. */
export function pageOf(bytes: Uint8Array): ListPage | undefined {
  const root = rootOf(bytes, "ListBucketResult");
  if (root === undefined) return undefined;
  const { IsTruncated = "", NextContinuationToken, Contents = [] } = root;
  if (IsTruncated !== "true" && IsTruncated !== "false") return undefined;
  if (NextContinuationToken !== undefined && typeof NextContinuationToken !== "string") {
    return undefined;
  }
  const entries: NonNullable<ListPage["Contents"]> = [];
  for (const value of Array.isArray(Contents) ? Contents : [Contents]) {
    const entry = entryOf(value);
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return {
    Contents: entries,
    IsTruncated: IsTruncated === "true",
    ...(NextContinuationToken === undefined ? {} : { NextContinuationToken }),
  };
}

type Entry = NonNullable<ListPage["Contents"]>[number];

function entryOf(value: Value): Entry | undefined {
  if (!isElement(value)) return undefined;
  const { Key, Size, ETag, LastModified } = value;
  const isPlain = typeof Key === "string" && typeof ETag === "string" &&
    typeof Size === "string" && /^\d{1,15}$/.test(Size) &&
    typeof LastModified === "string" && TIME.test(LastModified) &&
    !Number.isNaN(Date.parse(LastModified));
  if (!isPlain) return undefined;
  return { Key, ETag, Size: Number(Size), LastModified: new Date(LastModified) };
}

/** The code of an error. Undefined if the SDK must read it. */
export function errorCodeOf(bytes: Uint8Array): string | undefined {
  const code = rootOf(bytes, "Error")?.["Code"];
  return typeof code === "string" ? code : undefined;
}

function rootOf(
  bytes: Uint8Array,
  name: string,
): Readonly<Record<string, Value>> | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const root = (parseXML(text) as Readonly<Record<string, Value>>)[name];
    return root !== undefined && isElement(root) ? root : undefined;
  } catch {
    return undefined;
  }
}

function isElement(value: Value): value is Readonly<Record<string, Value>> {
  return typeof value === "object" && !Array.isArray(value);
}
