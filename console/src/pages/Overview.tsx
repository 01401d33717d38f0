import { t } from '../lib/i18n';

export default function Overview() {
  return <h1>{t().nav.overview}</h1>;
}
