export const timeline = {
  title: '타임라인',
};
