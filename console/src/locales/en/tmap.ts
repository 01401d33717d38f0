import type * as ko from '../ko/tmap';

export const tmap: typeof ko.tmap = {
  title: 'T-Map',
};
