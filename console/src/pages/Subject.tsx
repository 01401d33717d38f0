/** One service or one function: how its users are, what its instances do, and how that came about. */
import { Match, Switch } from 'solid-js';
import { functionNamed, serviceNamed, status } from '../api/live';
import { Empty, Loading } from '../components/Empty';
import { FunctionView } from '../components/subject/FunctionView';
import { ServiceView } from '../components/subject/ServiceView';
import { t } from '../lib/i18n';
import { route } from '../lib/route';
import '../styles/subject.css';

export default function Subject() {
  const service = () => (route().page === 'service' ? serviceNamed(route().name) : undefined);
  const one = () => (route().page === 'function' ? functionNamed(route().name) : undefined);
  const missing = () =>
    route().page === 'service' ? t().subject.noService(route().name) : t().subject.noFunction(route().name);
  return (
    <Switch fallback={<Empty text={missing()} detail={t().subject.gone} />}>
      <Match when={!status()}>
        <Loading />
      </Match>
      <Match when={service()}>{(found) => <ServiceView service={found()} />}</Match>
      <Match when={one()}>{(found) => <FunctionView function={found()} />}</Match>
    </Switch>
  );
}
