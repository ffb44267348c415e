/** What is said of risks. */
import type { RiskGroup } from '../backend/bindings/RiskGroup';
import { formatCount as n, formatMany as many } from '../format';
import type { RiskGrouping, RiskOrigin } from '../listing/risks';

const riskSubject: Record<RiskGroup, string> = {
  configuration: 'Configuration',
  files: 'Files',
  secrets: 'Secrets',
};

const riskOrigin: Record<RiskOrigin, string> = {
  own: 'Brought here',
  base: 'Inherited',
  anywhere: 'All',
};

const riskGrouping: Record<RiskGrouping, string> = {
  layer: 'Layer',
  owner: 'Image of origin',
  check: 'Check',
  subject: 'Subject',
};

/** The list. */
export const risks = {
  label: 'Risks',
  filter: 'Filter risks',
  subject: riskSubject,
  subjects: 'Subject',
  origin: riskOrigin,
  origins: 'Brought by',
  tab: (own: number, all: number) => (own === all ? n(all) : `${n(own)} / ${n(all)}`),
  tabMeaning: (own: number, all: number) => `${n(own)} brought here, ${n(all)} in all`,
  hidden: 'Hidden',
  hiddenMeaning: 'Deleted or replaced by a later layer; the image ships the bytes all the same',
  stillShipped: 'hidden, still shipped',
  count: (shown: number, all: number) => `${n(shown)} of ${n(all)}`,
  announced: (shown: number, all: number) => `${n(shown)} of ${many(all, 'risk')} shown`,
  group: 'Group by',
  noGroup: 'None',
  groupings: riskGrouping,
  groupSize: (count: number) => many(count, 'risk'),
  columns: {
    severity: 'Severity',
    title: 'Risk',
    place: 'Where',
    layer: 'Layer',
    owner: 'Brought by',
  },
  layer: (index: number) => `Layer ${n(index)}`,
  wholeConfiguration: 'Configuration of the image',
  inConfiguration: 'configuration of the image',
  inInstruction: 'the instruction itself',
  notLookedForTitle: 'Not looked for',
  notLookedFor:
    'This scan is from before Outcrop looked for risks, or that was switched off. It says nothing about them.',
  rescan: 'Rescan to look for risks',
  previewTitle: 'Not looked for yet',
  preview: 'Risks are known when the whole image has been read.',
  noneTitle: 'No risks found',
  noneInPartTitle: 'No risks found in what was looked at',
  none: (layers: number, files: number) =>
    `Looked at: the configuration and the history, the permissions and owners of ${many(files, 'file')} in ${many(layers, 'layer')}, and their text for secrets, what later layers hide included.`,
  noneOwnTitle: 'Nothing brought here',
  noneOwn: (inherited: number) =>
    `This image brings no risk itself. It inherits ${n(inherited)} from the images it is built on.`,
  hiddenTitle: 'No risk passes these filters',
  elsewhere: (count: number, shown: RiskOrigin) =>
    shown === 'own'
      ? `${n(count)} inherited are not shown.`
      : `${n(count)} brought here are not shown.`,
  showInherited: 'Show inherited',
  showAll: 'Show these too',
  notes: (count: number) => `Looked at in part: ${many(count, 'place')}.`,
  note: (layer: number) => `layer ${n(layer)}`,
  noteList: 'Looked at in part',
};

/** One of them. */
export const risk = {
  label: 'Risk',
  fix: 'What to do',
  containerfile: 'In the Containerfile',
  copyContainerfile: 'Copy lines',
  why: 'Why it is a risk',
  where: 'Where it comes from',
  shown: 'Its first and last characters. The value itself is neither kept nor shown.',
  tooShort: 'Too short to show any of it. The value itself is neither kept nor shown.',
  inherited: (owner: string) => `Brought by ${owner}, which this image is built on.`,
  own: 'Brought by this image itself.',
  copyPath: 'Copy path',
  package: 'Installed by',
  configuration: 'Configuration of the image',
  step: (position: number) => `step ${n(position)} of the history`,
  hides: 'hides it. Whoever pulls the image gets it all the same.',
  references: 'Where the rule is from',
  fingerprint: 'Fingerprint',
  fingerprintMeaning: 'Names this risk across rebuilds.',
  copyFingerprint: 'Copy fingerprint',
  check: 'Check',
};
