/** Outlines on a 16 × 16 field, drawn with a 1.5 px stroke. */
export const ICONS = {
  images: 'M2.5 5.5 8 2.5l5.5 3L8 8.5zM2.5 8.5l5.5 3 5.5-3M2.5 11.2l5.5 2.8 5.5-2.8',
  ancestry: 'M3 2.5h4v3H3zM9.5 6.5h4v3h-4zM9.5 11h4v3h-4zM5 5.5v7h4.5M5 8h4.5',
  activity: 'M1.5 8.5h3l2-5.5 3 10.5 2-5h3',
  settings: 'M2 4.5h6M11.5 4.5H14M2 11.5h2.5M8 11.5h6M9.7 2.7v3.6M6.2 9.7v3.6',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.4 10.4 14 14',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  check: 'M2.5 8.5 6.5 12.5 13.5 4',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  back: 'M9.5 3 4.5 8l5 5',
  right: 'M6 3.5 10.5 8 6 12.5',
  down: 'M3.5 6 8 10.5 12.5 6',
  up: 'M3.5 10 8 5.5l4.5 4.5',
  rescan: 'M13.5 8a5.5 5.5 0 1 1-1.7-4M13.5 1.8v3h-3',
  fix: 'M3 13l6.2-6.2M8.6 5.4a3.2 3.2 0 0 1 4-3.1l-2 2 .2 1.3 1.3.2 2-2a3.2 3.2 0 0 1-4.3 3.6',
  archive: 'M2.5 3h11v3h-11zM3.5 6v7.5h9V6M6.5 8.5h3',
  warning: 'M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.4v.4',
  info: 'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM8 7.2v4M8 4.8v.4',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  external: 'M6.5 3.5h-3v9h9v-3M9 3h4v4M13 3 7.5 8.5',
  save: 'M8 2.5v7.5M4.8 7.2 8 10.4l3.2-3.2M2.5 13.5h11',
  target: 'M8 3.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM8 1v3.5M8 11.5V15M1 8h3.5M11.5 8H15',
} as const;

export type IconName = keyof typeof ICONS;
