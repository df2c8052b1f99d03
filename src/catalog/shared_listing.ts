/**
 * Lists many packages with few requests: one listing of the bucket serves all packages in it.
 *
 * It goes through the packages in the order of their keys. A page has all keys from right before the first
 * package that is still wanted. It completes each package whose keys are all in it. The next page continues
 * there, or jumps to the next wanted package. So each page brings at least one package, or 1,000 keys of one,
 * and no package needs more requests than if it asked for itself. But a page may be large if other packages lie
 * in between: then each asks for itself.
 */
import { StorageError } from "../errors.ts";
import { packagePrefix } from "../revision/keys.ts";
import type { PackageName } from "../revision/names.ts";
import type { Bucket, ListedObject } from "../bucket/bucket.ts";
import { fetchPackageListing, readPackageListing, type RemotePackage } from "./remote_package.ts";

/**
 * Fewer packages ask for themselves. The credentials may allow only some prefixes, and finding out costs a
 * request.
 */
const LEAST_PACKAGES = 8;
/** Packages that a page must complete to be worth its bytes, if most of its keys belong to others. */
const LEAST_GAIN = 4;

/** Gets the listing of each package. Each is asked for once. */
export interface Listings {
  /** Whether a listing may be older than the call that asks for it. */
  readonly areShared: boolean;
  /** Whether the listing of this package served others as well. Ask it after `of`. */
  readonly isShared: (name: PackageName) => boolean;
  readonly of: (name: PackageName) => Promise<RemotePackage>;
}

export function shareListings(bucket: Bucket, names: readonly PackageName[]): Listings {
  if (names.length < LEAST_PACKAGES) {
    const of = (name: PackageName): Promise<RemotePackage> => fetchPackageListing(bucket, name);
    return { areShared: false, isShared: () => false, of };
  }
  const shared = new SharedListing(bucket, names);
  return {
    areShared: true,
    isShared: (name) => shared.served.has(name),
    of: (name) => shared.of(name),
  };
}

/** The objects of one package. Undefined if the package must ask for itself. */
type Found = readonly ListedObject[] | undefined;

class SharedListing {
  readonly #bucket: Bucket;
  readonly #packages: readonly PackageListing[];
  readonly #byName: ReadonlyMap<PackageName, PackageListing>;
  #reading: Promise<void> | undefined;
  /** The packages that need not ask for themselves. */
  readonly served = new Set<PackageName>();

  constructor(bucket: Bucket, names: readonly PackageName[]) {
    this.#bucket = bucket;
    this.#packages = names.map((name) => new PackageListing(name))
      .sort((a, b) => a.prefix < b.prefix ? -1 : 1);
    this.#byName = new Map(this.#packages.map((one) => [one.name, one]));
  }

  async of(name: PackageName): Promise<RemotePackage> {
    this.#reading ??= this.#read();
    const found = await this.#byName.get(name)?.found.promise;
    if (found === undefined) return await fetchPackageListing(this.#bucket, name);
    this.served.add(name);
    return readPackageListing(name, found);
  }

  /** After an error each package asks for itself, so that one's failure does not become the others'. */
  async #read(): Promise<void> {
    try {
      await this.#readPages();
    } catch (error) {
      // An endpoint that cannot be reached is not asked again for each package.
      const isForAll = error instanceof StorageError && error.reason === "unreachable";
      for (const { found } of this.#packages) if (isForAll) found.reject(error);
    } finally {
      for (const { found } of this.#packages) found.resolve(undefined);
    }
  }

  async #readPages(): Promise<void> {
    const left = [...this.#packages].reverse();
    let after = "";
    let next: string | undefined;
    let wastedPages = 0;
    for (let first = left.at(-1); first !== undefined; first = left.at(-1)) {
      if (first.prefix > after) [after, next] = [first.prefix, undefined];
      const page = await this.#bucket.listPage({ prefix: "", after, next });
      const last = page.objects.at(-1)?.key;
      // A store that does not know where to begin sends the same page again.
      if (page.next !== undefined && (last === undefined || last <= after)) return;
      const before = left.length;
      const taken = takeObjects(left, page.objects);
      while (page.next === undefined || isPast(left.at(-1), last)) {
        if (left.length === 0) return;
        left.pop()?.complete();
      }
      const isWorth = before - left.length >= LEAST_GAIN || taken * 2 >= page.objects.length;
      if (last === undefined || (!isWorth && ++wastedPages > 1)) return;
      [after, next] = [last, page.next];
    }
  }
}

/**
 * Hands the objects to their packages. Both are in the order of their keys, but `left` is reversed. Returns how
 * many matched.
 */
function takeObjects(left: PackageListing[], objects: readonly ListedObject[]): number {
  let index = left.length - 1;
  let taken = 0;
  for (const object of objects) {
    while (isPast(left[index], object.key)) index--;
    const one = left[index];
    if (one === undefined) break;
    if (!object.key.startsWith(one.prefix)) continue;
    one.objects.push(object);
    taken++;
  }
  return taken;
}

/** Whether the key comes after all keys of the package. */
function isPast(one: PackageListing | undefined, key: string | undefined): boolean {
  return one !== undefined && key !== undefined && key > one.prefix && !key.startsWith(one.prefix);
}

class PackageListing {
  readonly prefix: string;
  readonly objects: ListedObject[] = [];
  readonly found = Promise.withResolvers<Found>();

  constructor(readonly name: PackageName) {
    this.prefix = packagePrefix(name);
    // No caller may be waiting yet.
    this.found.promise.catch(() => {});
  }

  complete(): void {
    this.found.resolve(this.objects);
  }
}
