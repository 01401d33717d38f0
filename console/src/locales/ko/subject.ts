export const subject = { title: '서비스' };
