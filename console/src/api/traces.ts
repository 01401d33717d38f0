/** Traces, log lines and the map of services: what is asked, and what comes (`naru_model::trace` as serde writes it). */
import { rangeOf } from '../lib/time';
import { serverNow } from './clock';
import { get } from './client';
import type { Timestamp, Transaction } from './types';

export type Work = 'other' | 'http' | 'database' | 'messaging' | 'rpc';
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

export interface TraceSummary {
  trace_id: string;
  start: Timestamp;
  seconds: number;
  service: string;
  name: string;
  spans: number;
  errors: number;
  services: string[];
}

/** A part of what was found, the latest first. */
export interface Page {
  more: boolean;
  /** Why there may be more that is older; absent when nothing is missing. */
  missing?: string;
}

export interface FoundTraces extends Page {
  traces: TraceSummary[];
}

export type Attributes = Record<string, unknown> | null;

export interface SpanEvent {
  at: Timestamp;
  name: string;
  attributes: Attributes;
}

export interface Span {
  span_id: string;
  /** Empty: none. */
  parent_id: string;
  service: string;
  /** Empty: not one of naru's. */
  instance: string;
  name: string;
  kind: SpanKind;
  work: Work;
  start: Timestamp;
  seconds: number;
  error: boolean;
  status: number;
  scope: string;
  system: string;
  peer: string;
  detail: string;
  message: string;
  attributes: Attributes;
  resource: Attributes;
  events: SpanEvent[];
}

export interface LogLine {
  at: Timestamp;
  /** 1 to 24, 0 unknown. */
  severity: number;
  service: string;
  instance: string;
  trace_id: string;
  span_id: string;
  scope: string;
  body: string;
  attributes: Attributes;
}

export interface Trace {
  trace_id: string;
  transactions: Transaction[];
  spans: Span[];
  logs: LogLine[];
  cut: boolean;
  /** Why there may be more that is older; absent when nothing is missing. */
  missing?: string;
}

export interface FoundLogs extends Page {
  lines: LogLine[];
}

export type NodeKind = 'clients' | 'service' | 'outside' | 'link' | 'database' | 'messaging';

export interface MapNode {
  id: string;
  name: string;
  kind: NodeKind;
}

export interface MapEdge {
  from: string;
  to: string;
  calls: number;
  errors: number;
  mean_seconds: number;
  p95_seconds: number;
}

export interface ServiceMap {
  /** Seconds since 1970. */
  from: number;
  to: number;
  nodes: MapNode[];
  edges: MapEdge[];
}

/** In microseconds since 1970. */
export interface Stretch {
  from: Timestamp;
  to: Timestamp;
}

/** A stretch of time in seconds since 1970, as these calls want it. */
export function stretch(from: number, to: number): Stretch {
  return { from: Math.floor(from * 1e6), to: Math.ceil(to * 1e6) };
}

/** The last so many seconds. */
export function latest(seconds: number): Stretch {
  const to = Math.ceil(serverNow());
  return stretch(to - seconds, to);
}

/** What an address names: `from` and `to` in seconds since 1970, or else its `range`, which ends now. */
export function stretchOf(query: URLSearchParams): Stretch {
  const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
  return from > 0 && to > from ? stretch(from, to) : latest(rangeOf(query.get('range')).seconds);
}

export interface TraceSearch {
  service?: string | undefined;
  text?: string | undefined;
  /** `key=value`. */
  attribute?: string | undefined;
  work?: string | undefined;
  errors?: boolean | undefined;
  at_least?: number | undefined;
}

export function traces(
  search: TraceSearch,
  within: Stretch,
  limit: number,
  signal?: AbortSignal,
): Promise<FoundTraces> {
  return get<FoundTraces>('traces', { ...search, errors: search.errors || undefined, ...within, limit }, signal);
}

export function trace(id: string, signal?: AbortSignal): Promise<Trace> {
  return get<Trace>(`traces/${encodeURIComponent(id)}`, {}, signal);
}

export interface LogSearch {
  service?: string | undefined;
  instance?: string | undefined;
  trace?: string | undefined;
  severity?: number | undefined;
  text?: string | undefined;
}

export function logLines(search: LogSearch, within: Stretch, limit: number, signal?: AbortSignal): Promise<FoundLogs> {
  return get<FoundLogs>('log-lines', { ...search, ...within, limit }, signal);
}

export function serviceMap(within: Stretch, signal?: AbortSignal): Promise<ServiceMap> {
  return get<ServiceMap>('service-map', { ...within }, signal);
}
