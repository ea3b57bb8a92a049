export type { MeasuredChannel, MeasuredSluice, MeasuredStats } from "./measured.ts";
export { type MetricsRegistry, type SluiceMetricsOptions, sluiceMetrics } from "./sluice-metrics.ts";
