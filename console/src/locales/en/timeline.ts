import type * as ko from '../ko/timeline';

export const timeline: typeof ko.timeline = {
  title: 'Timeline',
};
