import { assertEquals, assertMatch } from "../../assert.ts";
import { awsProblems } from "../../../src/bucket/aws/settings.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIA", AWS_SECRET_ACCESS_KEY: "secret/+=" };

/** What is set, and the messages. */
const CASES: readonly (readonly [Readonly<Record<string, string>>, readonly string[]])[] = [
  [{ ...KEYS, AWS_REGION: "eu-central-1", AWS_ENDPOINT_URL: "https://s3.example.com:9000/" }, []],
  [{ AWS_ENDPOINT_URL_S3: "https://abc.storage.example.com/storage/v1/s3" }, []],
  [{ AWS_ENDPOINT_URL_S3: "http://[::1]:9000", AWS_PROFILE: "with space" }, []],
  [{ AWS_ACCESS_KEY_ID: "", AWS_REGION: "" }, []],
  [{ AWS_SECRET_ACCESS_KEY: "s" }, []],
  [{ AWS_ACCESS_KEY_ID: "A" }, ["AWS_SECRET_ACCESS_KEY is not set, though AWS_ACCESS_KEY_ID is"]],
  [{ ...KEYS, AWS_ACCESS_KEY_ID: "AKIA\n" }, [
    "AWS_ACCESS_KEY_ID ends in a line break, which counts as part of it",
  ]],
  [{ ...KEYS, AWS_SECRET_ACCESS_KEY: "hidden\r" }, [
    "AWS_SECRET_ACCESS_KEY ends in a line break, which counts as part of it",
  ]],
  [{ AWS_SESSION_TOKEN: " hidden" }, [
    "AWS_SESSION_TOKEN has a quote or white space at an end, which counts as part of it",
  ]],
  [{ AWS_SESSION_TOKEN: "hid\nden" }, ["AWS_SESSION_TOKEN has a control character in it"]],
  [{ AWS_SESSION_TOKEN: "hid den" }, ["AWS_SESSION_TOKEN has white space in it"]],
  [{ AWS_SESSION_TOKEN: "hidd\u00e9n" }, [
    "AWS_SESSION_TOKEN has a character in it that is not ASCII",
  ]],
  [{ AWS_PROFILE: "prod\n" }, ["AWS_PROFILE ends in a line break, which counts as part of it"]],
  [{ AWS_REGION: "us-east-1\r" }, ["AWS_REGION ends in a line break, which counts as part of it"]],
  [{ AWS_REGION: "'eu'" }, [
    "AWS_REGION has a quote or white space at an end, which counts as part of it",
  ]],
  [{ AWS_REGION: "eu_central_1" }, ["AWS_REGION names no region: 'eu_central_1'"]],
  [{ AWS_DEFAULT_REGION: "eu.x" }, ["AWS_DEFAULT_REGION names no region: 'eu.x'"]],
  ...["s3.example.com", "localhost:9000", "ftp://x", "s3://deploys", "https:///", "http:x"].map(
    (url) =>
      [{ AWS_ENDPOINT_URL_S3: url }, [`AWS_ENDPOINT_URL_S3 is not a URL: '${url}'`]] as const,
  ),
  [{ AWS_ENDPOINT_URL: "https://id:hidden@s3.example.com" }, [
    "AWS_ENDPOINT_URL has a user name or a password in it",
  ]],
  [{ AWS_ENDPOINT_URL: "https://s3.example.com?x=1" }, [
    "AWS_ENDPOINT_URL has a query or a fragment: 'https://s3.example.com?x=1'",
  ]],
  [{ AWS_ENDPOINT_URL: "https://s3.example.com/deploys/", FTL_BUCKET: "deploys" }, [
    "AWS_ENDPOINT_URL contains the bucket, which belongs into FTL_BUCKET: 'https://s3.example.com/deploys/'",
  ]],
];

for (const [env, expected] of CASES) {
  Deno.test(`awsProblems(${JSON.stringify(env)})`, () => {
    const found = awsProblems(env);
    assertEquals(found.map(({ error }) => error.message), [...expected]);
    for (const { error } of found) {
      assertMatch(error.hint ?? "", /./);
      assertEquals(/hidden|hid/.test(`${error.message} ${error.hint}`), false);
    }
  });
}
