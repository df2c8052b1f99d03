/** The id of an EC2 instance as a machine's name, against a stand-in for the metadata service. */
import { assertEquals } from "../../assert.ts";
import { Fleet } from "../../e2e/fleet.ts";
import { LOCAL_ACCESS_KEY_ID, LOCAL_SECRET_ACCESS_KEY } from "../../s3_server/server.ts";
import { metadataService } from "./aws_services.ts";

const TOKEN = "session-token-of-the-tests";

/** Takes away what the fleet gives of credentials and region. */
const NOBODY = {
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_REGION: undefined,
};

Deno.test("the instance's id names the machine, but only if the credentials come from the instance", async () => {
  await using fleet = await Fleet.start({ sessionToken: TOKEN });
  const role = {
    accessKeyId: LOCAL_ACCESS_KEY_ID,
    secretAccessKey: LOCAL_SECRET_ACCESS_KEY,
    token: TOKEN,
    lifetime: 3_600_000,
  };
  await using metadata = metadataService({ region: "us-east-1", handout: () => role });
  const there = {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.url,
    AWS_EC2_METADATA_DISABLED: undefined,
  };
  const asked = (): number => metadata.log.filter((line) => line.endsWith("/instance-id")).length;
  const ownerAfter = async (
    name: string,
    env: Readonly<Record<string, string | undefined>>,
  ): Promise<[string, string]> => {
    const machine = fleet.machine(name, ["a"]);
    await machine.ok(["sync"], { env });
    const { machine: id, source } = JSON.parse(machine.read("a/.ftl/machine.json"));
    return [id, source];
  };
  const developer = { AWS_SESSION_TOKEN: TOKEN, ...there };
  const [, source] = await ownerAfter("laptop", developer);
  assertEquals([asked(), source !== "instance metadata"], [0, true]);
  const instance = { ...NOBODY, ...there };
  const named = await ownerAfter("named", { ...instance, FTL_MACHINE: "web-1" });
  assertEquals([asked(), named], [0, ["web-1", "FTL_MACHINE"]]);
  const found = await ownerAfter("instance", instance);
  // A host that cloud-init has set up knows its id without asking.
  if (found[1] === "cloud-init") return;
  assertEquals([asked(), found], [1, ["i-0abc", "instance metadata"]]);
});
