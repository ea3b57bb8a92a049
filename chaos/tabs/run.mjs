// @ts-check
import { crashHolders } from "./crash-holders.mjs";

const CRASHES = 100;

/**
 * Crashes holders of a shared stream: a hundred, or the given number. Returns the exit code of the process.
 * @param {string} [count]
 * @returns {Promise<number>}
 */
export async function run(count = String(CRASHES)) {
  const crashes = Number(count);
  if (!Number.isInteger(crashes) || crashes < 1) {
    console.error(`npm run chaos -- tabs [CRASHES]: expected a number above 0, but got ${count}`);
    return 2;
  }
  const outcome = await crashHolders(crashes, console.log);
  const { faults, published, events, requests, most } = outcome;
  const takeovers = outcome.takeovers.toSorted((a, b) => a - b);
  console.log(`${crashes} holders crashed. ${published} events; the tabs at the end have received ${events}.`);
  console.log(`longest wait after a crash: median ${takeovers[crashes >> 1]} ms, at most ${takeovers.at(-1)} ms`);
  console.log(`${requests} requests, at most ${most} at once; ${faults.length} faults`);
  for (const fault of faults) console.log(`  ${fault}`);
  return faults.length > 0 ? 1 : 0;
}
