/** Which metrics tell how a JVM, a pool of connections or the machine is: by the names that agents and naru give them. */
import type { MetricSeries } from '../../api/metrics';

export interface Panel {
  /** A key of the dictionary's `metrics.panels`. */
  key: PanelKey;
  /** The names it is known by, the newest first; `*` at the end: all that begin so. The first that is there is shown. */
  names: readonly string[];
  /** Which of the series belong to it. */
  keep?: (series: MetricSeries) => boolean;
}

export type PanelKey =
  | 'heap'
  | 'heapAfter'
  | 'nonHeap'
  | 'gcTime'
  | 'gcRate'
  | 'threads'
  | 'jvmCpu'
  | 'classes'
  | 'pool'
  | 'poolWait'
  | 'dbTime';

const kind = (series: MetricSeries) =>
  series.labels['jvm.memory.type'] ?? series.labels['type'] ?? series.labels['area'];
const heap = (series: MetricSeries) => kind(series) === 'heap' || kind(series) === undefined;
const named =
  (...ends: string[]) =>
  (series: MetricSeries) =>
    ends.some((end) => series.name.endsWith(end));

/** Source: OpenTelemetry's semantic conventions for JVM and database metrics, stable and before; Micrometer's names. */
export const JVM: readonly Panel[] = [
  { key: 'heap', names: ['jvm.memory.used', 'process.runtime.jvm.memory.usage', 'jvm_memory_used_bytes'], keep: heap },
  {
    key: 'heapAfter',
    names: [
      'jvm.memory.used_after_last_gc',
      'process.runtime.jvm.memory.usage_after_last_gc',
      'jvm_gc_live_data_size_bytes',
    ],
    keep: heap,
  },
  {
    key: 'nonHeap',
    names: ['jvm.memory.used', 'process.runtime.jvm.memory.usage', 'jvm_memory_used_bytes'],
    keep: (series) => kind(series) !== 'heap' && kind(series) !== undefined,
  },
  {
    key: 'gcTime',
    names: ['jvm.gc.duration*', 'process.runtime.jvm.gc.duration*', 'jvm_gc_pause_seconds*'],
    keep: named('.mean', '.p99'),
  },
  {
    key: 'gcRate',
    names: ['jvm.gc.duration*', 'process.runtime.jvm.gc.duration*', 'jvm_gc_pause_seconds*'],
    keep: named('.rate', '_count'),
  },
  { key: 'threads', names: ['jvm.thread.count', 'process.runtime.jvm.threads.count', 'jvm_threads_live_threads'] },
  { key: 'jvmCpu', names: ['jvm.cpu.recent_utilization', 'process.runtime.jvm.cpu.utilization', 'process_cpu_usage'] },
  {
    key: 'classes',
    names: ['jvm.class.count', 'process.runtime.jvm.classes.current_loaded', 'jvm_classes_loaded_classes'],
  },
  {
    key: 'pool',
    names: [
      'db.client.connection.count',
      'db.client.connections.usage',
      'hikaricp_connections_active',
      'hikaricp_connections',
    ],
  },
  {
    key: 'poolWait',
    names: [
      'db.client.connection.pending_requests',
      'db.client.connections.pending_requests',
      'hikaricp_connections_pending',
    ],
  },
  {
    key: 'dbTime',
    names: ['db.client.operation.duration*', 'db.client.duration*'],
    keep: named('.mean', '.p95'),
  },
];

/** Those that say most about one moment: what stands beside a trace. */
export const MOMENT: readonly PanelKey[] = ['heap', 'gcTime', 'threads', 'pool', 'jvmCpu', 'dbTime'];
