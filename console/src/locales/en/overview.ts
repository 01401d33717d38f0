import type * as ko from '../ko/overview';

export const overview: typeof ko.overview = {
  summary: 'The whole platform',
  functions: 'Functions',
  services: 'Services',
  functionsHint: 'what users do',
  servicesHint: 'the programs behind it',
  linksHint: 'outside systems that services use',
  allInstances: 'All instances at a glance',
  sortedByTrouble: 'in order of trouble',
  manyBad: (n) => (n === 1 ? '1 is in trouble' : `${n} are in trouble`),
  allGood: 'All is well',
  noServices: 'This platform has no services yet. Write one into naru.yaml and save: it appears here',
  noFunctions: 'No functions are defined. Write them under functions in naru.yaml to see by what users do',
  noGateway: 'No gateway is connected. New requests may not be answered',
  of: (total) => `/ ${total}`,
  boundsTip: (min, max) => `at least ${min}, at most ${max}`,
};
