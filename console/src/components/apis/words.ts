/** What naru.yaml says of a route, in the words of the language that is shown. */
import type { Api } from '../../api/managed';
import { t } from '../../lib/i18n';

/** Who may call, in one short line. */
export function whoText({ auth, link }: Api): string {
  const words = t().apis;
  if (link) return words.services;
  if (auth.open) return words.anybody;
  const proofs = auth.any_of.map((proof) => words.proofs[proof] ?? proof).join(', ');
  if (proofs) return proofs;
  return auth.scopes.length + auth.groups.length + auth.clients.length > 0 ? words.known : words.nobody;
}

/** `calls 5/s` as naru.yaml has it is clear enough; what is done to messages is said by name. */
export function conversionText(text: string): string {
  const [name = '', rest] = text.split(' ', 2);
  const word = t().apis.conversions[name] ?? name;
  if (!rest) return word;
  const speaker = /^\((client|service)\)$/.exec(rest)?.[1] as 'client' | 'service' | undefined;
  return speaker ? `${word} (${t().apis.speaks[speaker]})` : `${word} ${rest}`;
}
