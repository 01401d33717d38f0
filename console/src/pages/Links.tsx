/** The outside systems that services reach through naru: whether they are there, and how they answer. */
import { createMemo, Show } from 'solid-js';
import { asking } from '../api/asking';
import { status } from '../api/live';
import { tally } from '../api/manage';
import { Empty, Loading } from '../components/Empty';
import { PageHead } from '../components/data/PageHead';
import { LinkTable } from '../components/links/LinkTable';
import { savedBy } from '../components/links/words';
import { t } from '../lib/i18n';

export default function Links() {
  const asked = asking(
    (signal) => tally({ subject: 'all', by: ['service', 'status'], seconds: 3600, limit: 1000 }, signal),
    15,
  );
  const saved = createMemo(() => savedBy(asked.value()?.rows ?? []));
  const words = () => t().links;
  return (
    <>
      <PageHead title={words().title} about={words().about} />
      <section class="panel" aria-label={words().title}>
        <Show when={status()} fallback={<Loading />}>
          {(now) => (
            <Show when={now().links.length > 0} fallback={<Empty text={words().none} detail={words().noneHint} />}>
              <LinkTable label={words().title} links={now().links} saved={saved()} />
            </Show>
          )}
        </Show>
      </section>
    </>
  );
}
