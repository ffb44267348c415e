/** Every text of the interface. English only; numbers and times are written by `format.ts`. */
import type { ActivityChange } from './backend/bindings/ActivityChange';
import type { AdvisoryBasis } from './backend/bindings/AdvisoryBasis';
import type { Answer } from './backend/bindings/Answer';
import type { Apart } from './backend/bindings/Apart';
import type { Certainty } from './backend/bindings/Certainty';
import type { Epss } from './backend/bindings/Epss';
import type { ChangeCounts } from './backend/bindings/ChangeCounts';
import type { EngineState } from './backend/bindings/EngineState';
import type { Job } from './backend/bindings/Job';
import type { JobState } from './backend/bindings/JobState';
import type { KnownExploited } from './backend/bindings/KnownExploited';
import type { Origin } from './backend/bindings/Origin';
import type { Package } from './backend/bindings/Package';
import type { RecordExplanation } from './backend/bindings/RecordExplanation';
import type { Role } from './backend/bindings/Role';
import type { Severity } from './backend/bindings/Severity';
import type { Status } from './backend/bindings/Status';
import { formatCount as n, formatMany as many, formatShare as share } from './format';
import type { FindingGroup } from './listing/findings';
import type { ImageChip } from './listing/images';
import type { PackageGroup } from './listing/packages';
import { ecosystem } from './messages/ecosystems';
import { risk, risks } from './messages/risks';
import type { ImageTab } from './routing/route';
import type { Theme } from './state/preferences.svelte';

/** Where a package was read from: the layer is that of the file, not of the package. */
const readFrom = ({ evidence, evidence_layer: layer }: Package) =>
  layer === null ? evidence : `layer ${n(layer)}: ${evidence}`;

const severity: Record<Severity, string> = {
  critical: 'Critical',
  high: 'High',
  medium: 'Medium',
  low: 'Low',
  negligible: 'Negligible',
  unknown: 'Unknown',
};

const role: Record<Role, string> = {
  base: 'base',
  enterprise: 'enterprise',
  application: 'application',
  builder: 'builder',
  cots: 'COTS',
};

const certainty: Record<Certainty, string> = {
  exact: 'exact',
  declared: 'declared',
  inferred: 'inferred',
  unknown: 'unknown',
};

const certaintyMeaning: Record<Certainty, string> = {
  exact: 'Exact: the bytes of the layers prove it',
  declared: 'Declared: an annotation, provenance or file says so',
  inferred: 'Inferred: a heuristic suggests it',
  unknown: 'Unknown: nothing tells',
};

const jobState: Record<JobState, string> = {
  queued: 'Waiting',
  running: 'Running',
  succeeded: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const origin: Record<Origin, string> = {
  pulled: 'pulled',
  built: 'built here',
  imported: 'imported',
  unknown: 'unknown',
};

const engineState: Record<EngineState, string> = {
  connected: 'connected',
  'not-found': 'not found',
  'permission-denied': 'permission denied',
  refused: 'refused',
  'timed-out': 'timed out',
  failed: 'failed',
};

const status: Record<Status, string> = {
  fixed: 'fix available',
  affected: 'no fix named',
  'no-fix-yet': 'no fix yet',
  'will-not-fix': 'will not fix',
  'needs-subscription': 'needs a subscription',
  'end-of-life': 'no longer supported',
};

const apart: Record<Apart, string> = {
  unimportant: 'unimportant',
  'kernel-headers': 'kernel headers',
};

/** By the kind of the feed; a kind that is not known stands as it is. */
const feeds: Partial<Record<string, string>> = {
  osv: 'OSV',
  'debian-tracker': 'Debian’s security tracker',
  'alpine-secdb': 'Alpine’s secdb',
  'redhat-vex': 'Red Hat’s VEX',
  updateinfo: 'the repository’s updateinfo',
  kev: 'CISA’s known exploited vulnerabilities',
  epss: 'FIRST’s EPSS',
  nvd: 'NVD',
  'end-of-life': 'endoflife.date',
};

/** `2 newly affected, 1 can be mended now`; empty where nothing changed. */
const changeCounts = (counts: ChangeCounts) =>
  [
    [counts.newly_affected, 'newly affected'] as const,
    [counts.fix_available, 'can be mended now'] as const,
    [counts.no_longer_affected, 'no longer affected'] as const,
  ]
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${n(count)} ${what}`)
    .join(', ');

const feedName = (feed: string) => feeds[feed] ?? feed;

const basis: Record<AdvisoryBasis, string> = {
  feed: 'publisher’s records',
  starter: 'starter set only',
  none: 'no advisories',
};

const tabs: Record<ImageTab, string> = {
  overview: 'Overview',
  layers: 'Layers',
  packages: 'Packages',
  vulnerabilities: 'Vulnerabilities',
  risks: 'Risks',
  fix: 'Fix',
};

const imageChip: Record<ImageChip, string> = {
  critical: 'Critical',
  high: 'High',
  fixable: 'Fixable',
  'not-scanned': 'Not scanned',
  rebuilt: 'Rebuilt since scan',
  'not-judged': 'Not judged',
  dangling: 'Dangling',
};

const findingGroup: Record<FindingGroup, string> = {
  package: 'Package',
  owner: 'Image of origin',
  vulnerability: 'CVE',
};

const packageGroup: Record<PackageGroup, string> = {
  layer: 'Layer',
  owner: 'Image of origin',
  kind: 'Ecosystem',
  licence: 'Licence',
  system: 'System package',
  source: 'Source package',
};

const theme: Record<Theme, string> = { system: 'System', light: 'Light', dark: 'Dark' };

const jobOutcome = (job: Job): string => {
  if (job.state === 'failed') return job.error?.message ?? jobState.failed;
  if (job.state === 'succeeded') return job.outcome ?? jobState.succeeded;
  return job.state === 'running' ? job.phase : jobState[job.state];
};

export const messages = {
  many,
  severity,
  role,
  certainty,
  certaintyMeaning,
  origin,
  engineState,
  status,
  apart,
  basis,
  tabs,
  theme,

  product: 'Outcrop',
  nav: {
    label: 'Sections',
    images: 'Images',
    ancestry: 'Ancestry',
    activity: 'Activity',
    settings: 'Settings',
  },
  actions: {
    cancel: 'Cancel',
    close: 'Close',
    copy: 'Copy',
    copied: 'Copied',
    retry: 'Retry',
    rescan: 'Rescan',
    scan: 'Scan',
    scanAll: 'Scan all',
    suggestFix: 'Suggest fix',
    openArchive: 'Open archive…',
    clearFilters: 'Clear filters',
    dismiss: 'Dismiss',
    show: 'Show',
    hide: 'Hide',
    sortBy: (column: string) => `Sort by ${column}`,
    removeFilter: (what: string) => `Remove filter ${what}`,
  },
  errors: {
    outsideShell: 'This page is the inside of the Outcrop desktop app and does nothing without it.',
    title: 'That did not work',
    imagesTitle: 'The images could not be listed',
    reportTitle: 'The report could not be read',
  },
  statusBar: {
    label: 'Status',
    engines: 'Engines',
    noEngine: 'No engine',
    advisories: (age: string) => `Advisories ${age} old`,
    starter: 'Advisories: starter set',
    noAdvisories: 'No advisories',
    jobs: (count: number) => many(count, 'job'),
    keys: 'Keys',
    commands: 'Commands',
  },
  images: {
    title: 'Images',
    count: (shown: number, all: number) =>
      shown === all ? many(all, 'image') : `${n(shown)} of ${many(all, 'image')}`,
    filter: 'Filter images',
    engine: 'Engine',
    allEngines: 'All engines',
    chip: imageChip,
    chips: 'Filters',
    scanSelected: (count: number) => `Scan ${n(count)} selected`,
    columns: {
      select: 'Select',
      name: 'Name',
      engine: 'Engine',
      role: 'Role',
      built_on: 'Built on',
      size: 'Size',
      age: 'Age',
      origin: 'Origin',
      findings: 'Findings',
      risks: 'Risks',
      scanned: 'Scanned',
    },
    noName: '<none>',
    more: (count: number) => `+${n(count)}`,
    containers: (count: number) => `used by ${many(count, 'container')}`,
    notScanned: 'not scanned',
    notJudged: 'not judged',
    partlyJudged: 'partly judged',
    clean: 'none known',
    risksNotLookedFor: 'not looked for',
    risksNotLookedForMeaning: 'The scan did not look for risks: that is no zero. Scan again.',
    noRisks: 'none found',
    risks: (own: number, all: number, worst: string) =>
      `${many(all, 'risk')}, the worst ${worst}: ${n(own)} brought here, ${n(all - own)} inherited`,
    ownRisks: (own: number, all: number) =>
      own === all ? `all ${n(all)}` : `${n(own)} of ${n(all)}`,
    rebuilt: 'rebuilt since its scan',
    rebuiltCounts: 'Counts are of the image that had this name before',
    waiting: 'waiting',
    nothingTitle: 'No images yet',
    nothing: 'The engines answered, and hold no images. What you build or pull appears here.',
    hiddenTitle: 'No image passes these filters',
    select: (name: string) => `Select ${name}`,
    loading: 'Asking the engines…',
  },
  firstRun: {
    title: 'No container engine answered',
    lead: 'Outcrop finds Docker and Podman by itself. These are the places it tried.',
    remedy: 'What to do',
    tried: 'Tried',
    foundBy: (sources: readonly string[]) => `from ${sources.join(', ')}`,
    nowhere: 'No endpoint was found to try.',
    archiveTitle: 'Without an engine',
    archive: 'An archive of docker save or podman save, or an OCI folder, can be scanned as it is.',
    path: 'Path of an archive',
    pathHint: 'Path of an archive, then Enter',
  },
  image: {
    back: 'Images',
    copyDigest: 'Copy digest',
    tabs: 'Parts of the report',
    loading: 'Reading the report…',
    gone: 'This image is not in the list any more.',
    notScannedTitle: 'Not scanned yet',
    notScanned: 'A scan reads every layer once. First findings come within a second.',
    preview: 'Preview: from the package databases alone; layers follow.',
    partial: 'Partial: some of the image could not be read.',
    rebuilt: (name: string) => `${name} was rebuilt since this scan.`,
    rebuiltUnscanned: (name: string, ago: string) =>
      `${name} was rebuilt since its scan ${ago}; this build was not scanned yet. Found then:`,
    layerFilter: (index: number) => `Layer ${n(index)}`,
    ownerFilter: (owner: string) => `From ${owner}`,
    scanned: (ago: string) => `scanned ${ago}`,
    filters: 'Filters from other tabs',
  },
  overview: {
    coverage: 'What was judged',
    notAll: 'Not everything was judged',
    allJudged: 'Everything found was judged',
    ecosystem: (name: string, packages: number) => `${name}, ${many(packages, 'package')}`,
    records: (count: number) => many(count, 'record'),
    dated: (moment: string) => `of ${moment}`,
    undated: 'undated',
    system: 'System',
    unknownSystem: 'not recognised',
    unsupported: 'not judged yet',
    findings: 'Findings',
    fixable: (count: number) => `${n(count)} with a fix`,
    apart: (count: number) => `${n(count)} shown apart`,
    clean: (packages: number) => `No known findings in ${many(packages, 'package')}`,
    whoBrings: 'Who brings the findings',
    ownerFindings: (owner: string, count: number) => `${owner}: ${many(count, 'finding')}`,
    mendFirst: 'Mend first',
    lineage: 'Built on',
    noAncestor: 'No image here is this one’s base.',
    thisImage: 'this image',
    layers: (count: number) => many(count, 'layer'),
    image: 'Image',
    references: 'References',
    digests: 'Registry digests',
    digest: 'Config digest',
    platform: 'Platform',
    created: 'Created',
    size: 'Size',
    user: 'User',
    root: 'root (none set)',
    source: 'Read from',
    packageSources: 'Package sources',
    problems: (count: number) => many(count, 'problem'),
    problemLayer: (digest: string) => `layer ${digest}`,
    risks: 'Risks',
    risksOwn: (count: number) => `${n(count)} brought here`,
    risksInherited: (count: number) => `${n(count)} inherited`,
    risksHidden: (count: number) => `${n(count)} hidden by a later layer, still shipped`,
    noRisks: 'No risks found',
    noRisksInPart: 'No risks found in what was looked at',
    risksNotLookedFor: 'Not looked for in this scan',
    allRisks: 'Show all risks',
    leftovers: (count: number) =>
      `${many(count, 'package')} of which only the configuration is left`,
  },
  comparison: {
    title: 'Since the scan before',
    fixed: 'fixed',
    new: 'new',
    unchanged: 'unchanged',
    showNew: 'Show the new ones',
    fixedList: (count: number) => `${many(count, 'finding')} fixed`,
    newList: (count: number) => `${many(count, 'finding')} new`,
  },
  layers: {
    label: 'Layers, lowest first',
    columns: {
      index: '#',
      owner: 'Brought by',
      instruction: 'Instruction',
      size: 'Size',
      packages: 'Packages',
      findings: 'Findings',
      risks: 'Risks',
    },
    noInstruction: 'no history entry',
    unread: 'could not be read',
    hidden: (bytes: string) => `hides ${bytes} of lower layers`,
    detail: (index: number) => `Layer ${n(index)}`,
    files: (count: number) => many(count, 'file'),
    showFindings: 'Findings of this layer',
    showPackages: 'Packages of this layer',
    showRisks: 'Risks of this layer',
    preview: 'Layers are known when the whole image has been read.',
    diffId: 'Diff ID',
    hint: 'Select a layer to filter the other tabs by it; press it again for all.',
  },
  packages: {
    label: 'Packages',
    filter: 'Filter packages',
    group: 'Group by',
    noGroup: 'None',
    groups: packageGroup,
    withFindings: 'With findings',
    count: (shown: number, all: number) =>
      shown === all ? many(all, 'package') : `${n(shown)} of ${many(all, 'package')}`,
    columns: {
      name: 'Package',
      version: 'Version',
      kind: 'Ecosystem',
      licence: 'Licence',
      architecture: 'Arch',
      source: 'Source package',
      evidence: 'Read from',
      layer: 'Layer',
      owner: 'Brought by',
      findings: 'Findings',
    },
    layer: (index: number) => `Layer ${n(index)}`,
    unknownLayer: 'Layer not known yet',
    noSource: 'No source package',
    noLicence: 'No licence told',
    noSystem: 'By itself',
    ecosystem: (kind: string) => ecosystem[kind] ?? kind,
    partOf: (name: string) => `part of ${name}`,
    inferredFrom: (from: string) => `Name and version are inferred from ${from}`,
    inferred: 'Name and version are inferred',
    place: (path: string) => `installed in ${path}`,
    readFrom,
    readBy: (cataloger: string) => `read by ${cataloger}`,
    notJudged: 'not judged',
    notJudgedMeaning: 'No advisories were looked through for it: that is no zero',
    nothing: 'No package passes these filters',
    none: 'No packages were found',
    groupSize: (count: number) => many(count, 'package'),
  },
  findings: {
    label: 'Vulnerabilities',
    filter: 'Filter vulnerabilities',
    count: (shown: number, all: number) => `${n(shown)} of ${n(all)}`,
    fixable: 'Fixable',
    exploited: 'Exploited',
    exploitedMeaning: 'In CISA’s catalog of known exploited vulnerabilities',
    anywhere: 'Anywhere',
    base: 'In base',
    own: 'In this image',
    apart: 'Apart',
    apartMeaning: 'Unimportant by the publisher’s word, or kernel headers; left out of the counts',
    new: 'New',
    newMeaning: 'New since the scan before',
    group: 'Group by',
    noGroup: 'None',
    groups: findingGroup,
    columns: {
      severity: 'Severity',
      vulnerability: 'Vulnerability',
      package: 'Package',
      fixed: 'Fixed in',
      layer: 'Layer',
      owner: 'Brought by',
      summary: 'Summary',
    },
    groupSize: (count: number) => many(count, 'finding'),
    noneTitle: 'No known findings',
    none: (packages: number, statement: string) => `In ${many(packages, 'package')}. ${statement}`,
    notJudgedTitle: 'Not judged',
    onlyApart: (count: number) =>
      `${many(count, 'finding')} shown apart: unimportant, or kernel headers.`,
    hiddenTitle: 'No finding passes these filters',
    announced: (shown: number, all: number) => `${n(shown)} of ${many(all, 'finding')} shown`,
    starter: 'From the starter set: severity is not known yet',
    unknownLayer: 'not known yet',
  },
  drawer: {
    label: 'Finding',
    why: 'Why it matched',
    where: 'Where it comes from',
    fix: 'What to do',
    publisherSays: 'The publisher says:',
    installed: 'Installed',
    exploited: ({ added, ransomware }: KnownExploited) =>
      ransomware ? `exploited since ${added}, by ransomware too` : `exploited since ${added}`,
    exploitedMeaning: 'From CISA’s catalog of known exploited vulnerabilities',
    byUpstream:
      'No package manager recorded this program: its own version was compared with records made for another packaging of it.',
    epss: 'Exploitation',
    epssMeaning: 'FIRST’s estimate (EPSS) for the next 30 days',
    likelihood: ({ probability, percentile }: Epss) =>
      `${share(probability)} likely; higher than for ${share(percentile)} of all`,
    records: 'Records',
    judgedAs: 'Judged as',
    severityFrom: 'Severity:',
    module: (stream: string) => `in the module ${stream}`,
    record: ({ decides, feed, modified }: RecordExplanation) =>
      [
        decides ? 'decides' : 'second opinion',
        feedName(feed),
        modified === '' ? null : modified.slice(0, 10),
      ]
        .filter((part) => part !== null)
        .join(', '),
    answer: {
      affected: '→ affected',
      'not-affected': '→ not affected',
      cleared: '→ not affected, says the publisher',
      overruled: '→ overruled by the deciding record',
      'not-compared': '→ not compared',
    } satisfies Record<Answer, string>,
    references: 'Read on',
    vector: 'CVSS vector',
    urgency: 'Publisher’s urgency',
    layer: (index: number) => `Layer ${n(index)}`,
    evidence: 'Read from',
    readFrom,
    changes: 'Changes along the layers',
    inherited: (owner: string) => `Brought by ${owner}, which this image is built on.`,
    own: 'Brought by this image itself.',
    copyKey: 'Copy identifier',
  },
  risks,
  risk,
  fix: {
    containerfile: 'Containerfile',
    choose: 'Choose…',
    pathHint: 'Path of the Containerfile, then Enter',
    emptyTitle: 'Which Containerfile builds this image?',
    empty: 'Choose it, or type its path. It is read, never written; the choice is remembered.',
    notScannedTitle: 'Nothing to mend yet',
    notScanned: 'A fix rests on the findings of a whole scan.',
    target: 'Target stage',
    targetHint: 'last',
    arguments: 'Build arguments',
    argumentsHint: 'NAME=value NAME=value',
    bump: 'Offer a newer local base',
    planning: 'Reading the Containerfile…',
    predicted: 'predicted',
    predictedMeaning: 'Predicted from versions; proven only by a build and another scan',
    clears: (count: number) => `Clears ${many(count, 'finding')}`,
    stays: (count: number) => `${n(count)} stay`,
    noPatchTitle: 'No patch',
    noPatch: 'No change of this Containerfile mends a finding now:',
    changes: (count: number) => many(count, 'change'),
    unified: 'Unified',
    split: 'Split',
    layout: 'Diff layout',
    diff: 'Change to the Containerfile',
    copyPatch: 'Copy patch',
    copyFile: 'Copy file',
    savePatch: 'Save .patch…',
    saved: (path: string) => `Saved to ${path}`,
    staysTitle: 'What stays, and why',
    review: 'Look at this before use',
    match: 'Does this file build the image?',
    evidence: 'Rests on',
    of: (clears: number, all: number) => `${n(clears)} of ${many(all, 'finding')}`,
    previous: 'Previous change',
    next: 'Next change',
    hunkClears: (count: number) => `clears ${n(count)}`,
    apply: (path: string) => `git apply accepts it from the root of the work tree (${path}).`,
  },
  ancestry: {
    title: 'Ancestry',
    tree: 'Images by family',
    filter: 'Find an image',
    graph: 'Families of images',
    focus: 'Family of one',
    map: 'All families',
    view: 'View',
    fit: 'Fit',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    framed: (count: number) => many(count, 'image'),
    inspector: 'Selected image',
    openImage: 'Open image',
    focusHere: 'Show its family',
    parent: 'Built on',
    noParent: 'nothing here',
    roleReason: 'Role',
    evidence: 'Evidence',
    descendants: (count: number) =>
      count === 0 ? 'No image here is built on it' : `${many(count, 'image')} built on it`,
    own: 'Brought by its own layers',
    all: 'Findings',
    notScanned: 'not scanned',
    layers: (count: number) => many(count, 'layer'),
    nothingTitle: 'No families yet',
    nothing: 'As soon as an engine holds images, their families are drawn here.',
    nothingFound: 'No image of that name.',
    engines: 'Held by',
    legend: 'Legend',
    lineExact: 'exact',
    lineUncertain: 'declared or inferred',
  },
  jobs: {
    title: 'Activity',
    state: jobState,
    label: 'Jobs',
    nothingTitle: 'Nothing is going on',
    nothing:
      'Scans and advisory updates appear here and stay until Outcrop is closed; what newer advisories change in your images stays for good.',
    copyCommand: 'Copy command',
    cancel: (title: string) => `Cancel ${title}`,
    progress: (title: string) => `Progress of ${title}`,
    elapsed: 'Elapsed',
    announced: (job: Job) => `${job.title}: ${jobOutcome(job)}`,
    outcome: jobOutcome,
  },
  changes: {
    title: 'What newer advisories changed',
    kind: {
      'newly-affected': 'newly affected',
      'fix-available': 'can be mended now',
      'no-longer-affected': 'no longer affected',
    } satisfies Record<ActivityChange, string>,
    summary: changeCounts,
    more: (count: number) => `and ${n(count)} more`,
  },
  feed: feedName,
  settings: {
    title: 'Settings',
    appearance: 'Appearance',
    theme: 'Theme',
    advisories: 'Advisories',
    advisoriesLead:
      'What images are judged by. Nothing leaves this machine but the requests for these records.',
    update: 'Update now',
    import: 'Import…',
    noFeeds: 'No advisories are here yet: nothing can be judged without them.',
    columns: {
      ecosystem: 'Ecosystem',
      source: 'Source',
      records: 'Records',
      size: 'Size',
      exported: 'Published',
      imported: 'Imported',
    },
    everyEcosystem: 'every one',
    starter: 'starter set',
    broken: (count: number) => `${many(count, 'record')} could not be read`,
    keyboard: 'Keyboard',
    singleKeys: 'Single letters act outside text fields',
    showKeys: 'Show all keys',
    engines: 'Engines',
    about: 'About',
    version: (version: string) => `Outcrop ${version}`,
    attribution:
      'Debian advisories come from the Debian Security Tracker through OSV; each record names its publisher. Outcrop is licensed under Apache-2.0.',
    privacy: 'No telemetry. Images are read on this machine and never sent anywhere.',
  },
  palette: {
    label: 'Commands and images',
    hint: 'Go to an image or do something',
    nothing: 'Nothing of that name',
    kinds: { go: 'Go to', act: 'Do', image: 'Image' },
  },
  keys: {
    title: 'Keys',
    anywhere: 'Anywhere',
    lists: 'In lists',
    image: 'On an image',
    graph: 'In the ancestry graph',
    rows: {
      palette: 'Commands and images',
      sections: 'Images, Ancestry, Activity',
      filter: 'Filter',
      settings: 'Settings',
      sheet: 'This list',
      back: 'Back, forward',
      refresh: 'Ask the engines again',
      panes: 'Next part of the window',
      theme: 'Theme',
      move: 'Move',
      ends: 'First, last',
      page: 'A page down, up',
      open: 'Open',
      select: 'Select',
      scanSelected: 'Scan the selection or the row',
      scanAll: 'Scan all',
      severities: 'Toggle a severity',
      escape: 'Close what is open',
      rescan: 'Rescan',
      fix: 'Suggest fix',
      digest: 'Copy digest',
      ancestry: 'Its family',
      changes: 'Previous, next change',
      walk: 'Parent, child, siblings',
      focus: 'Show the family of the selected image',
      zoom: 'Zoom, fit',
    },
  },
} as const;
