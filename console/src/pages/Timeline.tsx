import { t } from '../lib/i18n';

export default function Timeline() {
  return <h1>{t().nav.timeline}</h1>;
}
