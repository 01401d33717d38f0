/** Asks the API. Addresses are relative to the page, so that a proxy may put the console under a prefix. */
import { signedOut } from './session';
import type { Problem } from './types';

/** The API said no, or could not be reached (`status` 0). The message is for people. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return ask<T>('GET', address(path, query), undefined, signal);
}

/** Changes something. The header shows that it was this page that asked, and no form on another one. */
export async function post<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  return ask<T>('POST', address(path), body, signal);
}

/** Sends a file as it is. */
export async function upload<T>(path: string, query: Query, content: Blob, signal?: AbortSignal): Promise<T> {
  return read<T>(await request('POST', address(path, query), content, signal));
}

/** Asks for a file that is made of what is sent. */
export async function made(path: string, query: Query, body: unknown): Promise<Blob> {
  return (await request('POST', address(path, query), body)).blob();
}

/** Says anew what something is. */
export async function put<T>(path: string, body: unknown): Promise<T> {
  return ask<T>('PUT', address(path), body);
}

/** Ends something. */
export async function remove(path: string): Promise<void> {
  await ask<undefined>('DELETE', address(path));
}

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const text = new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
  return text ? `v1/${path}?${text}` : `v1/${path}`;
}

async function ask<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  return read<T>(await request(method, url, body, signal));
}

async function read<T>(response: Response): Promise<T> {
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

async function request(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (method !== 'GET') headers['X-Naru-Console'] = '1';
  const raw = body instanceof Blob;
  if (body !== undefined) headers['Content-Type'] = raw ? 'application/octet-stream' : 'application/json';
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers,
      body: raw ? body : body === undefined ? null : JSON.stringify(body),
      signal: signal ?? null,
      credentials: 'same-origin',
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, error instanceof Error ? error.message : String(error));
  }
  if (response.status === 401 && url !== 'v1/session') signedOut();
  if (!response.ok) throw new ApiError(response.status, await complaint(response));
  return response;
}

async function complaint(response: Response): Promise<string> {
  try {
    const problem = (await response.json()) as Problem;
    return problem.detail ?? problem.title ?? response.statusText;
  } catch {
    return response.statusText || String(response.status);
  }
}
