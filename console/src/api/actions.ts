/** Changes to a service, as operators ask for them. */
import { get, post } from './client';
import type { Revision } from './types';

interface Accepted {
  service: string;
  revision: number;
}

export function deploy(service: string, env: Record<string, string>): Promise<Accepted> {
  return post(path(service, 'deploy'), { env });
}

export function rollBack(service: string, to: number): Promise<Accepted> {
  return post(path(service, 'rollback'), { to });
}

/** `null`: as the policies decide. */
export function scale(service: string, instances: number | null): Promise<{ service: string; desired: number }> {
  return post(path(service, 'scale'), { instances });
}

/** Oldest first. */
export function revisions(service: string): Promise<Revision[]> {
  return get(path(service, 'revisions'));
}

function path(service: string, what: string): string {
  return `services/${encodeURIComponent(service)}/${what}`;
}
