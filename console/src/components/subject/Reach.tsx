/** What a function or service leans on: services, links and databases it calls, with how well those calls go. */
import { createMemo, Show } from 'solid-js';
import { asking } from '../../api/asking';
import { latest, serviceMap, type ServiceMap } from '../../api/traces';
import { t } from '../../lib/i18n';
import { href, params } from '../../lib/route';
import { rangeOf } from '../../lib/time';
import { EdgeTable } from '../map/EdgeTable';
import '../data/data.css';

/** `services`: where it begins. What they call and what that calls is followed to its end. */
export function Reach(props: { services: readonly string[]; title: string }) {
  const range = createMemo(() => rangeOf(params().get('range')));
  const asked = asking((signal) => serviceMap(latest(Math.max(60, range().seconds)), signal), 30);
  const edges = createMemo(() => {
    const map = asked.value();
    return map ? reached(map, props.services) : [];
  });
  return (
    <Show when={edges().length > 0}>
      <section class="panel" aria-label={props.title}>
        <div class="panel-head">
          <h2>{props.title}</h2>
          <span class="note">{t().data.lastOf(t().time.ranges[range().key] ?? '')}</span>
          <a class="end note" href={href('map', '', { part: `service:${props.services[0] ?? ''}` })}>
            {t().nav.map}
          </a>
        </div>
        <EdgeTable label={props.title} map={asked.value()!} edges={edges()} />
      </section>
    </Show>
  );
}

function reached(map: ServiceMap, services: readonly string[]): ServiceMap['edges'] {
  const seen = new Set<string>();
  const open = services.map((name) => `service:${name}`);
  for (let id = open.pop(); id; id = open.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...map.edges.filter((edge) => edge.from === id).map((edge) => edge.to));
  }
  return map.edges.filter((edge) => seen.has(edge.from));
}
