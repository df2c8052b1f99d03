/**
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObject.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
import { S3Error } from "../errors.ts";
import type { S3Response } from "../http/response.ts";
import { announcedChecksum } from "../payload/checksums.ts";
import { receiveText } from "../payload/payload.ts";
import type { Bucket } from "../storage/bucket.ts";
import { childText, element, parseXml, raw, text, type XmlElement } from "../xml.ts";
import { assertDeleteCondition } from "./conditions.ts";
import { assertNoVersion } from "./get_object.ts";
import { requireBucket, type S3Request, xmlResponse } from "./request.ts";

const MAX_KEYS = 1000;
const MAX_BODY_BYTES = 8 * 1024 * 1024;

/** Deletes one object. It is no error if the object is not there. */
export async function deleteObject(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  assertNoVersion(request);
  const { key } = request;
  const etag = request.headers.get("if-match");
  await bucket.delete(key, (current) => assertDeleteCondition(etag, { key, current }));
  return { status: 204, headers: new Map() };
}

/** Deletes up to 1,000 objects and tells of each. */
export async function deleteObjects(request: S3Request): Promise<S3Response> {
  const bucket = requireBucket(request);
  if (!request.headers.has("content-md5") && announcedChecksum(request.headers) === undefined) {
    throw new S3Error("InvalidRequest", {
      message: "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    });
  }
  const root = parseDelete(await receiveText(request, { limit: MAX_BODY_BYTES }));
  const objects = root.children.filter((child) => child.name === "Object");
  if (objects.length === 0 || objects.length > MAX_KEYS) throw new S3Error("MalformedXML");
  const quiet = childText(root, "Quiet")?.trim() === "true";
  const results = await Promise.all(objects.map((object) => deleteListed(bucket, object)));
  const content = results.filter(({ ok }) => !quiet || !ok).map(({ xml }) => xml).join("");
  return xmlResponse({ root: "DeleteResult", content });
}

function parseDelete(xml: string): XmlElement {
  try {
    const root = parseXml(xml);
    if (root.name === "Delete") return root;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new S3Error("MalformedXML");
}

async function deleteListed(
  bucket: Bucket,
  object: XmlElement,
): Promise<{ ok: boolean; xml: string }> {
  const key = childText(object, "Key");
  if (key === undefined || key === "") throw new S3Error("MalformedXML");
  const version = childText(object, "VersionId");
  try {
    if (version !== undefined && version !== "null") throw new S3Error("NoSuchVersion");
    const unknown = ["LastModifiedTime", "Size"].find((name) =>
      childText(object, name) !== undefined
    );
    if (unknown !== undefined) {
      throw new S3Error("NotImplemented", { details: { Header: unknown } });
    }
    const etag = childText(object, "ETag");
    await bucket.delete(key, (current) => assertDeleteCondition(etag, { key, current }));
    return { ok: true, xml: element("Deleted", raw(text("Key", key))) };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    const content = text("Key", key) + text("VersionId", version) + text("Code", error.code) +
      text("Message", error.message);
    return { ok: false, xml: element("Error", raw(content)) };
  }
}
