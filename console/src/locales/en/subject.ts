import type * as ko from '../ko/subject';

export const subject: typeof ko.subject = { title: 'Service' };
