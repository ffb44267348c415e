/**
 * A backend of made-up data, for work on the interface in a browser and for tests of it:
 * `?sample=full|no-engine|empty|many`. No part of a release build.
 */
import type { ActivityEvent } from './bindings/ActivityEvent';
import type { Backend } from './backend';
import type { Comparison } from './bindings/Comparison';
import type { FeedStatus } from './bindings/FeedStatus';
import type { ImageRow } from './bindings/ImageRow';
import type { Job } from './bindings/Job';
import type { Notice } from './bindings/Notice';
import type { ScanReport } from './bindings/ScanReport';
import type { WireError } from './bindings/WireError';
import { sampleExplanation } from './sample/explanation';
import { samplePlan } from './sample/fix';
import {
  ago,
  digestOf,
  engines,
  imageChanges,
  imageRows,
  LEDGER,
  lineageNodes,
  PROXY,
  REBUILT,
  silentEngines,
  UNLOOKED,
} from './sample/images';
import { sampleReport } from './sample/report';
import type { RiskAmount } from './sample/risks';

const STEP = 120;
const LAYERS = 10;

export function sampleBackend(scenario: string): Backend {
  const silent = scenario === 'no-engine';
  let changes: ActivityEvent[] = silent || scenario === 'empty' ? [] : imageChanges();
  let rows: ImageRow[] = silent || scenario === 'empty' ? [] : imageRows();
  const jobs = new Map<number, Job>();
  const remembered = new Map<string, string>();
  const rescanned = new Set<string>();
  let listener: (notice: Notice) => void = () => undefined;
  let number = 0;

  const feeds: FeedStatus[] = silent
    ? []
    : [
        {
          ecosystem: 'Debian',
          feed: 'osv',
          part: '',
          size_bytes: 61_400_000,
          source: 'https://osv-vulnerabilities.storage.googleapis.com/Debian/all.zip',
          starter: false,
          records: 41_382,
          broken: 2,
          problems: ['DEBIAN-CVE-2021-0001.json: expected `,` at line 3 column 9'],
          exported_at: ago(9),
          imported_at: ago(8.5),
        },
        ...['v3.20/community', 'v3.20/main'].map((part) => ({
          ecosystem: 'Alpine',
          feed: 'alpine-secdb',
          part,
          size_bytes: 560_000,
          source: 'https://secdb.alpinelinux.org',
          starter: false,
          records: 1_110,
          broken: 0,
          problems: [],
          exported_at: null,
          imported_at: ago(8.5),
        })),
        {
          ecosystem: '',
          feed: 'kev',
          part: '',
          size_bytes: 103_000,
          source: 'https://www.cisa.gov',
          starter: false,
          records: 1_404,
          broken: 0,
          problems: [],
          exported_at: ago(30),
          imported_at: ago(8.5),
        },
      ];

  function put(job: Job) {
    jobs.set(job.id, job);
    listener({ kind: 'job', job });
  }

  function newJob(title: string, subject: string | null, command: string, unit: string): Job {
    return {
      id: (number += 1),
      title,
      subject,
      state: 'running',
      phase: 'Reading layers',
      count: 0,
      total: LAYERS,
      unit,
      started_at: new Date().toISOString(),
      ended_at: null,
      error: null,
      outcome: null,
      command,
    };
  }

  function end(job: Job, change: Partial<Job>) {
    put({ ...job, state: 'succeeded', ended_at: new Date().toISOString(), ...change });
  }

  function run(job: Job, done: () => Partial<Job>) {
    put(job);
    const timer = setInterval(() => {
      const now = jobs.get(job.id);
      if (now?.state !== 'running') {
        clearInterval(timer);
      } else if (now.count >= LAYERS) {
        clearInterval(timer);
        end(now, done());
      } else {
        put({ ...now, count: now.count + 1 });
      }
    }, STEP);
  }

  function scan(row: ImageRow): number {
    const name = row.references[0] ?? row.config_digest;
    const job = newJob(`Scan ${name}`, row.config_digest, `outcrop scan ${name}`, 'layers');
    run(job, () => {
      const report = reportOf(row.config_digest, true);
      rows = rows.map((other) =>
        other.config_digest === row.config_digest && report !== null
          ? {
              ...other,
              scan_state: 'scanned',
              scan: {
                config_digest: row.config_digest,
                scanned_at: new Date().toISOString(),
                counts: report.counts,
                risks: report.risks_looked_for ? report.risk_counts : null,
                packages: report.packages.length,
                judged: report.coverage.judged,
                statement: report.coverage.statement,
              },
            }
          : other,
      );
      rescanned.add(row.config_digest);
      listener({
        kind: 'report-ready',
        config_digest: row.config_digest,
        preview: false,
        comparison: null,
      });
      return { outcome: `${report?.findings.length ?? 0} findings in 103 packages` };
    });
    return job.id;
  }

  function reportOf(digest: string, force = false): ScanReport | null {
    const row = rows.find((candidate) => candidate.config_digest === digest);
    if (row === undefined) return null;
    if (!force && row.scan_state !== 'scanned') return null;
    const name = row.references[0] ?? '<none>';
    return sampleReport({
      digest,
      name,
      findings: scenario === 'many' ? 50_000 : name === REBUILT ? 271 : 331,
      modules: scenario === 'many' ? 5_000 : 0,
      alpine: name.startsWith('alpine'),
      risks: risksOf(name, force || rescanned.has(digest)),
    });
  }

  function risksOf(name: string, rescanned: boolean): RiskAmount | null {
    if (name === UNLOOKED && !rescanned) return null;
    if (scenario === 'many') return 5_000;
    if (name === LEDGER) return 'inherited';
    return name === PROXY ? 'none' : 'some';
  }

  function unknown(): WireError {
    return {
      code: 'containerfile',
      message: 'the Containerfile could not be read: `/nowhere/Containerfile` does not exist',
      hint: 'Choose another file.',
    };
  }

  const seeded: Job[] = silent
    ? []
    : [
        {
          ...newJob('Update advisories for Debian', null, 'outcrop advisories update', 'bytes'),
          state: 'succeeded',
          phase: 'Done',
          started_at: ago(8.52),
          ended_at: ago(8.5),
          outcome: '41,382 records, 2 could not be read',
        },
        {
          ...newJob(
            'Scan team/ledger:0.14.2',
            digestOf('team/ledger:0.14.2'),
            'outcrop scan team/ledger:0.14.2',
            'layers',
          ),
          state: 'failed',
          started_at: ago(3),
          ended_at: ago(2.999),
          error: {
            code: 'engine',
            message: 'the export of `team/ledger:0.14.2` ended after 118 MB: connection reset',
            hint: 'Is the engine still running? Scan again when it answers.',
          },
        },
        {
          ...newJob(
            'Scan localhost/team/notebooks:dev',
            digestOf('localhost/team/notebooks:dev'),
            'outcrop scan localhost/team/notebooks:dev --engine podman',
            'bytes',
          ),
          phase: 'Reading layer 7 of 15',
          count: 1_240_000_000,
          total: 2_210_000_000,
          started_at: ago(0.012),
        },
      ];
  if (scenario === 'full') for (const job of seeded) jobs.set(job.id, job);

  return {
    listImages: () =>
      Promise.resolve({
        schema_version: '1.0',
        engines: silent ? silentEngines : engines,
        images: rows,
      }),
    refreshEngines: () => Promise.resolve(silent ? silentEngines : engines),
    openArchive: () => {
      rows = imageRows()
        .slice(0, 4)
        .map((row) => ({ ...row, engine: 'archive' }));
      listener({ kind: 'images-changed' });
      return Promise.resolve(0);
    },
    chooseArchive: () => Promise.resolve('/home/user/orders.tar'),
    startScan: (digest) => {
      const row = rows.find((candidate) => candidate.config_digest === digest);
      return row ? Promise.resolve(scan(row)) : Promise.reject(unknown());
    },
    startScanAll: () =>
      Promise.resolve(rows.filter((row) => row.scan_state !== 'scanned').map(scan)),
    cancelJob: (id) => {
      const job = jobs.get(id);
      if (job) end(job, { state: 'cancelled' });
      return Promise.resolve();
    },
    listJobs: () => Promise.resolve([...jobs.values()]),
    getReport: (digest) => Promise.resolve(reportOf(digest)),
    getComparison: (digest): Promise<Comparison | null> => {
      const report = rescanned.has(digest) ? reportOf(digest) : null;
      if (report === null) return Promise.resolve(null);
      const keys = report.findings.map((finding) => finding.key);
      return Promise.resolve({
        before: digestOf('before'),
        after: digest,
        fixed: sampleReport({ digest, name: '', findings: 331 })
          .findings.map((finding) => finding.key)
          .filter((key) => !keys.includes(key))
          .slice(0, 35),
        new: keys.slice(0, 3),
        unchanged: keys.length - 3,
      });
    },
    lineage: () =>
      Promise.resolve({
        schema_version: '1.0',
        nodes: rows.length === 0 ? [] : lineageNodes(),
      }),
    chooseContainerfile: (digest) => {
      remembered.set(digest, '/home/user/src/shop/services/orders/Containerfile');
      return Promise.resolve(remembered.get(digest) ?? null);
    },
    rememberedContainerfile: (digest) => Promise.resolve(remembered.get(digest) ?? null),
    planFix: (request) => {
      const report = reportOf(request.config_digest);
      if (report === null || request.containerfile?.startsWith('/nowhere')) {
        return Promise.reject(unknown());
      }
      return Promise.resolve(samplePlan(request, report));
    },
    savePatch: () => Promise.resolve('/home/user/src/shop/orders.patch'),
    copyText: () => Promise.resolve(),
    explain: (digest, vulnerability) =>
      Promise.resolve(sampleExplanation(reportOf(digest), vulnerability)),
    activity: () => Promise.resolve(changes),
    markActivitySeen: (last) => {
      changes = changes.map((change) => (change.id <= last ? { ...change, seen: true } : change));
      return Promise.resolve();
    },
    advisoriesStatus: () => Promise.resolve(feeds),
    startAdvisoriesUpdate: () => {
      const job = newJob(
        'Update advisories for Debian',
        null,
        'outcrop advisories update',
        'records',
      );
      run(job, () => ({ outcome: '12 records changed' }));
      return Promise.resolve(job.id);
    },
    startAdvisoriesImport: () => Promise.resolve(null),
    subscribe: (next) => {
      listener = next;
      return Promise.resolve();
    },
    appVersion: () => Promise.resolve('0.1.0'),
    openUrl: () => Promise.resolve(),
  };
}
