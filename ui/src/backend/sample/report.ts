import type { Finding } from '../bindings/Finding';
import type { Layer } from '../bindings/Layer';
import type { Package } from '../bindings/Package';
import type { ScanReport } from '../bindings/ScanReport';
import type { Severity } from '../bindings/Severity';
import { addFinding, noCounts, severityRank } from '../../severity';
import { ago, APP, chain, digestOf } from './images';
import { sampleNotes, sampleRisks, type RiskAmount } from './risks';

const NAMES =
  'adduser apt base-files bash bsdutils ca-certificates coreutils curl dash debconf dpkg e2fsprogs findutils gcc-12-base git gnupg gpgv grep gzip hostname init-system-helpers libacl1 libapt-pkg6.0 libattr1 libaudit1 libblkid1 libbz2-1.0 libc-bin libc6 libcap-ng0 libcap2 libcom-err2 libcrypt1 libcurl4 libdb5.3 libexpat1 libffi8 libfreetype6 libgcc-s1 libgcrypt20 libglib2.0-0 libgmp10 libgnutls30 libgpg-error0 libhogweed6 libidn2-0 libkrb5-3 libldap-2.5-0 liblz4-1 liblzma5 libmount1 libncursesw6 libnettle8 libnghttp2-14 libp11-kit0 libpam-modules libpam0g libpcre2-8-0 libperl5.36 libpng16-16 libpython3.11-minimal libreadline8 libsasl2-2 libseccomp2 libselinux1 libsmartcols1 libsqlite3-0 libssh2-1 libssl3 libstdc++6 libsystemd0 libtasn1-6 libtinfo6 libudev1 libunistring2 libuuid1 libx11-6 libxml2 libxslt1.1 libxxhash0 libzstd1 linux-libc-dev login logsave mawk mount ncurses-base openjdk-21-jre-headless openssh-client openssl passwd perl perl-base python3.11-minimal sed sqlite3 sysvinit-utils tar tzdata util-linux vim-common wget xz-utils zlib1g'.split(
    ' ',
  );

const SUMMARIES = [
  'Out-of-bounds read when a crafted certificate is parsed',
  'Heap overflow in the handling of long host names',
  'Use after free when a connection is reset during the handshake',
  'Integer overflow leads to a buffer that is too small',
  'Denial of service by deeply nested input',
  'Path traversal while an archive is extracted',
  'Predictable temporary file name',
];

const INSTRUCTIONS: readonly (readonly [text: string, megabytes: number, owner: number])[] = [
  ["# debian.sh --arch 'amd64' out/ 'bookworm' '@1731283200'", 74.8, 0],
  [
    'RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl gnupg && rm -rf /var/lib/apt/lists/*',
    38.2,
    1,
  ],
  ['COPY acme-root-ca.crt /usr/local/share/ca-certificates/', 0.0019, 1],
  ['RUN update-ca-certificates', 0.6, 1],
  [
    'RUN apt-get update && apt-get install -y --no-install-recommends openjdk-21-jre-headless && rm -rf /var/lib/apt/lists/*',
    278.4,
    2,
  ],
  ['ENV JAVA_HOME=/usr/lib/jvm/java-21-openjdk-amd64', 0, 2],
  [
    'RUN apt-get update && apt-get install -y git openssh-client sqlite3 && curl -fsSL https://get.example/agent.sh | sh',
    121.7,
    3,
  ],
  ['COPY --from=build /src/target/orders-api.jar /app/orders-api.jar', 61.3, 3],
  ['COPY config/ /app/config/', 0.012, 3],
  [
    'RUN useradd --system orders && rm /app/config/.npmrc /root/.bash_history && mkdir -m 777 /app/uploads && chown -R orders /app',
    61.3,
    3,
  ],
];

/** A generator of numbers that gives the same ones each time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SEVERITY_OF: readonly Severity[] = [
  'critical',
  'high',
  'high',
  'medium',
  'medium',
  'medium',
  'low',
  'low',
  'unknown',
];

/** A package of npm in the application's own folder. */
function moduleOf(like: Package, index: number): Package {
  const name = index % 7 === 0 ? `@team/module-${index}` : `module-${index}`;
  const place = `app/node_modules/${name}`;
  return {
    ...like,
    kind: 'npm',
    name,
    version: `${index % 9}.${index % 31}.0`,
    architecture: null,
    source: null,
    purl: `pkg:npm/${name.replace('@', '%40')}@${index % 9}.${index % 31}.0`,
    place,
    licences: [{ text: ['MIT', 'ISC', 'Apache-2.0', 'BSD-3-Clause'][index % 4] ?? '', spdx: true }],
    changes: [],
    evidence: `${place}/package.json`,
    evidence_layer: like.layer,
    cataloger: 'node',
    judged: false,
    findings: 0,
  };
}

/** Packages of languages that are made of the files of a package of the system. */
function partsOf(owner: Package): Package[] {
  const part = (change: Partial<Package>): Package[] => [
    {
      ...owner,
      architecture: null,
      source: null,
      changes: [],
      findings: 0,
      owned_by: { kind: owner.kind, name: owner.name },
      evidence_layer: owner.layer,
      ...change,
    },
  ];
  if (owner.name === 'python3.11-minimal') {
    const place = 'usr/lib/python3/dist-packages';
    return part({
      kind: 'pypi',
      name: 'setuptools',
      version: '66.1.1',
      purl: 'pkg:pypi/setuptools@66.1.1',
      place,
      licences: [{ text: 'MIT', spdx: true }],
      evidence: `${place}/setuptools-66.1.1.dist-info/METADATA`,
      cataloger: 'python',
    });
  }
  if (owner.name === 'openjdk-21-jre-headless') {
    return part({
      kind: 'maven',
      name: 'jrt-fs',
      version: '21.0.2',
      purl: 'pkg:maven/jrt-fs@21.0.2',
      place: 'usr/lib/jvm/java-21-openjdk-amd64/lib',
      licences: [{ text: 'GPL-2.0-only WITH Classpath-exception-2.0', spdx: true }],
      certainty: 'inferred',
      inferred_from: 'the manifest',
      evidence: 'usr/lib/jvm/java-21-openjdk-amd64/lib/jrt-fs.jar',
      cataloger: 'java-archive',
    });
  }
  return [];
}

export interface ReportOptions {
  readonly digest: string;
  readonly name: string;
  readonly findings: number;
  /** Packages of npm that nothing judges, beside those of Debian. */
  readonly modules?: number;
  readonly preview?: boolean;
  readonly alpine?: boolean;
  readonly fixed?: boolean;
  /** Risks; `null` where they were not looked for. */
  readonly risks?: RiskAmount | null;
}

export function sampleReport(options: ReportOptions): ScanReport {
  const next = generator(7);
  const owners = [...chain, 'this image'];
  const layers = INSTRUCTIONS.map(([instruction, megabytes, owner], index): Layer => ({
    index,
    diff_id: digestOf(`layer ${index} ${options.name}`),
    instruction,
    history_index: index,
    created: ago(900 - index * 80),
    ancestor: owner < 3 ? digestOf(owners[owner] ?? '') : null,
    owner: owners[owner] ?? '',
    size_bytes: Math.round(megabytes * 1e6),
    files: Math.ceil(megabytes * 31),
    hidden_bytes: index === 9 ? 61_300_000 : 0,
    packages: 0,
    counts: noCounts(),
    risks: 0,
    read: true,
  }));
  const packages = NAMES.map((name, index): Package => {
    const at = index % 11 === 0 ? 6 : index % 5 === 0 ? 4 : index % 4 === 0 ? 1 : 0;
    const version = `${1 + (index % 9)}.${index % 17}.${index % 23}-${1 + (index % 4)}+deb12u${1 + (index % 5)}`;
    return {
      kind: 'deb',
      name,
      version,
      architecture: index % 13 === 0 ? 'all' : 'amd64',
      source: { name: name.replace(/^lib(.*?)[\d.-]*$/, '$1') || name, version },
      purl: `pkg:deb/debian/${name}@${version}?arch=amd64&distro=debian-12`,
      layer: options.preview ? null : at,
      first_seen_layer: options.preview ? null : index % 10 === 5 ? 0 : at,
      owner: layers[at]?.owner ?? '',
      inherited: at < 6,
      owned_by: null,
      place: null,
      licences: [],
      certainty: 'declared',
      inferred_from: null,
      changes: index % 10 === 5 ? [`layer ${at}: 1.0.2-1 → ${version}`] : [],
      evidence: 'var/lib/dpkg/status',
      // Written anew with every package that a layer brings.
      evidence_layer: options.preview ? null : 6,
      cataloger: 'dpkg-status',
      judged: true,
      findings: 0,
    };
  });
  const modules = options.modules ?? 0;
  const listed: Package[] = [
    ...packages,
    ...packages.flatMap(partsOf),
    ...Array.from({ length: modules }, (_, index) => moduleOf(packages[0] as Package, index)),
  ];
  const findings: Finding[] = [];
  for (let index = 0; index < options.findings; index += 1) {
    const at = Math.floor(next() * packages.length);
    const entry = packages[at];
    if (entry === undefined) continue;
    const kernel = entry.name === 'linux-libc-dev';
    const vulnerability = `CVE-${2019 + Math.floor(next() * 8)}-${1000 + Math.floor(next() * 48_000)}`;
    const severity = SEVERITY_OF[Math.floor(next() * SEVERITY_OF.length)] ?? 'unknown';
    const fixable = next() < 0.62;
    const apart = kernel ? 'kernel-headers' : next() < 0.3 ? 'unimportant' : null;
    const exploited = index % 97 === 0;
    const fixed_version = fixable ? entry.version.replace(/u\d+$/, 'u9') : null;
    findings.push({
      vulnerability,
      severity,
      vector: severity === 'unknown' ? null : 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
      urgency: apart === 'unimportant' ? 'unimportant' : 'not yet assigned',
      status: fixable ? 'fixed' : 'no-fix-yet',
      fixed_version,
      apart,
      package: at,
      package_name: entry.name,
      package_version: entry.version,
      layer: entry.layer,
      owner: entry.owner,
      inherited: entry.inherited,
      summary: SUMMARIES[Math.floor(next() * SUMMARIES.length)] ?? '',
      reasoning: `${entry.name} ${entry.version} comes from the source package ${entry.source?.name ?? ''}; Debian 12 is affected${fixed_version ? ` before ${fixed_version}` : ' in all versions'}, and ${entry.version} is older.`,
      records: [`DEBIAN-${vulnerability}`, vulnerability],
      references: [
        `https://security-tracker.debian.org/tracker/${vulnerability}`,
        `https://nvd.nist.gov/vuln/detail/${vulnerability}`,
      ],
      starter: false,
      key: `${vulnerability}|${entry.name}|Debian:12`,
      reason: fixable ? null : 'Minor issue',
      known_exploited: exploited
        ? { added: '2024-05-01', due: '2024-05-22', ransomware: false }
        : null,
      epss: { probability: 0.0213, percentile: 0.89 },
      action: fixed_version
        ? `upgrade ${entry.name} to ${fixed_version} by apt-get`
        : `wait for a fix of ${entry.name}`,
      rank_reason: [
        ...(exploited ? ['exploited since 2024-05-01'] : []),
        fixable ? 'fix at hand' : 'no fix yet',
        severity,
      ].join('; '),
      sources: [`DEBIAN-TRACKER-${vulnerability}`, `DEBIAN-${vulnerability}`].map((id, place) => ({
        id,
        feed: place === 0 ? 'debian-tracker' : 'osv',
        modified: '2026-11-20T00:00:00Z',
        fixed_version,
        starter: false,
      })),
      by_upstream_version: false,
    });
  }
  findings.sort(
    (a, b) =>
      Number(a.apart !== null) - Number(b.apart !== null) ||
      severityRank(a.severity) - severityRank(b.severity) ||
      Number(b.status === 'fixed') - Number(a.status === 'fixed'),
  );
  const counts = noCounts();
  for (const finding of findings) {
    addFinding(counts, finding);
    const entry = packages[finding.package];
    if (entry) entry.findings += 1;
    const layer = finding.layer === null ? undefined : layers[finding.layer];
    if (layer) addFinding(layer.counts, finding);
  }
  for (const entry of listed) {
    const layer = entry.layer === null ? undefined : layers[entry.layer];
    if (layer) layer.packages += 1;
  }
  const amount = options.preview ? null : options.risks === undefined ? 'some' : options.risks;
  const risky = sampleRisks(amount ?? 'none', layers);
  for (const risk of risky.risks) {
    const layer = risk.layer === null ? undefined : layers[risk.layer];
    if (layer) layer.risks += 1;
  }
  const report: ScanReport = {
    schema_version: '1.0',
    outcrop_version: '0.1.0',
    scanned_at: ago(0.07),
    matched_at: ago(0.07),
    stage: options.preview ? 'preview' : 'complete',
    image: {
      name: options.name,
      config_digest: options.digest,
      source: 'docker',
      references: options.name === APP ? [APP, 'team/orders-api:latest'] : [options.name],
      repository_digests: [],
      platform: 'linux/amd64',
      created: ago(26),
      size_bytes: 612_000_000,
      user: '',
    },
    completeness: 'complete',
    coverage: {
      judged: modules === 0,
      statement:
        `${packages.length} packages of Debian GNU/Linux 12 (bookworm) were judged by 41382 records` +
        (modules > 0 ? `; ${modules} packages of npm are listed but not judged` : ''),
      operating_system: {
        id: 'debian',
        version: '12',
        name: 'Debian GNU/Linux 12 (bookworm)',
        supported: true,
      },
      ecosystems: [
        {
          ecosystem: 'Debian:12',
          packages: packages.length,
          advisories: 'feed',
          dated: ago(9),
          records: 41_382,
          feeds: [],
        },
      ],
      notes: ['2 packages are made of files of packages of the system and judged with those'],
      support: null,
      not_judged: [],
      unread_files: [],
      old_advisories: false,
      starter_only: false,
      unknown_system: false,
      no_advisories: false,
    },
    layers: options.preview ? [] : layers,
    ancestors: [...chain].reverse().map((name, index) => ({
      config_digest: digestOf(name),
      name,
      role: index === 2 ? 'base' : 'enterprise',
      layers: [6, 4, 1][index] ?? 1,
      certainty: 'exact',
      evidence: [`its ${[6, 4, 1][index] ?? 1} layers are the lowest of this image, byte for byte`],
    })),
    packages: listed,
    configuration_leftovers: packages.slice(0, 2),
    findings,
    not_affected: [],
    counts,
    risks_looked_for: amount !== null,
    ...risky,
    risk_notes: [],
    package_sources: [
      'http://deb.debian.org/debian bookworm main',
      'http://deb.debian.org/debian-security bookworm-security main',
    ],
    problems: [],
  };
  if (!options.alpine) return report;
  return {
    ...report,
    image: { ...report.image, name: 'alpine:3.20', references: ['alpine:3.20'], user: '' },
    completeness: 'partial',
    coverage: {
      judged: false,
      statement:
        'Alpine Linux v3.20 is not judged yet; 1 package of apk is listed but not judged: no advisories for it are read in this version',
      operating_system: {
        id: 'alpine',
        version: '3.20.3',
        name: 'Alpine Linux v3.20',
        supported: false,
      },
      ecosystems: [
        { ecosystem: 'apk', packages: 1, advisories: 'none', dated: null, records: 0, feeds: [] },
      ],
      notes: [],
      support: null,
      not_judged: [],
      unread_files: [],
      old_advisories: false,
      starter_only: false,
      unknown_system: false,
      no_advisories: true,
    },
    layers: layers.slice(0, 1).map((layer) => ({
      ...layer,
      owner: 'this image',
      ancestor: null,
      counts: noCounts(),
      packages: 0,
      risks: 0,
    })),
    ancestors: [],
    packages: packages.slice(0, 1).map((entry) => ({
      ...entry,
      kind: 'apk',
      name: 'musl',
      version: '1.2.5-r0',
      source: { name: 'musl', version: '1.2.5-r0' },
      purl: 'pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.3',
      owner: 'this image',
      inherited: false,
      evidence: 'lib/apk/db/installed',
      evidence_layer: 0,
      cataloger: 'apk',
      judged: false,
      findings: 0,
    })),
    configuration_leftovers: [],
    findings: [],
    counts: noCounts(),
    ...sampleRisks('none', []),
    risk_notes: sampleNotes,
    package_sources: [],
    problems: [
      {
        kind: 'truncated',
        layer: digestOf('layer 0'),
        path: 'usr/share/misc/magic.mgc',
        message: 'the layer ends inside this file',
      },
    ],
  };
}
