/** What the API sends of clients, APIs, calls and jobs, as serde writes it. */
import type { Timestamp } from './types';

/** The hash of a key or secret, shortened; never its text. */
export interface Proof {
  sha256: string;
  from: Timestamp | null;
  until: Timestamp | null;
}

export interface Certificate {
  subject: string | null;
  san: string | null;
  fingerprint: string | null;
}

export type Priority = 'critical' | 'high' | 'normal' | 'low';
export const PRIORITIES: readonly Priority[] = ['critical', 'high', 'normal', 'low'];

export type Per = 'client' | 'address' | 'route' | 'service';
export type Period = 'day' | 'month';

export type Quantity =
  /** `rate` in calls per 1,000 seconds. */
  | { calls: { rate: number; burst: number } }
  | { quota: { calls: number; period: Period } }
  | { bytes: { bytes: number; period: Period } }
  | { bandwidth: { per_second: number } }
  | { concurrency: { calls: number } };

export interface Limit {
  of: Quantity;
  per: Per[];
}

/** What a client is, and may be given, without what proves that it is it. */
export interface ClientSpec {
  title: string | null;
  owner: string | null;
  groups: string[];
  scopes: string[];
  jwks: string | null;
  certificates: Certificate[];
  networks: string[];
  blocked: boolean;
  priority: Priority | null;
  limits: Limit[];
}

export interface ListedClient {
  name: string;
  origin: 'file' | 'registered';
  /** Registered, but naru.yaml has one of the same name, which wins. */
  hidden: boolean;
  client: ClientSpec & { keys: Proof[]; secrets: Proof[] };
  made_at: Timestamp | null;
  made_by: string | null;
  changed_at: Timestamp | null;
  changed_by: string | null;
}

export type ProofKind = 'key' | 'secret';

/** A key or secret that was just made: its text is here and nowhere else. */
export interface MadeProof {
  text: string;
  sha256: string;
  until: Timestamp | null;
}

export type By = 'caller' | 'address' | 'service' | 'function' | 'route' | 'method' | 'status' | 'hour';

export interface TallyRow {
  /** In the order of what was asked by. */
  key: string[];
  calls: number;
  client_errors: number;
  service_errors: number;
  platform_errors: number;
  mean_seconds: number;
  p95_seconds: number;
  slowest_seconds: number;
  received_bytes: number;
  sent_bytes: number;
  first: Timestamp;
  last: Timestamp;
}

export interface Tally {
  rows: TallyRow[];
  found: number;
  beyond: number;
}

/** How the jobs of one route stand. */
export interface JobFigures {
  route: string;
  queued: number;
  running: number;
  dead: number;
  done: number;
  failed: number;
  oldest: Timestamp | null;
}

export interface DeadLetter {
  id: string;
  route: string;
  caller: string | null;
  origin: string | null;
  method: string;
  host: string;
  path: string;
  submitted: Timestamp;
  died: Timestamp;
  attempts: number;
  why: string;
  size: number;
}

export interface DeadLetters {
  letters: DeadLetter[];
  more: boolean;
}

export interface OpenedLetter {
  letter: DeadLetter;
  headers: [string, string][];
  body: string;
  truncated: boolean;
}

export interface ApiAuth {
  open: boolean;
  any_of: string[];
  scopes: string[];
  groups: string[];
  clients: string[];
  networks: string[];
  /** That have terms of their own. */
  methods: string[];
  deny: string[];
}

/** One route or link of naru.yaml, and what is done to its calls. */
export interface Api {
  name: string;
  match: string;
  host: string | null;
  path: string | null;
  methods: string[];
  services: string[];
  function: string | null;
  link: boolean;
  auth: ApiAuth;
  limits: string[];
  patterns: 'job' | 'await' | 'publish' | null;
  conversions: string[];
  cache: boolean;
  deprecated: Timestamp | null;
  gone: Timestamp | null;
}

export interface Mover {
  kind: 'caller' | 'route';
  name: string;
  requests: number;
  before: number;
  change: number;
}

export type Habit = 'calls' | 'errors' | 'addresses' | 'hours';

/** What stands out among the calls of a stretch of time. Seconds since 1970. */
export interface CallsReport {
  from: number;
  to: number;
  /** When the stretch began that it is compared with; none is kept from then: there are no movers. */
  before_from: number | null;
  kept_from: Timestamp | null;
  movers: Mover[];
  new_callers: { caller: string; first_at: Timestamp; requests: number }[];
  unused_routes: { route: string; last_at: Timestamp | null }[];
  error_spots: { route: string; caller: string | null; requests: number; errors: number }[];
  slowest: { route: string; requests: number; p95_seconds: number }[];
  unusual: { caller: string; what: Habit; usual: number; now: number; why: string }[];
  beyond: number;
}
