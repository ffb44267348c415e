import { Channel, invoke, isTauri } from '@tauri-apps/api/core';

import type { Backend } from './backend';
import type { Notice } from './bindings/Notice';

/** Whether this page runs in the desktop shell. */
export function insideShell(): boolean {
  return isTauri();
}

/** The desktop shell: each method is the command of the same name. */
export const shell: Backend = {
  listImages: () => invoke('list_images'),
  refreshEngines: () => invoke('refresh_engines'),
  openArchive: (path) => invoke('open_archive', { path }),
  chooseArchive: () => invoke('choose_archive'),
  startScan: (configDigest, engine) => invoke('start_scan', { configDigest, engine }),
  startScanAll: () => invoke('start_scan_all'),
  cancelJob: (id) => invoke('cancel_job', { id }),
  listJobs: () => invoke('list_jobs'),
  getReport: (configDigest) => invoke('get_report', { configDigest }),
  getComparison: (configDigest) => invoke('get_comparison', { configDigest }),
  explain: (configDigest, vulnerability) => invoke('explain', { configDigest, vulnerability }),
  lineage: () => invoke('lineage'),
  chooseContainerfile: (configDigest) => invoke('choose_containerfile', { configDigest }),
  rememberedContainerfile: (configDigest) => invoke('remembered_containerfile', { configDigest }),
  planFix: (request) => invoke('plan_fix', { request }),
  savePatch: (plan) => invoke('save_patch', { plan }),
  copyText: (text) => invoke('copy_text', { text }),
  activity: () => invoke('activity'),
  markActivitySeen: (last) => invoke('mark_activity_seen', { last }),
  advisoriesStatus: () => invoke('advisories_status'),
  startAdvisoriesUpdate: () => invoke('start_advisories_update'),
  startAdvisoriesImport: () => invoke('start_advisories_import'),
  subscribe: (listener) => {
    const channel = new Channel<Notice>();
    channel.onmessage = listener;
    return invoke('subscribe', { channel });
  },
  appVersion: () => invoke('app_version'),
  openUrl: (url) => invoke('open_url', { url }),
};
