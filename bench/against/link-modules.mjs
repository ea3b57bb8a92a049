import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * Gives the working tree `to` the installed packages of the working tree `from`, without a download. Each package is a
 * link to the original. A workspace link, such as `node_modules/sluice`, stays relative and so leads into `to`.
 * @param {string} from
 * @param {string} to
 */
export function linkModules(from, to) {
  const [source, target] = [join(from, "node_modules"), join(to, "node_modules")];
  mkdirSync(target);
  for (const name of readdirSync(source)) {
    // Skip caches and npm's own records.
    if (name.startsWith(".") && name !== ".bin") continue;
    const path = join(source, name);
    symlinkSync(lstatSync(path).isSymbolicLink() ? readlinkSync(path) : path, join(target, name));
  }
  // Packages that npm installed for the workspace alone, in another version than the root has.
  const own = "packages/sluice/node_modules";
  if (existsSync(join(from, own))) symlinkSync(join(from, own), join(to, own));
}
