/** What this browser remembers of its user's choices. A browser that refuses storage forgets them, and nothing else. */
export function remembered(key: string): string | undefined {
  try {
    return localStorage.getItem(`naru.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`naru.${key}`, value);
  } catch {
    // Private windows may refuse; the choice holds until the page is closed.
  }
}
