export type { MeasuredChannel, MeasuredSluice, MeasuredStats } from "./measured.ts";
export { type SluiceMetricsOptions, sluiceMetrics } from "./sluice-metrics.ts";
