/**
 * Swift with its s3api: the proxy, and one server each for accounts, containers and objects.
 * https://docs.openstack.org/swift/latest/development_saio.html
 */
import { freePort, type Processes } from "./processes.ts";
import { SECRET, type StartedStore, type Store } from "./store.ts";

const SERVERS = ["account", "container", "object"] as const;

export const swift: Store = {
  name: "swift",
  programs: {
    "swift-proxy-server": "swift-proxy",
    "swift-account-server": "swift-account",
    "swift-container-server": "swift-container",
    "swift-object-server": "swift-object",
    "swift-ring-builder": "swift",
  },
  install: { debian: ["swift", "swift-proxy", "swift-account", "swift-container", "swift-object"] },
  version: async (processes) => {
    const query = ["dpkg-query", "--show", "--showformat", "${Version}", "swift-proxy"];
    return (await processes.run(query).catch(() => "")).replace(/-.*/, "");
  },
  start,
};

async function start(folder: string, processes: Processes): Promise<StartedStore> {
  await Deno.mkdir(`${folder}/devices/d1`, { recursive: true });
  await Deno.writeTextFile(`${folder}/swift.conf`, SWIFT);
  const user = (await processes.run(["id", "-un"])).trim();
  for (const name of SERVERS) {
    const port = freePort();
    const path = `${folder}/${name}.conf`;
    await Deno.writeTextFile(path, serverConfiguration(folder, { name, port, user }));
    const ring = ["swift-ring-builder", `${name}.builder`];
    await processes.run([...ring, "create", "2", "1", "1"]);
    await processes.run([...ring, "add", `r1z1-127.0.0.1:${port}/d1`, "1"]);
    await processes.run([...ring, "rebalance"]);
    processes.start(name, [`swift-${name}-server`, path]);
    await processes.waitFor(name, `http://127.0.0.1:${port}/`);
  }
  const port = freePort();
  const path = `${folder}/proxy.conf`;
  await Deno.writeTextFile(path, proxyConfiguration(folder, { port, user }));
  processes.start("proxy", ["swift-proxy-server", path]);
  const endpoint = `http://127.0.0.1:${port}`;
  await processes.waitFor("proxy", endpoint);
  return { endpoint, accessKeyId: "ftl:local", secretAccessKey: SECRET };
}

const SWIFT = `[swift-hash]
swift_hash_path_suffix = ftl
[storage-policy:0]
name = one
default = yes
`;

function serverConfiguration(
  folder: string,
  { name, port, user }: { name: string; port: number; user: string },
): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${user}
swift_dir = ${folder}
devices = ${folder}/devices
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = ${name}-server
[app:${name}-server]
use = egg:swift#${name}
`;
}

function proxyConfiguration(
  folder: string,
  { port, user }: { port: number; user: string },
): string {
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
workers = 0
user = ${user}
swift_dir = ${folder}
[pipeline:main]
pipeline = catch_errors cache s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:${freePort()}
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
[filter:tempauth]
use = egg:swift#tempauth
user_ftl_local = ${SECRET} .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
`;
}
