export const tmap = {
  title: 'T-Map',
};
