/**
 * radosgw, the S3 server of Ceph, on the smallest possible cluster: one monitor, and one OSD that keeps its
 * objects in memory. https://docs.ceph.com/en/pacific/install/manual-deployment/
 */
import { freePort, type Processes } from "./processes.ts";
import { SECRET, type StartedStore, type Store } from "./store.ts";

export const radosgw: Store = {
  name: "radosgw",
  programs: {
    "radosgw": "radosgw",
    "radosgw-admin": "radosgw",
    "ceph-mon": "ceph-mon",
    "ceph-osd": "ceph-osd",
    "ceph": "ceph-common",
    "monmaptool": "ceph-base",
  },
  install: { debian: ["radosgw", "ceph-mon", "ceph-osd", "ceph-common"] },
  version: async (processes) => {
    return /version ([0-9.]+)/.exec(await processes.run(["radosgw", "--version"]))?.[1] ?? "";
  },
  start,
};

async function start(folder: string, processes: Processes): Promise<StartedStore> {
  const [port, monitorPort] = [freePort(), freePort()];
  const [cluster, osd] = [crypto.randomUUID(), crypto.randomUUID()];
  const monitor = `v2:127.0.0.1:${monitorPort}`;
  await Deno.writeTextFile(
    `${folder}/ceph.conf`,
    configuration(folder, { cluster, monitor, port }),
  );
  for (const name of ["mon", "osd"]) await Deno.mkdir(`${folder}/${name}`);
  const conf = ["--conf", `${folder}/ceph.conf`];

  const keys = ["ceph-authtool", "keyring", "--create-keyring", "--gen-key", "-n", "mon."];
  await processes.run([...keys, "--cap", "mon", "allow *"]);
  const map = [
    "monmaptool",
    "--create",
    "--fsid",
    cluster,
    "--addv",
    "a",
    `[${monitor}]`,
    "monmap",
  ];
  await processes.run(map);
  const make = ["--mkfs", "-i", "a", "--monmap", "monmap", "--keyring", "keyring"];
  await processes.run(["ceph-mon", ...conf, ...make]);
  processes.start("mon", ["ceph-mon", ...conf, "-i", "a", "-f"]);

  await processes.run(["ceph", ...conf, "osd", "new", osd]);
  await processes.run(["ceph-osd", ...conf, "-i", "0", "--mkfs", "--osd-uuid", osd]);
  processes.start("osd", ["ceph-osd", ...conf, "-i", "0", "-f"]);

  const gateway = [...conf, "-n", "client.rgw"];
  processes.start("radosgw", ["radosgw", ...gateway, "-f"]);
  const endpoint = `http://127.0.0.1:${port}`;
  await processes.waitFor("radosgw", endpoint, 120);
  const user = ["user", "create", "--uid", "ftl", "--display-name", "ftl"];
  const secrets = ["--access-key", "ftl-local", "--secret-key", SECRET];
  await processes.run(["radosgw-admin", ...gateway, ...user, ...secrets]);
  return { endpoint, accessKeyId: "ftl-local", secretAccessKey: SECRET };
}

function configuration(
  folder: string,
  { cluster, monitor, port }: { cluster: string; monitor: string; port: number },
): string {
  // By default radosgw demands a keyring and encryption for its connection to the monitor.
  return `[global]
fsid = ${cluster}
mon host = ${monitor}
mon initial members = a
public addr = 127.0.0.1
ms bind ipv6 = false
ms mon client mode = crc
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}
admin socket = ${folder}/$name.asok
pid file = ${folder}/$name.pid
log file = ${folder}/$name.log
keyring = ${folder}/keyring
mon data = ${folder}/mon
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 4294967296
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon data avail crit = 1
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
`;
}
