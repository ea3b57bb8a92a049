/** A bare loop of lmdb's `put`. Like lmdbLog, it resolves when the commit is on disk (`overlappingSync: false`). */
import { open } from "lmdb";
import { ENTRY, servePublisher } from "./serve-publisher.mjs";

/** `maxLength`: number of entries to keep, by one `remove` per `put`; default, all. */
const { options, maxLength = Number.POSITIVE_INFINITY } = JSON.parse(process.argv[2] ?? "{}");
const db = open({ path: options.path, noSubdir: false, encoding: "binary", overlappingSync: false });
const entry = Buffer.from(ENTRY);
let last = 0;

servePublisher(() => {
  if (++last > maxLength) db.remove(last - maxLength);
  return db.put(last, entry);
});
