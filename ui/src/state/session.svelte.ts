import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';

import { toWireError, type Backend } from '../backend/backend';
import type { ActivityEvent } from '../backend/bindings/ActivityEvent';
import type { Comparison } from '../backend/bindings/Comparison';
import type { EngineStatus } from '../backend/bindings/EngineStatus';
import type { FeedStatus } from '../backend/bindings/FeedStatus';
import type { ImageList } from '../backend/bindings/ImageList';
import type { ImageRow } from '../backend/bindings/ImageRow';
import type { Job } from '../backend/bindings/Job';
import type { Lineage } from '../backend/bindings/Lineage';
import type { Notice } from '../backend/bindings/Notice';
import type { ScanReport } from '../backend/bindings/ScanReport';
import type { WireError } from '../backend/bindings/WireError';
import { messages } from '../messages';

/** How often the ages on the screen are written anew, in milliseconds. */
const CLOCK_STEP = 15_000;
/** How often at most a screen reader is told of progress, in milliseconds. */
const ANNOUNCE_STEP = 2_000;

/** The image that is open, and what is known of it. */
export interface OpenImage {
  readonly digest: string;
  readonly loading: boolean;
  readonly report: ScanReport | null;
  readonly comparison: Comparison | null;
  readonly error: WireError | null;
}

/** Everything the views show, kept up to date by the notices of the backend. */
export class Session {
  list = $state.raw<ImageList | null>(null);
  listError = $state.raw<WireError | null>(null);
  lineage = $state.raw<Lineage | null>(null);
  feeds = $state.raw<readonly FeedStatus[]>([]);
  /** What newer advisories changed, newest first. */
  changes = $state.raw<readonly ActivityEvent[]>([]);
  readonly jobs = new SvelteMap<number, Job>();
  open = $state.raw<OpenImage | null>(null);
  version = $state('');
  now = $state(Date.now());
  /** Last thing that went wrong by an act of the user. */
  failure = $state.raw<WireError | null>(null);
  /** Text for screen readers. */
  announcement = $state('');
  #announcedAt = 0;
  #announceLater: ReturnType<typeof setTimeout> | undefined;

  readonly images = $derived<readonly ImageRow[]>(this.list?.images ?? []);
  readonly engines = $derived<readonly EngineStatus[]>(this.list?.engines ?? []);
  readonly jobList = $derived([...this.jobs.values()].sort((a, b) => b.id - a.id));
  readonly unseenChanges = $derived(this.changes.filter((change) => !change.seen).length);
  readonly activeJobs = $derived(this.jobList.filter(isActive));
  readonly #jobBySubject = $derived<ReadonlyMap<string, Job>>(
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- built anew, never changed
    new Map(this.activeJobs.flatMap((job) => (job.subject === null ? [] : [[job.subject, job]]))),
  );

  constructor(readonly backend: Backend) {}

  /** Loads what every view needs and listens; returns the way to stop. */
  start(): () => void {
    const clock = setInterval(() => {
      this.now = Date.now();
    }, CLOCK_STEP);
    void this.attempt(async () => {
      await this.backend.subscribe((notice) => {
        this.#receive(notice);
      });
      for (const job of await this.backend.listJobs()) this.jobs.set(job.id, job);
      this.version = await this.backend.appVersion();
    });
    void this.loadImages();
    void this.loadFeeds();
    void this.loadChanges();
    return () => {
      clearInterval(clock);
    };
  }

  /** The running or waiting job about an image. */
  jobFor(digest: string): Job | undefined {
    return this.#jobBySubject.get(digest);
  }

  rowFor(digest: string): ImageRow | undefined {
    return this.images.find((row) => row.config_digest === digest);
  }

  /** Runs an act of the user; what goes wrong is shown. */
  async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (thrown) {
      const error = toWireError(thrown);
      if (error.code !== 'cancelled') this.failure = error;
      return undefined;
    }
  }

  async loadImages(): Promise<void> {
    try {
      this.list = await this.backend.listImages();
      this.listError = null;
      this.lineage = await this.backend.lineage();
    } catch (thrown) {
      this.listError = toWireError(thrown);
    }
  }

  async loadFeeds(): Promise<void> {
    await this.attempt(async () => {
      this.feeds = await this.backend.advisoriesStatus();
    });
  }

  async loadChanges(): Promise<void> {
    await this.attempt(async () => {
      this.changes = await this.backend.activity();
    });
  }

  /** What is listed now counts as seen; it stays marked as new until it is listed again. */
  async seeChanges(): Promise<void> {
    const [newest] = this.changes;
    if (newest === undefined || this.unseenChanges === 0) return;
    await this.attempt(() => this.backend.markActivitySeen(newest.id));
    await this.loadImages();
  }

  async refreshEngines(): Promise<void> {
    await this.attempt(() => this.backend.refreshEngines());
    await this.loadImages();
  }

  /** Opens an archive, by dialog where no path is given. */
  async openArchive(path?: string): Promise<void> {
    await this.attempt(async () => {
      const chosen = path ?? (await this.backend.chooseArchive());
      if (chosen === null) return;
      await this.backend.openArchive(chosen);
    });
  }

  async openImage(digest: string): Promise<void> {
    const known = this.open?.digest === digest ? this.open : null;
    this.open = {
      digest,
      loading: true,
      report: known?.report ?? null,
      comparison: known?.comparison ?? null,
      error: null,
    };
    let next: OpenImage;
    try {
      const [report, comparison] = await Promise.all([
        this.backend.getReport(digest),
        this.backend.getComparison(digest),
      ]);
      next = { digest, loading: false, report, comparison, error: null };
    } catch (thrown) {
      next = { ...this.open, loading: false, error: toWireError(thrown) };
    }
    // The user may have moved on to another image meanwhile.
    if (this.open.digest === digest) this.open = next;
  }

  async scan(rows: readonly { config_digest: string; engine: string }[]): Promise<void> {
    for (const row of rows) {
      if (this.jobFor(row.config_digest) !== undefined) continue;
      const engine = row.engine === '' ? null : row.engine;
      await this.attempt(() => this.backend.startScan(row.config_digest, engine));
    }
  }

  async scanAll(): Promise<void> {
    await this.attempt(() => this.backend.startScanAll());
  }

  async cancel(job: Job): Promise<void> {
    await this.attempt(() => this.backend.cancelJob(job.id));
  }

  announce(text: string, urgent = false): void {
    clearTimeout(this.#announceLater);
    const wait = this.#announcedAt + ANNOUNCE_STEP - Date.now();
    if (urgent || wait <= 0) {
      this.#announcedAt = Date.now();
      this.announcement = text;
    } else {
      // The last of many counts: it is what stays to be read.
      this.#announceLater = setTimeout(() => {
        this.announce(text, true);
      }, wait);
    }
  }

  #receive(notice: Notice): void {
    switch (notice.kind) {
      case 'images-changed':
        void this.loadImages();
        break;
      case 'job':
        this.jobs.set(notice.job.id, notice.job);
        this.announce(messages.jobs.announced(notice.job), !isActive(notice.job));
        break;
      case 'report-ready':
        if (this.open?.digest === notice.config_digest) void this.openImage(notice.config_digest);
        if (!notice.preview) void this.loadImages();
        break;
      case 'activity-changed':
        void this.loadChanges();
        void this.loadImages();
        break;
      case 'advisories-changed':
        void this.loadFeeds();
        void this.loadImages();
        if (this.open !== null) void this.openImage(this.open.digest);
        break;
    }
  }
}

export function isActive(job: Job): boolean {
  return job.state === 'queued' || job.state === 'running';
}

const KEY = Symbol('session');

export function provideSession(session: Session): Session {
  return setContext(KEY, session);
}

export function useSession(): Session {
  return getContext<Session>(KEY);
}
