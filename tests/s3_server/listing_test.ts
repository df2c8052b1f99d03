import {
  ListObjectsCommand,
  type ListObjectsCommandOutput,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  paginateListObjectsV2,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { compareKeys } from "./storage/key_order.ts";
import { KeyIndex } from "./storage/key_index.ts";
import { sendSigned } from "./testing/raw_client.ts";
import { seedBucket } from "./testing/seed.ts";
import { BUCKET, errorOf, withServer } from "./testing/with_server.ts";

async function putAll(s3: S3Client, keys: readonly string[]): Promise<void> {
  await Promise.all(
    keys.map((Key) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "x" }))),
  );
}

/** Keys, and prefixes with a `*` before them. */
function namesOf(page: Pick<ListObjectsV2CommandOutput, "Contents" | "CommonPrefixes">): string[] {
  return [
    ...page.Contents?.map(({ Key }) => Key ?? "") ?? [],
    ...page.CommonPrefixes?.map(({ Prefix }) => `*${Prefix}`) ?? [],
  ];
}

const TREE = ["a", "a/1", "a/2", "b", "b/x/1", "b/x/2", "b/y", "c+d e/f", "d"];

Deno.test("prefix, delimiter and start-after choose what a listing shows", () =>
  withServer(async ({ s3 }) => {
    await putAll(s3, TREE);
    const table: [options: object, names: string[]][] = [
      [{}, TREE],
      [{ Prefix: "a" }, ["a", "a/1", "a/2"]],
      [{ Prefix: "nothing" }, []],
      [{ Delimiter: "/" }, ["a", "b", "d", "*a/", "*b/", "*c+d e/"]],
      [{ Delimiter: "/", Prefix: "b/" }, ["b/y", "*b/x/"]],
      [{ Delimiter: "/", Prefix: "b" }, ["b", "*b/"]],
      [{ Delimiter: "x/" }, ["a", "a/1", "a/2", "b", "b/y", "c+d e/f", "d", "*b/x/"]],
      [{ StartAfter: "b" }, ["b/x/1", "b/x/2", "b/y", "c+d e/f", "d"]],
      [{ StartAfter: "b/x/1", Delimiter: "/" }, ["d", "*b/", "*c+d e/"]],
      [{ StartAfter: "b/", Delimiter: "/" }, ["d", "*c+d e/"]],
      [{ StartAfter: "zzz" }, []],
      [{ StartAfter: "a", Prefix: "b/x" }, ["b/x/1", "b/x/2"]],
      [{ MaxKeys: 0 }, []],
    ];
    for (const [options, names] of table) {
      const page = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, ...options }));
      assertEquals({ options, names: namesOf(page) }, { options, names });
      assertEquals([page.KeyCount, page.IsTruncated], [names.length, false]);
    }
  }));

Deno.test("pages of every size give each name once and in order", () =>
  withServer(async ({ s3 }) => {
    await putAll(s3, TREE);
    for (const Delimiter of [undefined, "/"]) {
      const options = { Bucket: BUCKET, ...(Delimiter && { Delimiter }) };
      const whole = namesOf(await s3.send(new ListObjectsV2Command(options)));
      for (const pageSize of [1, 2, 3, 1000]) {
        const names: string[] = [];
        for await (const page of paginateListObjectsV2({ client: s3, pageSize }, { ...options })) {
          assert((page.KeyCount ?? 0) <= pageSize);
          assertEquals(page.IsTruncated, page.NextContinuationToken !== undefined);
          names.push(...namesOf(page));
        }
        assertEquals(names.toSorted(), whole.toSorted());
      }
    }
  }));

Deno.test("a listing of more than 1,000 keys comes in pages of 1,000", async () => {
  const folder = Deno.makeTempDirSync({ prefix: "ftl-s3-" });
  const keys = Array.from({ length: 2001 }, (_, number) => `k${String(number).padStart(5, "0")}`);
  try {
    await seedBucket(folder, { bucket: BUCKET, keys: keys.toReversed() });
    await withServer(async ({ s3 }) => {
      const first = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, MaxKeys: 5000 }));
      assertEquals([first.KeyCount, first.MaxKeys, first.IsTruncated], [1000, 1000, true]);
      const second = await s3.send(
        new ListObjectsV2Command({
          Bucket: BUCKET,
          ContinuationToken: first.NextContinuationToken,
          StartAfter: "ignored",
        }),
      );
      assertEquals(second.ContinuationToken, first.NextContinuationToken);
      const third = await s3.send(
        new ListObjectsV2Command({
          Bucket: BUCKET,
          ContinuationToken: second.NextContinuationToken,
        }),
      );
      assertEquals([first, second, third].flatMap(namesOf), keys);
    }, { folder });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("keys are in the order of their UTF-8 bytes, not of UTF-16", () =>
  withServer(async ({ s3 }) => {
    // U+FF5E sorts before U+1F680 in UTF-8, and behind its surrogates in UTF-16.
    const keys = ["A", "Z", "a", "a!", "a/", "a0", "\u00e9", "\uff5e", "\ud83d\ude80"];
    await putAll(s3, keys.toReversed());
    const page = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    assertEquals(namesOf(page), keys);
    const after = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET, StartAfter: "\uff5e" }));
    assertEquals(namesOf(after), ["\ud83d\ude80"]);
  }));

Deno.test("compareKeys() orders as a comparison of UTF-8 bytes does", () => {
  const alphabet = [
    "\u0000",
    "a",
    "\u007f",
    "\u00e9",
    "\u4e2d",
    "\ue000",
    "\uffff",
    "\ud83d\ude80",
  ];
  const encoder = new TextEncoder();
  const keys = alphabet.flatMap((a) => ["", ...alphabet].map((b) => a + b));
  const bytewise = (a: string, b: string): number => {
    const [x, y] = [encoder.encode(a), encoder.encode(b)];
    const at = x.findIndex((byte, index) => byte !== y[index]);
    return at === -1 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
  };
  for (const a of keys) {
    for (const b of keys) {
      assertEquals(Math.sign(compareKeys(a, b)), Math.sign(bytewise(a, b)));
    }
  }
});

Deno.test("encoding-type=url encodes every name", () =>
  withServer(async ({ server, s3 }) => {
    await putAll(s3, ["a b/c+d(1)", "a b/\u00e9/x", "\u0001"]);
    const target =
      `/${BUCKET}?delimiter=%2F&encoding-type=url&list-type=2&prefix=a%20b%2F&start-after=a%20`;
    const { body } = await sendSigned(server, { target });
    assertStringIncludes(body, "<EncodingType>url</EncodingType>");
    assertStringIncludes(body, "<Key>a%20b/c%2Bd%281%29</Key>");
    assertStringIncludes(body, "<Prefix>a%20b/%C3%A9/</Prefix>");
    assertStringIncludes(body, "<Prefix>a%20b/</Prefix>");
    assertStringIncludes(body, "<StartAfter>a%20</StartAfter>");
    assertStringIncludes(body, "<Delimiter>/</Delimiter>");
    const plain = await sendSigned(server, { target: `/${BUCKET}?list-type=2` });
    assertStringIncludes(plain.body, "<Key>&#x1;</Key>");
  }));

Deno.test("an entry of a listing has what S3 tells of an object", () =>
  withServer(async ({ server, s3 }) => {
    await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "k", Body: "12345" }));
    const { body } = await sendSigned(server, { target: `/${BUCKET}?list-type=2` });
    const entry =
      /<Contents><Key>k<\/Key><LastModified>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z<\/LastModified><ETag>&quot;827ccb0eea8a706c4c34a16891f84e7b&quot;<\/ETag><ChecksumAlgorithm>CRC32<\/ChecksumAlgorithm><ChecksumType>FULL_OBJECT<\/ChecksumType><Size>5<\/Size><StorageClass>STANDARD<\/StorageClass><\/Contents>/;
    assert(entry.test(body), body);
    const withOwner = await s3.send(
      new ListObjectsV2Command({ Bucket: BUCKET, FetchOwner: true }),
    );
    assert(withOwner.Contents?.[0]?.Owner?.ID !== undefined);
  }));

Deno.test("bad parameters of a listing are InvalidArgument", () =>
  withServer(async ({ server, s3 }) => {
    for (
      const query of [
        "list-type=2&max-keys=x",
        "list-type=2&max-keys=-1",
        "encoding-type=rot13&list-type=2",
      ]
    ) {
      const { status, code } = await sendSigned(server, { target: `/${BUCKET}?${query}` });
      assertEquals(`${query} ${status} ${code}`, `${query} 400 InvalidArgument`);
    }
    const bad = new ListObjectsV2Command({ Bucket: BUCKET, ContinuationToken: "made up" });
    assertEquals(await errorOf(s3.send(bad)), "400 InvalidArgument");
  }));

Deno.test("the first version of the request pages by marker", () =>
  withServer(async ({ s3 }) => {
    await putAll(s3, TREE);
    const list = (options: object): Promise<ListObjectsCommandOutput> =>
      s3.send(new ListObjectsCommand({ Bucket: BUCKET, ...options }));
    const first = await list({ MaxKeys: 2, Delimiter: "/" });
    assertEquals([namesOf(first), first.NextMarker], [["a", "*a/"], "a/"]);
    const second = await list({ MaxKeys: 2, Delimiter: "/", Marker: "a/" });
    assertEquals([namesOf(second), second.NextMarker], [["b", "*b/"], "b/"]);
    const rest = await list({ Delimiter: "/", Marker: "b/" });
    assertEquals([namesOf(rest), rest.IsTruncated], [["d", "*c+d e/"], false]);
    const flat = await list({ MaxKeys: 3 });
    assertEquals([namesOf(flat), flat.NextMarker], [["a", "a/1", "a/2"], undefined]);
    const next = await list({ MaxKeys: 3, Marker: "a/2" });
    assertEquals(namesOf(next), ["b", "b/x/1", "b/x/2"]);
  }));

Deno.test("KeyIndex goes back in time, change by change", () => {
  const index = new KeyIndex<string>([["b", "b1"]]);
  index.set("a", "a1");
  index.set("b", "b2");
  index.delete("a");
  const at = (changes: number): (string | undefined)[] => {
    const before = index.asBefore(changes);
    return [before.get("a"), before.get("b")];
  };
  assertEquals([0, 1, 2, 3, 9].map(at), [
    [undefined, "b2"],
    ["a1", "b2"],
    ["a1", "b1"],
    [undefined, "b1"],
    [undefined, "b1"],
  ]);
});
