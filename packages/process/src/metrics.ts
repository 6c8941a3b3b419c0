import {
  AggregatorRegistry,
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type MetricObjectWithValues,
  type MetricValue,
} from 'prom-client';

/** A metric as plain JSON: what one process hands to another to be shown with its own. */
export type MetricJson = MetricObjectWithValues<MetricValue<string>>;

export interface Metrics {
  counter<L extends string>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  /** `collect` is called at every scrape and sets the value. */
  gauge<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    collect?: (gauge: Gauge<L>) => void | Promise<void>,
  ): Gauge<L>;
  histogram<L extends string>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  json(): Promise<MetricJson[]>;
  /** The Prometheus text, with other processes' metrics added to ours: same name and labels are summed. */
  text(others?: readonly MetricJson[][]): Promise<string>;
  readonly contentType: string;
}

/** Seconds, from a fast local step to a third party's time-out. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/**
 * A registry of this process's own (prom-client's global one would mix tests). `ofProcess` adds CPU, memory and
 * event-loop lag (`nodejs_eventloop_lag_seconds` and its percentiles).
 */
export function createMetrics({ ofProcess }: { ofProcess: boolean }): Metrics {
  const registry = new Registry();
  if (ofProcess) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    contentType: registry.contentType,
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers }),
    gauge: (name, help, labels = [], collect) => {
      if (!collect) return new Gauge({ name, help, labelNames: [...labels], registers });
      return new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers,
        async collect() {
          await collect(this);
        },
      });
    },
    histogram: (name, help, labels = [], buckets = SECONDS) =>
      new Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
    json: () => registry.getMetricsAsJSON(),
    async text(others = []) {
      if (others.length === 0) return await registry.metrics();
      // prom-client's types want the class's own shape here; its cluster mode passes exactly this JSON.
      const all = [await registry.getMetricsAsJSON(), ...others] as unknown as Parameters<
        typeof AggregatorRegistry.aggregate
      >[0];
      return await AggregatorRegistry.aggregate(all).metrics();
    },
  };
}
