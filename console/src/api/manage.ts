/** Clients, APIs, calls and jobs: what is asked, and what operators change. */
import { serverNow } from './clock';
import { address, get, post, put, remove, type Query } from './client';
import type {
  Api,
  By,
  CallsReport,
  ClientSpec,
  DeadLetters,
  JobFigures,
  ListedClient,
  MadeProof,
  OpenedLetter,
  ProofKind,
  Tally,
} from './managed';

export const clients = (signal?: AbortSignal) => get<ListedClient[]>('clients', {}, signal);
export const client = (name: string, signal?: AbortSignal) => get<ListedClient>(ofClient(name), {}, signal);

export function register(name: string, spec: ClientSpec): Promise<ListedClient> {
  return post('clients', { name, client: spec });
}

export function change(name: string, spec: ClientSpec): Promise<ListedClient> {
  return put(ofClient(name), spec);
}

export function block(name: string, blocked: boolean): Promise<ListedClient> {
  return post(`${ofClient(name)}/block`, { blocked });
}

export function unregister(name: string): Promise<void> {
  return remove(ofClient(name));
}

/** With `overlap`, those there are end so many seconds from now; without, the new one is beside them. */
export function makeProof(name: string, kind: ProofKind, overlap: number | undefined): Promise<MadeProof> {
  return post(`${ofClient(name)}/keys`, { kind, overlap });
}

export function endProof(name: string, kind: ProofKind, sha256: string): Promise<void> {
  return remove(`${ofClient(name)}/keys/${sha256}?kind=${kind}`);
}

/** The last so many seconds, up to the last whole one. */
export function last(seconds: number): { from: number; to: number } {
  const to = Math.floor(serverNow());
  return { from: to - seconds, to };
}

export interface Sums {
  subject: string;
  by: readonly By[];
  seconds: number;
  limit?: number;
}

export function tally(sums: Sums, signal?: AbortSignal): Promise<Tally> {
  return get<Tally>('tally', query(sums), signal);
}

/** Where the same can be had for a spreadsheet. */
export function tallyCsv(sums: Sums): string {
  return address('tally', { ...query({ ...sums, limit: 1000 }), format: 'csv' });
}

function query({ subject, by, seconds, limit }: Sums): Query {
  return { subject, by: by.join(','), ...last(seconds), limit };
}

export const apis = (signal?: AbortSignal) => get<Api[]>('apis', {}, signal);

export const calls = (seconds: number, signal?: AbortSignal) => get<CallsReport>('calls', last(seconds), signal);
export const callsCsv = (seconds: number) => address('calls', { ...last(seconds), format: 'csv' });

export const jobs = (signal?: AbortSignal) => get<JobFigures[]>('jobs', {}, signal);

export function deadLetters(route: string | undefined, after: string | undefined, signal?: AbortSignal) {
  return get<DeadLetters>('dead-letters', { route, after, limit: 100 }, signal);
}

export const openLetter = (id: string) => get<OpenedLetter>(ofLetter(id));
export const replay = (id: string) => post<undefined>(`${ofLetter(id)}/replay`, undefined);
export const discard = (id: string) => remove(ofLetter(id));

function ofClient(name: string): string {
  return `clients/${encodeURIComponent(name)}`;
}

function ofLetter(id: string): string {
  return `dead-letters/${encodeURIComponent(id)}`;
}
