/**
 * Resets a TCP connection: the peer gets RST instead of the FIN of a close.
 *
 * The runtime has no call for it, and its close says FIN before anything else. On Linux connect(2)
 * with the family AF_UNSPEC dissolves a connection, which the other side learns by a reset. The
 * socket's number is found in /proc: the kernel's table of connections has its inode, the table of
 * open files what the inode is open as.
 */

const AF_UNSPEC_ADDRESS = new Uint8Array(16);

/** Tries to reset; false if this system or its C library does not allow it. The caller then closes the connection. */
export function resetConnection(conn: Deno.TcpConn): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const fd = descriptorOf(conn);
    if (fd === undefined) return false;
    using libc = libraryOf("libc.so.6");
    return libc.symbols.connect(fd, AF_UNSPEC_ADDRESS, AF_UNSPEC_ADDRESS.length) === 0;
  } catch {
    return false; // another C library, or no permission
  }
}

type Libc = Deno.DynamicLibrary<{
  connect: { parameters: ["i32", "buffer", "u32"]; result: "i32" };
}>;

function libraryOf(name: string): Libc & Disposable {
  const library = Deno.dlopen(name, {
    connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  });
  return Object.assign(library, { [Symbol.dispose]: () => library.close() });
}

function descriptorOf(conn: Deno.TcpConn): number | undefined {
  const [local, remote] = [conn.localAddr, conn.remoteAddr].map(({ port }) =>
    port.toString(16).toUpperCase().padStart(4, "0")
  );
  for (const table of ["tcp", "tcp6"]) {
    for (const line of Deno.readTextFileSync(`/proc/self/net/${table}`).split("\n")) {
      // sl, local address, remote address, ..., inode: proc(5)
      const [, from, to, , , , , , , inode] = line.trim().split(/\s+/);
      if (!from?.endsWith(`:${local}`) || !to?.endsWith(`:${remote}`)) continue;
      const fd = openAs(`socket:[${inode}]`);
      if (fd !== undefined) return fd;
    }
  }
  return undefined;
}

function openAs(target: string): number | undefined {
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      if (Deno.readLinkSync(`/proc/self/fd/${name}`) === target) return Number(name);
    } catch {
      // closed since the folder was read
    }
  }
  return undefined;
}
