/** Made-up images: names and figures of our own, in the shape the program sends. */
import type { ActivityEvent } from '../bindings/ActivityEvent';
import type { ChangeCounts } from '../bindings/ChangeCounts';
import type { EngineStatus } from '../bindings/EngineStatus';
import type { ImageRow } from '../bindings/ImageRow';
import type { LineageNode } from '../bindings/LineageNode';
import type { RiskCounts } from '../bindings/RiskCounts';
import type { Role } from '../bindings/Role';
import type { SeverityCounts } from '../bindings/SeverityCounts';

export const NOW = Date.now();
const HOUR = 3_600_000;

export function ago(hours: number): string {
  return new Date(NOW - hours * HOUR).toISOString();
}

export function digestOf(text: string): string {
  let hash = 0x811c9dc5;
  let hex = '';
  for (let round = 0; round < 8; round += 1) {
    for (const letter of `${round}${text}`) {
      hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    }
    hex += hash.toString(16).padStart(8, '0');
  }
  return `sha256:${hex}`;
}

export function counts(
  critical: number,
  high: number,
  medium: number,
  low: number,
  fixable: number,
  apart = 0,
  unknown = 0,
): SeverityCounts {
  return { critical, high, medium, low, negligible: 0, unknown, fixable, apart };
}

function risks(
  critical: number,
  high: number,
  medium: number,
  low: number,
  negligible: number,
  brought_here: number,
): RiskCounts {
  return { critical, high, medium, low, negligible, brought_here };
}

interface Plan {
  readonly name: string;
  readonly parent?: string;
  readonly role: Role;
  readonly megabytes: number;
  readonly age: number;
  readonly engine?: string;
  readonly counts?: SeverityCounts;
  readonly own?: SeverityCounts;
  readonly layers?: number;
  /** Absent where they were not looked for. */
  readonly risks?: RiskCounts;
}

const BASE = 'debian:12-slim';
const JAVA = 'registry.example/acme/java-rt:21';
const ACME = 'registry.example/acme/base:4.2';
/** Its scan is from before risks were looked for. */
export const UNLOOKED = 'team/gateway:5.0';
/** Without risks of its own. */
export const LEDGER = 'team/ledger:0.14.2';
export const PROXY = 'team/scratch-proxy:3';
export const APP = 'team/orders-api:1.9';
export const REBUILT = 'team/billing:2.4';

const plans: Plan[] = [
  {
    name: BASE,
    role: 'base',
    megabytes: 74.8,
    age: 900,
    layers: 1,
    counts: counts(1, 6, 14, 9, 24, 61),
    risks: risks(0, 0, 0, 11, 0, 11),
  },
  {
    name: ACME,
    parent: BASE,
    role: 'enterprise',
    megabytes: 131,
    age: 400,
    layers: 4,
    counts: counts(2, 14, 31, 17, 52, 118),
    own: counts(1, 8, 17, 8, 28, 57),
    risks: risks(0, 0, 1, 11, 0, 1),
  },
  {
    name: JAVA,
    parent: ACME,
    role: 'enterprise',
    megabytes: 410,
    age: 300,
    layers: 6,
    counts: counts(3, 20, 48, 25, 70, 131),
    own: counts(1, 6, 17, 8, 18, 13),
    risks: risks(0, 0, 1, 11, 0, 0),
  },
  {
    name: APP,
    parent: JAVA,
    role: 'application',
    megabytes: 612,
    age: 26,
    layers: 10,
    counts: counts(4, 23, 61, 29, 84, 214),
    own: counts(1, 3, 13, 4, 14, 83),
    risks: risks(2, 3, 7, 15, 2, 17),
  },
  { name: REBUILT, parent: JAVA, role: 'application', megabytes: 588, age: 2, layers: 9 },
  {
    name: LEDGER,
    parent: JAVA,
    role: 'application',
    megabytes: 571,
    age: 70,
    layers: 9,
    counts: counts(3, 21, 52, 26, 72, 131),
    risks: risks(0, 0, 1, 11, 0, 0),
  },
  {
    name: UNLOOKED,
    parent: ACME,
    role: 'application',
    megabytes: 203,
    age: 51,
    layers: 7,
    counts: counts(2, 15, 33, 18, 55, 118),
    own: counts(0, 1, 2, 1, 3, 0),
  },
  {
    name: 'python:3.11-bookworm',
    parent: undefined,
    role: 'base',
    megabytes: 1010,
    age: 2100,
    engine: 'podman',
    layers: 7,
    counts: counts(9, 88, 241, 130, 201, 402),
    risks: risks(0, 0, 3, 18, 1, 22),
  },
  {
    name: 'localhost/team/forecast:2026.11',
    parent: 'python:3.11-bookworm',
    role: 'application',
    megabytes: 1340,
    age: 8,
    engine: 'podman',
    layers: 12,
    counts: counts(9, 91, 248, 131, 207, 402),
    risks: risks(0, 1, 5, 20, 3, 7),
  },
  {
    name: 'localhost/team/notebooks:dev',
    parent: 'python:3.11-bookworm',
    role: 'application',
    megabytes: 2210,
    age: 120,
    engine: 'podman',
    layers: 15,
  },
  {
    name: 'maven:3.9-eclipse-temurin-21',
    role: 'builder',
    megabytes: 512,
    age: 800,
    layers: 10,
    counts: counts(0, 0, 0, 0, 0, 0, 37),
    risks: risks(0, 0, 2, 13, 1, 16),
  },
  {
    name: 'alpine:3.20',
    role: 'base',
    megabytes: 7.8,
    age: 2600,
    layers: 1,
    risks: risks(0, 0, 0, 0, 0, 0),
  },
  {
    name: PROXY,
    role: 'application',
    megabytes: 12.4,
    age: 600,
    layers: 1,
    counts: counts(0, 0, 0, 0, 0, 3),
    risks: risks(0, 0, 0, 0, 0, 0),
  },
];
for (let index = 1; index <= 14; index += 1) {
  plans.push({
    name: `team/worker-${String(index).padStart(2, '0')}:1.${index}`,
    parent: ACME,
    role: 'application',
    megabytes: 140 + index * 3.1,
    age: 20 + index * 9,
    layers: 6,
    ...(index % 3 === 0
      ? {}
      : {
          counts: counts(2, 14, 31 + index, 17, 52, 118),
          ...(index % 4 === 0 ? {} : { risks: risks(0, index % 2, 2, 11 + index, 1, 3 + index) }),
        }),
  });
}

export const engines: EngineStatus[] = [
  {
    name: 'docker',
    kind: 'docker',
    address: 'unix:///run/docker.sock',
    found_by: ['Docker context `default`'],
    state: 'connected',
    version: '27.3.1',
    answer: 'Docker Engine 27.3.1 answered',
    remedy: null,
  },
  {
    name: 'podman',
    kind: 'podman',
    address: 'unix:///run/user/1000/podman/podman.sock',
    found_by: ['rootless socket'],
    state: 'connected',
    version: '4.3.1',
    answer: 'Podman 4.3.1 answered',
    remedy: null,
  },
];

export const silentEngines: EngineStatus[] = [
  {
    name: '',
    kind: 'docker',
    address: 'unix:///run/docker.sock',
    found_by: ['Docker context `default`', 'known socket'],
    state: 'permission-denied',
    version: null,
    answer: 'The socket belongs to `root:docker` and this user is not in that group',
    remedy: {
      text: 'Add yourself to the group `docker`, then log in again. Members of that group can become root on this machine.',
      command: 'sudo usermod --append --groups docker "$USER"',
    },
  },
  {
    name: '',
    kind: 'podman',
    address: 'unix:///run/user/1000/podman/podman.sock',
    found_by: ['rootless socket'],
    state: 'not-found',
    version: null,
    answer: 'There is no socket at this path',
    remedy: {
      text: 'Start the rootless Podman service for this session.',
      command: 'systemctl --user enable --now podman.socket',
    },
  },
  {
    name: '',
    kind: 'docker',
    address: 'tcp://build-host.example:2376',
    found_by: ['`DOCKER_HOST`'],
    state: 'timed-out',
    version: null,
    answer: 'No answer within 3 s',
    remedy: null,
  },
];

/** The digest that `REBUILT` had when it was scanned. */
export const REBUILT_BEFORE = digestOf(`${REBUILT} before`);

const NO_CHANGES: ChangeCounts = { newly_affected: 0, fix_available: 0, no_longer_affected: 0 };

/** What an update of the advisories changed in the application. */
export function imageChanges(): ActivityEvent[] {
  const image = { config_digest: digestOf(APP), image: APP };
  const rest = { ...image, package: 'libcurl4', at: ago(8.5), seen: false };
  return [
    {
      ...rest,
      id: 4,
      change: 'newly-affected',
      vulnerability: 'CVE-2026-10211',
      key: 'a',
      severity: 'critical',
      fixed_version: null,
      sentence: 'CVE-2026-10211 affects libcurl4 7.88.1-10+deb12u5; no fix yet',
    },
    {
      ...rest,
      id: 3,
      change: 'newly-affected',
      vulnerability: 'CVE-2026-10212',
      key: 'b',
      severity: 'medium',
      fixed_version: '7.88.1-10+deb12u9',
      sentence: 'CVE-2026-10212 affects libcurl4 7.88.1-10+deb12u5; fixed in 7.88.1-10+deb12u9',
    },
    {
      ...rest,
      id: 2,
      change: 'fix-available',
      vulnerability: 'CVE-2025-31007',
      key: 'c',
      severity: 'high',
      fixed_version: '7.88.1-10+deb12u9',
      sentence: 'CVE-2025-31007 in libcurl4 can be mended now, by 7.88.1-10+deb12u9',
    },
    {
      ...rest,
      id: 1,
      change: 'no-longer-affected',
      vulnerability: 'CVE-2024-40113',
      key: 'd',
      severity: null,
      fixed_version: null,
      sentence: 'CVE-2024-40113 does not affect libcurl4 any more',
      seen: true,
    },
  ];
}

export function imageRows(): ImageRow[] {
  return plans
    .map((plan): ImageRow => {
      const parent = plans.find((candidate) => candidate.name === plan.parent);
      const alpine = plan.name.startsWith('alpine');
      const rebuilt = plan.name === REBUILT;
      const shown = rebuilt ? counts(3, 22, 55, 27, 78, 131) : (plan.counts ?? null);
      const pulled = plan.role === 'base' || plan.role === 'builder';
      return {
        config_digest: digestOf(plan.name),
        engine: plan.engine ?? 'docker',
        references: plan.name === APP ? [plan.name, 'team/orders-api:latest'] : [plan.name],
        repository_digests: pulled ? [`${plan.name.split(':')[0] ?? ''}@${digestOf('repo')}`] : [],
        size_bytes: Math.round(plan.megabytes * 1e6),
        created: ago(plan.age),
        origin: pulled ? 'pulled' : 'built',
        origin_reason: pulled
          ? 'a registry digest is recorded'
          : 'the engine records a build and no registry digest',
        dangling: false,
        containers: plan.name === APP ? 2 : 0,
        role: plan.role,
        built_on:
          parent === undefined
            ? null
            : {
                name: parent.name,
                config_digest: digestOf(parent.name),
                certainty: plan.name.includes('notebooks') ? 'declared' : 'exact',
              },
        changes:
          plan.name === APP
            ? { newly_affected: 2, fix_available: 1, no_longer_affected: 1 }
            : NO_CHANGES,
        scan_state: rebuilt ? 'rebuilt' : shown !== null || alpine ? 'scanned' : 'not-scanned',
        scan:
          shown === null && !alpine
            ? null
            : {
                config_digest: rebuilt ? REBUILT_BEFORE : digestOf(plan.name),
                scanned_at: ago(plan.age / 24),
                counts: shown ?? counts(0, 0, 0, 0, 0),
                risks: rebuilt ? risks(0, 2, 4, 13, 1, 8) : (plan.risks ?? null),
                packages: 412,
                judged: !alpine,
                statement: alpine
                  ? 'Alpine Linux v3.20 is not judged yet; 1 package of apk is listed but not judged: no advisories for it are read in this version'
                  : 'All packages were judged against Debian’s records of today',
              },
      };
    })
    .concat({
      config_digest: digestOf('dangling'),
      engine: 'docker',
      references: [],
      repository_digests: [],
      size_bytes: 587_900_000,
      created: ago(31),
      origin: 'built',
      origin_reason: 'the builder left its marks in the history',
      dangling: true,
      containers: 0,
      role: 'application',
      built_on: { name: JAVA, config_digest: digestOf(JAVA), certainty: 'exact' },
      changes: NO_CHANGES,
      scan_state: 'not-scanned',
      scan: null,
    });
}

export function lineageNodes(): LineageNode[] {
  const children = (name: string): Plan[] => plans.filter((plan) => plan.parent === name);
  const below = (name: string): number =>
    children(name).reduce((sum, child) => sum + 1 + below(child.name), 0);
  const ordered: Plan[] = [];
  const add = (plan: Plan) => {
    ordered.push(plan);
    children(plan.name).forEach(add);
  };
  plans.filter((plan) => plan.parent === undefined).forEach(add);
  return ordered.map((plan) => ({
    config_digest: digestOf(plan.name),
    name: plan.name,
    references: [plan.name],
    engines: [plan.engine ?? 'docker'],
    role: plan.role,
    role_reason:
      plan.role === 'base'
        ? 'nothing here is below it and it carries a distribution'
        : plan.role === 'enterprise'
          ? `${below(plan.name)} images here are built on it`
          : plan.role === 'builder'
            ? 'other images copy from it and none is built on it'
            : 'built here and nothing is built on it',
    parent: plan.parent === undefined ? null : digestOf(plan.parent),
    certainty:
      plan.parent === undefined
        ? 'unknown'
        : plan.name.includes('notebooks')
          ? 'declared'
          : 'exact',
    evidence:
      plan.parent === undefined
        ? []
        : plan.name.includes('notebooks')
          ? ['the annotation `org.opencontainers.image.base.name` names it']
          : [`its layers are the lowest of this image’s ${plan.layers ?? 1} layers`],
    layers: plan.layers ?? 1,
    size_bytes: Math.round(plan.megabytes * 1e6),
    created: ago(plan.age),
    descendants: below(plan.name),
    counts: plan.counts ?? null,
    own_counts: plan.own ?? plan.counts ?? null,
  }));
}

export const chain = [BASE, ACME, JAVA] as const;
