/** Listings as ceph/s3-tests asks for them, as far as no other test does. */
import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { assertEquals } from "../assert.ts";
import { BUCKET, withServer } from "./testing/with_server.ts";

Deno.test("delimiters and prefixes of every kind, with both versions of the request", () =>
  withServer(async ({ s3 }) => {
    const table: [keys: string[], options: object, names: string[], prefixes: string[]][] = [
      [["bar", "baz", "cab", "foo"], { Delimiter: "a" }, ["foo"], ["ba", "ca"]],
      [["b%ar", "b%az", "c%ab", "foo"], { Delimiter: "%" }, ["foo"], ["b%", "c%"]],
      [["b ar", "b az", "c ab", "foo"], { Delimiter: " " }, ["foo"], ["b ", "c "]],
      [["b.ar", "b.az", "c.ab", "foo"], { Delimiter: "." }, ["foo"], ["b.", "c."]],
      [["bar", "baz", "cab", "foo"], { Delimiter: "\n" }, ["bar", "baz", "cab", "foo"], []],
      [["asdf/"], { Prefix: "asdf/", Delimiter: "/" }, ["asdf/"], []],
      [["0/", "0/0", "1", "1/1", "2"], { Delimiter: "/" }, ["1", "2"], ["0/", "1/"]],
      [["_bla/1", "_bla/2", "_c"], { Delimiter: "/" }, ["_c"], ["_bla/"]],
      [["bar", "bazar", "cab", "foo"], { Prefix: "ba", Delimiter: "a" }, ["bar"], ["baza"]],
      [
        ["foo/bar", "foo/baz", "quux"],
        { Prefix: "foo/", Delimiter: "" },
        ["foo/bar", "foo/baz"],
        [],
      ],
      [["foo/bar", "foo/baz", "quux"], { Prefix: "\n" }, [], []],
      [["foo/bar", "quux"], { Prefix: "/", Delimiter: "/" }, [], []],
      [
        ["foo+1/bar", "asdf+b", "quux ab/x"],
        { Delimiter: "/", EncodingType: "url" },
        ["asdf%2Bb"],
        [
          "foo%2B1/",
          "quux%20ab/",
        ],
      ],
    ];
    for (const [keys, options, names, prefixes] of table) {
      for (const Key of keys) {
        await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: "" }));
      }
      const asked = { Bucket: BUCKET, ...options };
      const pages = await Promise.all([
        s3.send(new ListObjectsCommand(asked)),
        s3.send(new ListObjectsV2Command(asked)),
      ]);
      for (const { Contents = [], CommonPrefixes = [] } of pages) {
        const listed = [Contents.map(({ Key }) => Key), CommonPrefixes.map(({ Prefix }) => Prefix)];
        assertEquals([options, ...listed], [options, names, prefixes]);
      }
      for (const Key of keys) await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }));
    }
  }));
