/** Who is looking, and what they may do. The token is given once and lives on as a cookie that scripts cannot read. */
import { createSignal } from 'solid-js';
import { ApiError, get, post, remove } from './client';
import type { Role, Session } from './types';

type State = { kind: 'asking' } | { kind: 'out' } | { kind: 'in'; session: Session } | { kind: 'unreachable' };

const [state, setState] = createSignal<State>({ kind: 'asking' });
export { state as sessionState };

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

export function session(): Session | undefined {
  const now = state();
  return now.kind === 'in' ? now.session : undefined;
}

/** Whether this session may do what `role` may. */
export function may(role: Role): boolean {
  const now = session();
  return now !== undefined && RANK[now.role] >= RANK[role];
}

export function signedOut(): void {
  setState({ kind: 'out' });
}

/** Finds out whether there is a session; takes the token out of the address when one came with it. */
export async function begin(): Promise<void> {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (match?.[1]) {
    history.replaceState(null, '', location.pathname + location.search);
    try {
      await signIn(decodeURIComponent(match[1]));
      return;
    } catch {
      // A token of yesterday: the page asks for one below, unless the cookie still holds.
    }
  }
  try {
    setState({ kind: 'in', session: await get<Session>('session') });
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 401) signedOut();
    // Who was signed in still is when the server comes back.
    else if (state().kind !== 'in') setState({ kind: 'unreachable' });
  }
}

/** Ends the session on the server too, so that the cookie is of no more use. */
export async function signOut(): Promise<void> {
  await remove('session');
  signedOut();
}

/** @throws ApiError when the token is not accepted. */
export async function signIn(token: string): Promise<void> {
  await post('session', { token });
  setState({ kind: 'in', session: await get<Session>('session') });
}
