import { t } from '../lib/i18n';
import { params, setParam } from '../lib/route';
import { RANGES, rangeOf } from '../lib/time';
import { Choices } from './Choices';

/** Over how long charts look back; kept in the address. */
export function RangeChoice() {
  return (
    <Choices
      label={t().time.range}
      options={RANGES.map(({ key }) => ({ value: key, label: t().time.ranges[key] ?? key }))}
      value={rangeOf(params().get('range')).key}
      onChoose={(key) => setParam('range', key)}
    />
  );
}
