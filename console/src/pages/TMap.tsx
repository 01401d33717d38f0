import { t } from '../lib/i18n';

export default function TMap() {
  return <h1>{t().nav.tmap}</h1>;
}
