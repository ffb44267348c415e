/**
 * What the interface asks of the program behind it. `tauri.ts` is the desktop shell; `sample.ts`
 * answers from made-up data in a browser and is no part of a release build.
 */
import type { ActivityEvent } from './bindings/ActivityEvent';
import type { Comparison } from './bindings/Comparison';
import type { EngineStatus } from './bindings/EngineStatus';
import type { Explanation } from './bindings/Explanation';
import type { FeedStatus } from './bindings/FeedStatus';
import type { FixPlan } from './bindings/FixPlan';
import type { FixRequest } from './bindings/FixRequest';
import type { ImageList } from './bindings/ImageList';
import type { Job } from './bindings/Job';
import type { Lineage } from './bindings/Lineage';
import type { Notice } from './bindings/Notice';
import type { ScanReport } from './bindings/ScanReport';
import type { WireError } from './bindings/WireError';

/** Every method rejects with a {@link WireError}. */
export interface Backend {
  listImages(): Promise<ImageList>;
  /** Tries every endpoint again. */
  refreshEngines(): Promise<EngineStatus[]>;
  /** Starts to read an archive or folder and answers with its job; the list follows by notice. */
  openArchive(path: string): Promise<number>;
  /** Asks for an archive; `null` where the user chose none. */
  chooseArchive(): Promise<string | null>;
  /** Starts a scan and answers with its job; `engine` decides where several hold the image. */
  startScan(configDigest: string, engine: string | null): Promise<number>;
  startScanAll(): Promise<number[]>;
  cancelJob(id: number): Promise<void>;
  listJobs(): Promise<Job[]>;
  /** `null` where the image was not scanned. */
  getReport(configDigest: string): Promise<ScanReport | null>;
  /** Against the previous scan of the same reference, where there is one. */
  getComparison(configDigest: string): Promise<Comparison | null>;
  /** Everything that was weighed about a vulnerability; `null` where the image was not scanned. */
  explain(configDigest: string, vulnerability: string): Promise<Explanation | null>;
  lineage(): Promise<Lineage>;
  /** Asks for the Containerfile of an image and remembers it. */
  chooseContainerfile(configDigest: string): Promise<string | null>;
  rememberedContainerfile(configDigest: string): Promise<string | null>;
  planFix(request: FixRequest): Promise<FixPlan>;
  /** Asks where to write the diff; answers with the path written. */
  savePatch(plan: FixPlan): Promise<string | null>;
  copyText(text: string): Promise<void>;
  /** What newer advisories changed in scanned images, newest first. */
  activity(): Promise<ActivityEvent[]>;
  /** Marks those up to the number `last` as seen. */
  markActivitySeen(last: number): Promise<void>;
  advisoriesStatus(): Promise<FeedStatus[]>;
  startAdvisoriesUpdate(): Promise<number>;
  /** Asks for a file or folder of records; `null` where the user chose none. */
  startAdvisoriesImport(): Promise<number | null>;
  subscribe(listener: (notice: Notice) => void): Promise<void>;
  appVersion(): Promise<string>;
  openUrl(url: string): Promise<void>;
}

/** Anything thrown, as an error that can be shown. */
export function toWireError(thrown: unknown): WireError {
  if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && 'message' in thrown) {
    const { code, message } = thrown as WireError;
    const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : null;
    return { code, message: String(message), hint };
  }
  return {
    code: 'internal',
    message: thrown instanceof Error ? thrown.message : String(thrown),
    hint: null,
  };
}
