/** What the API sends: the types of `naru_model` (status, series, scaling, event, revision) as serde writes them. */

/** Microseconds since 1970. */
export type Timestamp = number;

export interface Apdex {
  satisfied: number;
  tolerating: number;
  frustrated: number;
}

export interface Traffic {
  requests_per_second: number;
  /** 0 to 1; by the service's or the platform's fault. */
  error_ratio: number;
  client_errors_per_second: number;
  service_errors_per_second: number;
  platform_errors_per_second: number;
  mean_seconds: number;
  p50_seconds: number;
  p95_seconds: number;
  p99_seconds: number;
  apdex: Apdex;
  active_users: number;
  in_flight: number;
  waiting: number;
}

export interface Status {
  at: Timestamp;
  platform: string;
  gateway: { pid: number; listen: string[]; connections: number; version: number };
  server: { pid: number; version: string; since: Timestamp };
  confinement: string;
  host: HostStatus;
  pool: { cpu_cores: number; cpu_cores_reserved: number; memory_bytes: number; memory_bytes_reserved: number };
  traffic: Traffic;
  services: ServiceStatus[];
  functions: FunctionStatus[];
  links: LinkStatus[];
}

export interface HostStatus {
  cores: number;
  cpu_cores: number;
  memory_bytes: number;
  memory_used_bytes: number;
  received_bytes: number;
  sent_bytes: number;
  disk_read_bytes: number;
  disk_written_bytes: number;
  disk_bytes: number;
  disk_free_bytes: number;
}

export interface ServiceStatus {
  name: string;
  desired: number;
  ready: number;
  revision: number;
  stable: number;
  instances: InstanceStatus[];
  traffic: Traffic;
  scaling: ScalingStatus;
}

export interface ScalingStatus {
  min: number;
  max: number;
  priority: number;
  automatic: boolean;
  held: number | null;
  policies: string[];
  decision: Decision | null;
  capacity: { rate: number; revision: number; at: Timestamp } | null;
  no_room: boolean;
}

export interface FunctionStatus {
  name: string;
  title: Record<string, string>;
  owner: string | null;
  apdex_t_seconds: number;
  services: string[];
  traffic: Traffic;
}

export type LinkState = 'up' | 'unresolved' | 'down' | 'broken';

/** An outside system. */
export interface LinkStatus {
  name: string;
  url: string;
  state: LinkState;
  reason: string | null;
  addresses: string[];
  traffic: Traffic;
}

export type InstanceState = 'starting' | 'ready' | 'draining' | 'stopping' | 'unhealthy' | 'ejected';

export interface InstanceStatus {
  id: string;
  pid: number;
  address: string | null;
  revision: number;
  state: InstanceState;
  cpu_cores: number;
  memory_bytes: number;
  disk_read_bytes: number;
  disk_written_bytes: number;
  restarts: number;
  in_flight: number;
  requests_per_second: number;
  mean_seconds: number;
  error_ratio: number;
  since: Timestamp;
}

/** One stretch of a subject's life; what was not measured is `null`. */
export interface Point {
  /** Seconds since 1970. */
  at: number;
  seconds: number;
  requests: number;
  client_errors: number;
  service_errors: number;
  platform_errors: number;
  mean_seconds: number;
  p50_seconds: number;
  p95_seconds: number;
  p99_seconds: number;
  apdex: Apdex;
  active_users: number | null;
  in_flight: number | null;
  waiting: number | null;
  instances: number | null;
  cpu_cores: number | null;
  memory_bytes: number | null;
  received_bytes: number;
  sent_bytes: number;
  disk_read_bytes: number | null;
  disk_written_bytes: number | null;
}

export type By =
  'cpu' | 'concurrency' | 'rate' | 'p95' | 'apdex' | 'capacity' | 'waiting' | 'rule' | 'schedule' | 'person';

export type Bound = 'minimum' | 'maximum' | 'step' | 'shrink_slowly' | 'missing_figures' | 'rollout' | 'awaiting';

export interface Wish {
  by: By;
  seen: number | null;
  level: number | null;
  wants: number | null;
}

export interface Decision {
  from: number;
  to: number;
  wishes: Wish[];
  bounds: Bound[];
}

export type EventKind =
  | 'platform_started'
  | 'platform_stopped'
  | 'platform_recovered'
  | 'config_applied'
  | 'config_refused'
  | 'gateway_started'
  | 'gateway_lost'
  | 'instance_started'
  | 'instance_ready'
  | 'instance_exited'
  | 'instance_unhealthy'
  | 'instance_replaced'
  | 'instance_removed'
  | 'crash_loop'
  | 'service_ended'
  | 'no_room'
  | 'scaled'
  | 'rollout_started'
  | 'rollout_finished'
  | 'rollout_failed'
  | 'rolled_back'
  | 'upgraded'
  | 'alert_opened'
  | 'alert_resolved'
  | 'receiver_closed';

export type Severity = 'info' | 'warning' | 'error';

export interface Event {
  id: number;
  at: Timestamp;
  kind: EventKind;
  severity: Severity;
  service: string | null;
  instance: string | null;
  message: string;
  actor: string;
  decision?: Decision;
}

export interface Revision {
  service: string;
  number: number;
  spec: {
    exec: string[];
    env: Record<string, string>;
    port: number | null;
    artifact: { name: string; digest: string } | null;
  };
  made_at: Timestamp;
  made_by: string;
  reason: string;
}

/** What the T-Map is drawn of. */
export interface TransactionMap {
  from: number;
  to: number;
  top_seconds: number;
  transactions: number;
  errors: number;
  /** The end in seconds after `from`, the response time in seconds, and 1 for an error or 0. */
  dots: [number, number, 0 | 1][] | null;
  cells: Cells | null;
}

export interface Cells {
  columns: number;
  rows: number;
  /** Column from the left, row from the bottom (`rows`: above the top), transactions, errors among them. */
  used: [number, number, number, number][];
}

export type Fault = 'none' | 'client' | 'service' | 'platform';

export interface Transaction {
  end: Timestamp;
  response_seconds: number;
  waiting_seconds: number;
  upstream_seconds: number;
  route: string;
  function: string | null;
  service: string | null;
  instance: string | null;
  /** The registered client; none: nobody who was recognised. */
  caller: string | null;
  /** The address. */
  client: string;
  method: string;
  status: number;
  fault: Fault;
  attempts: number;
  received_bytes: number;
  sent_bytes: number;
  path: string;
  trace_id: string;
}

/** The latest first. */
export interface Found {
  transactions: Transaction[];
  more: boolean;
  /** Why there may be more that is older; absent when nothing is missing. */
  missing?: string;
}

export type Role = 'viewer' | 'operator' | 'admin';

export interface Session {
  name: string;
  role: Role;
}

/** RFC 9457. */
export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
}
