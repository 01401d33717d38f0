/** What this browser remembers of its user's choices. A browser that refuses storage forgets them, and nothing else. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`naru.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Returns whether it could be kept: private windows may refuse, and there is room for a few MiB. */
export function remember(key: string, value: string): boolean {
  try {
    localStorage.setItem(`naru.${key}`, value);
    return true;
  } catch {
    return false;
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(`naru.${key}`);
  } catch {
    // What refuses to be asked has kept nothing either.
  }
}
