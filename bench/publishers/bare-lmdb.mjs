/** A loop of `put`, which resolves when it is on disk as lmdbLog does: a commit is visible only then. */
import { open } from "lmdb";
import { ENTRY, servePublisher } from "./bench-publisher.mjs";

/** `maxLength`: keep so many entries, by a `remove` for each `put`; absent: all. */
const { options, maxLength = Number.POSITIVE_INFINITY } = JSON.parse(process.argv[2] ?? "{}");
const db = open({ path: options.path, noSubdir: false, encoding: "binary", overlappingSync: false });
const entry = Buffer.from(ENTRY);
let last = 0;

servePublisher(() => {
  if (++last > maxLength) db.remove(last - maxLength);
  return db.put(last, entry);
});
