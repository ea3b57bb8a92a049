import { createSluice, type Jobs } from "sluice";
import { type Exactly, holds } from "./exactly.ts";

const sluice = createSluice();
const exports_ = sluice.jobs<{ percent: number }, { url: string }>("exports");
holds<Exactly<typeof exports_, Jobs<{ percent: number }, { url: string }>>>();

const { id, result } = exports_.start(async ({ progress, signal, id }) => {
  holds<Exactly<typeof signal, AbortSignal>>();
  await progress({ percent: 50 });
  // @ts-expect-error progress has another type
  await progress(50);
  return { url: `/exports/${id}` };
});
holds<Exactly<typeof result, Promise<{ url: string }>>>();
// @ts-expect-error the result has another type
exports_.start(async () => "done");
// @ts-expect-error the option does not exist
exports_.start(async () => ({ url: "" }), { name: "x" });

const state = exports_.get(id);
holds<
  Exactly<typeof state extends undefined ? never : NonNullable<typeof state>["result"], { url: string } | undefined>
>();
// The state has the data as JSON keeps it.
const reports = sluice.jobs<{ at: Date }, Date | undefined>("reports");
const report = reports.get("1");
holds<Exactly<NonNullable<typeof report>["progress"], { at: string } | undefined>>();
holds<Exactly<NonNullable<typeof report>["result"], string | null | undefined>>();
const silent = sluice.jobs<number, void>("silent").get("1");
holds<Exactly<NonNullable<typeof silent>["result"], null | undefined>>();

if (state?.state === "running") state.progress?.percent.toFixed();
// @ts-expect-error the state does not exist
if (state?.state === "done") exports_.cancel(id);
