/** Taking back what was just done. */
import { rollBack, scale } from '../../api/actions';
import { t } from '../../lib/i18n';
import { notify } from '../../lib/notice';

/** Goes to a revision: back from a deployment, or forward again from a rollback. */
export async function backTo(service: string, revision: number): Promise<void> {
  await told(
    () => rollBack(service, revision),
    () => t().actions.rolledBack(service, revision),
  );
}

/** Wants the former number again, or lets the policies decide again. */
export async function scaleBack(service: string, instances: number | null): Promise<void> {
  await told(
    () => scale(service, instances),
    () => (instances === null ? t().actions.automatic(service) : t().actions.scaled(service, instances)),
  );
}

async function told(act: () => Promise<unknown>, done: () => string): Promise<void> {
  try {
    await act();
    notify({ severity: 'info', text: done() });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    notify({ severity: 'error', text: t().actions.failed(why) });
  }
}
