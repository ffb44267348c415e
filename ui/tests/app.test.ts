import { render, screen, waitFor, within } from '@testing-library/svelte';
import userEvent from '@testing-library/user-event';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import App from '../src/App.svelte';
import type { Backend } from '../src/backend/backend';
import { APP, digestOf, LEDGER, PROXY, REBUILT, UNLOOKED } from '../src/backend/sample/images';
import { sampleReport } from '../src/backend/sample/report';
import { sampleBackend } from '../src/backend/sample';
import { router } from '../src/routing/router.svelte';
import { preferences } from '../src/state/preferences.svelte';

function open(scenario = 'full', change: Partial<Backend> = {}) {
  router.goView('images');
  const backend = { ...sampleBackend(scenario), ...change };
  render(App, { backend });
  return { backend, user: userEvent.setup() };
}

async function openImage(name: string, change: Partial<Backend> = {}) {
  const opened = open('full', change);
  await screen.findAllByTestId('image-row');
  router.goImage(digestOf(name));
  await screen.findByTestId('image-name');
  return opened;
}

describe('first run', () => {
  it('names every endpoint tried and copies the remedy', async () => {
    const copyText = vi.fn(() => Promise.resolve());
    const { user } = open('no-engine', { copyText });
    expect(await screen.findAllByTestId('engine-attempt')).toHaveLength(3);
    await user.click(screen.getAllByRole('button', { name: 'Copy' })[0] as HTMLElement);
    expect(copyText).toHaveBeenCalledWith('sudo usermod --append --groups docker "$USER"');
    await screen.findByRole('button', { name: 'Copied' });
  });

  it('opens an archive by its path', async () => {
    const { user } = open('no-engine');
    await user.type(await screen.findByTestId('archive-path'), '/tmp/a.tar{Enter}');
    expect(await screen.findAllByTestId('image-row')).toHaveLength(4);
  });
});

describe('images', () => {
  it('an image that was not judged shows no number', async () => {
    const { user } = open();
    await user.type(await screen.findByTestId('images-filter'), 'alpine');
    await waitFor(() => expect(screen.getAllByTestId('image-row')).toHaveLength(1));
    const row = screen.getByTestId('image-row');
    expect(within(row).getByText('not judged')).toBeTruthy();
    expect(within(row).queryByText('0')).toBeNull();
  });

  it('keys move, select and scan', async () => {
    const startScan = vi.fn(() => Promise.resolve(7));
    const { user } = open('full', { startScan });
    const grid = await screen.findByTestId('images-grid');
    await screen.findAllByTestId('image-row');
    grid.focus();
    await user.keyboard('j j {ArrowDown}');
    await user.keyboard('s');
    await waitFor(() => expect(startScan).toHaveBeenCalledTimes(2));
  });

  it('single letters stay text while typing', async () => {
    const startScan = vi.fn(() => Promise.resolve(7));
    const { user } = open('full', { startScan });
    await user.type(await screen.findByTestId('images-filter'), 'ss');
    expect(startScan).not.toHaveBeenCalled();
  });

  it('an error of the backend is shown with its hint', async () => {
    open('full', {
      listImages: () =>
        Promise.reject({ code: 'store', message: 'the store is newer', hint: 'Update Outcrop.' }),
    });
    expect((await screen.findByRole('alert')).textContent).toContain('the store is newer');
    expect(screen.getByRole('alert').textContent).toContain('Update Outcrop.');
  });
});

describe('an image', () => {
  it('hostile text stays text', async () => {
    const markup = '<img src=x onerror="window.broken = true">';
    const report = sampleReport({ digest: digestOf(APP), name: markup, findings: 60 });
    const finding = report.findings[0];
    if (!finding) throw new Error('the sample has findings');
    report.findings = [{ ...finding, vulnerability: markup, reasoning: `\`${markup}\` ${markup}` }];
    await openImage(APP, { getReport: () => Promise.resolve(report) });
    router.goImage(digestOf(APP), 'vulnerabilities');
    const row = await screen.findByTestId('finding-row');
    expect(row.textContent).toContain(markup);
    expect(row.querySelector('img')).toBeNull();
    await userEvent.click(screen.getByTestId('finding-row'));
    const drawer = await screen.findByTestId('finding-drawer');
    expect(drawer.textContent).toContain(markup);
    expect(drawer.querySelector('img')).toBeNull();
    expect(drawer.textContent).toContain('Read from layer 6: var/lib/dpkg/status');
  });

  it('a rebuilt image is scanned by a key and compared', async () => {
    const { user } = await openImage(REBUILT);
    await screen.findByTestId('rebuilt-notice');
    await user.keyboard('s');
    await screen.findByTestId('image-job');
    const comparison = await screen.findByTestId('comparison', {}, { timeout: 5_000 });
    expect(within(comparison).getByTestId('comparison-new').textContent).toBe('3');
  });

  it('a layer filters the other tabs until it is let go', async () => {
    const { user } = await openImage(APP);
    await user.click(screen.getByTestId('tab-layers'));
    await user.click((await screen.findAllByTestId('layer-row'))[6] as HTMLElement);
    await user.click(screen.getByTestId('tab-vulnerabilities'));
    const count = await screen.findByTestId('findings-count');
    expect(count.textContent).toMatch(/^19 of /);
    await user.click(screen.getByTestId('filter-layer'));
    expect(count.textContent).toMatch(/^225 of /);
  });

  it('filters do not read the report anew', async () => {
    const getReport = vi.fn(sampleBackend('full').getReport);
    const { user } = await openImage(APP, { getReport });
    await user.click(screen.getByTestId('tab-vulnerabilities'));
    await user.click(await screen.findByTestId('severity-critical'));
    await user.keyboard('2');
    expect((await screen.findByTestId('findings-count')).textContent).toMatch(/^82 of /);
    expect(getReport).toHaveBeenCalledTimes(1);
  });

  it('a typed Containerfile gives a diff that can be copied', async () => {
    const copyText = vi.fn(() => Promise.resolve());
    const { user, backend } = await openImage(APP, { copyText });
    await user.keyboard('f');
    await user.type(await screen.findByTestId('containerfile-path'), '/src/Containerfile{Enter}');
    const diff = await screen.findByTestId('diff');
    expect(within(diff).getAllByTestId('hunk')).toHaveLength(2);
    await user.click(screen.getByTestId('copy-patch'));
    const plan = await backend.planFix({
      config_digest: digestOf(APP),
      containerfile: '/src/Containerfile',
      target: null,
      build_arguments: [],
      bump_base: true,
    });
    expect(copyText).toHaveBeenCalledWith(plan.diff);
  });

  it('without a patch the reason stands in its place', async () => {
    const { user } = await openImage(APP);
    await user.keyboard('f');
    await user.type(
      await screen.findByTestId('containerfile-path'),
      '/frozen/Containerfile{Enter}',
    );
    expect((await screen.findByTestId('no-patch')).textContent).toContain('bookworm-security');
    expect(screen.queryByTestId('diff')).toBeNull();
  });
});

it('a job is cancelled from Activity', async () => {
  const { user } = open();
  await user.click(await screen.findByTestId('nav-activity'));
  router.goView('activity');
  await user.click(await screen.findByTestId('job-cancel'));
  await waitFor(() => expect(screen.queryByTestId('job-cancel')).toBeNull());
  const states = screen.getAllByTestId('job').map((job) => job.dataset.state);
  expect(states).toContain('cancelled');
});

it('the theme is put on the page and remembered', async () => {
  const { user } = open();
  router.goView('settings');
  await user.selectOptions(await screen.findByTestId('theme-select'), 'dark');
  expect(document.documentElement.dataset.theme).toBe('dark');
  await user.selectOptions(screen.getByTestId('theme-select'), 'system');
  expect(document.documentElement.dataset.theme).toBeUndefined();
});

describe('packages', () => {
  it('says what a package is part of, how sure it is, and what nothing judged', async () => {
    const report = sampleReport({ digest: digestOf(APP), name: APP, findings: 3 });
    const packages = report.packages
      .filter((entry) => entry.owned_by !== null)
      .map((entry) => ({ ...entry, judged: entry.kind !== 'pypi' }));
    const { user } = await openImage(APP, {
      getReport: () => Promise.resolve({ ...report, packages }),
    });
    await user.click(screen.getByTestId('tab-packages'));
    await waitFor(() => expect(screen.getAllByTestId('package-row')).toHaveLength(2));
    const row = (name: string) =>
      screen.getAllByTestId('package-row').find((found) => found.textContent.includes(name));
    const python = within(row('setuptools') as HTMLElement);
    expect(python.getByText('part of python3.11-minimal')).toBeTruthy();
    expect(python.getByText('not judged')).toBeTruthy();
    expect(python.queryByText('inferred')).toBeNull();
    const java = within(row('jrt-fs') as HTMLElement);
    expect(java.getByText('inferred').title).toContain('the manifest');
    expect(java.queryByText('not judged')).toBeNull();
    await user.type(screen.getByTestId('packages-filter'), 'maven');
    await waitFor(() => expect(screen.getAllByTestId('package-row')).toHaveLength(1));
  });
});

describe('settings', () => {
  it('parts of one feed stand side by side', async () => {
    open();
    router.goView('settings');
    const feeds = await screen.findAllByTestId<HTMLTableRowElement>('feed');
    expect(feeds.map((feed) => feed.cells[0]?.textContent.trim())).toEqual([
      'Debian',
      'Alpine',
      'Alpine',
      'every one',
    ]);
  });
});

describe('activity', () => {
  it('tells what newer advisories changed, and it counts as seen when left', async () => {
    const markActivitySeen = vi.fn(() => Promise.resolve());
    open('full', { markActivitySeen });
    router.goView('activity');
    expect(await screen.findAllByTestId('change')).toHaveLength(4);
    expect(markActivitySeen).not.toHaveBeenCalled();
    router.goView('images');
    await waitFor(() => {
      expect(markActivitySeen).toHaveBeenCalledWith(4);
    });
  });
});

describe('a finding', () => {
  it('shows what to do and what every record says', async () => {
    const { user } = await openImage(APP);
    await user.click(screen.getByTestId('tab-vulnerabilities'));
    await user.click((await screen.findAllByTestId('finding-row'))[0] as HTMLElement);
    expect((await screen.findByTestId('finding-action')).textContent).toMatch(/^upgrade /);
    await waitFor(() => {
      const records = within(screen.getByTestId('finding-records'));
      expect(records.getAllByText(/decides/)).toHaveLength(1);
      expect(records.getAllByText(/→ affected/)).toHaveLength(2);
    });
  });
});

describe('risks', () => {
  beforeEach(() => {
    preferences.riskOrigin = 'own';
  });

  async function openRisks(name: string, change: Partial<Backend> = {}) {
    const opened = await openImage(name, change);
    await opened.user.click(screen.getByTestId('tab-risks'));
    return opened;
  }
  const count = () => screen.getByTestId('risks-count').textContent.trim();
  const rowOf = async (text: string) => {
    const rows = await screen.findAllByTestId('risk-row');
    const row = rows.find((found) => found.textContent.includes(text));
    if (!row) throw new Error(`no row has ${text}`);
    return row;
  };

  it('begins with what the image brought, tells the rest, and remembers the choice', async () => {
    const { user } = await openRisks(APP);
    expect(screen.getByTestId('tab-risks').textContent).toContain('17 / 29');
    await rowOf('AWS access key');
    expect(count()).toBe('17 of 29');
    expect(screen.getByTestId('risks-origin-base').textContent).toContain('12');
    await user.click(screen.getByTestId('risks-origin-anywhere'));
    expect(count()).toBe('29 of 29');
    await user.click(screen.getByTestId('tab-packages'));
    await user.click(screen.getByTestId('tab-risks'));
    expect(count()).toBe('29 of 29');
  });

  it('is found, opened, walked and closed by keys', async () => {
    const { user } = await openRisks(APP);
    await rowOf('AWS access key');
    await user.keyboard('/');
    expect(document.activeElement).toBe(screen.getByTestId('risks-filter'));
    screen.getByTestId('risks-grid').focus();
    await user.keyboard('1');
    expect(count()).toBe('2 of 29');
    await user.keyboard('j{Enter}');
    const drawer = await screen.findByTestId('risk-drawer');
    expect(within(drawer).getByRole('heading', { level: 2 }).textContent).toBe('npm access token');
    await user.keyboard('k{Enter}');
    expect(within(drawer).getByRole('heading', { level: 2 }).textContent).toBe('AWS access key');
    await user.keyboard('{Escape}');
    await waitFor(() => expect(screen.queryByTestId('risk-drawer')).toBeNull());
    expect(document.activeElement).toBe(screen.getByTestId('risks-grid'));
  });

  it('a secret is told by its ends, hidden ones with the layer that hides them', async () => {
    const openUrl = vi.fn(() => Promise.resolve());
    const copyText = vi.fn(() => Promise.resolve());
    const { user } = await openRisks(APP, { openUrl, copyText });
    await user.click(await rowOf('npm access token'));
    const drawer = within(await screen.findByTestId('risk-drawer'));
    expect(drawer.getByTestId('risk-secret').textContent).toContain('np…4f');
    expect(drawer.getByTestId('risk-remedy').textContent).toMatch(/^Rotate it\./);
    expect(drawer.getByTestId('risk-hidden').textContent).toContain('Layer 9 hides it');
    expect(drawer.getByTestId('risk-layer').getAttribute('href')).toBe(
      `#/image/${digestOf(APP)}/layers?layer=8`,
    );
    await user.click(drawer.getByRole('button', { name: /CIS Docker Benchmark/ }));
    expect(openUrl).toHaveBeenCalledWith('https://www.cisecurity.org/benchmark/docker');
    await user.click(drawer.getByTestId('copy-containerfile'));
    expect(copyText).toHaveBeenCalledWith('RUN --mount=type=secret,id=NAME COMMAND');
    await user.click(drawer.getByTestId('copy-fingerprint'));
    expect(copyText).toHaveBeenLastCalledWith(drawer.getByTestId('risk-fingerprint').textContent);
  });

  it('groups close and open', async () => {
    const { user } = await openRisks(APP);
    await rowOf('AWS access key');
    await user.selectOptions(screen.getByTestId('risks-group'), 'check');
    const [first] = await screen.findAllByTestId('group-row');
    expect(first?.textContent).toContain('Secret in a file');
    expect(first?.textContent).toContain('3 risks');
    await user.click(first as HTMLElement);
    await waitFor(() => expect(screen.queryByText('AWS access key')).toBeNull());
  });

  it('a layer of the base shows its risks though they are inherited', async () => {
    const { user } = await openImage(APP);
    await user.click(screen.getByTestId('tab-layers'));
    await user.click((await screen.findAllByTestId('layer-row'))[0] as HTMLElement);
    await user.click(screen.getByTestId('layer-risks'));
    await rowOf('usr/bin/passwd');
    expect(count()).toBe('11 of 29');
    await user.click(screen.getByTestId('filter-layer'));
    expect(count()).toBe('17 of 29');
  });

  it('what is filtered away is told and brought back', async () => {
    const { user } = await openRisks(APP);
    await rowOf('AWS access key');
    await user.type(screen.getByTestId('risks-filter'), 'setuid');
    expect((await screen.findByTestId('filtered-away')).textContent).toContain('8 inherited');
    await user.click(screen.getByTestId('show-elsewhere'));
    await rowOf('usr/bin/passwd');
    expect(count()).toBe('8 of 29');
  });

  it('a scan that did not look for risks says so, and a rescan does', async () => {
    const { user } = await openRisks(UNLOOKED);
    await screen.findByTestId('risks-not-looked-for');
    expect(screen.getByTestId('tab-risks').textContent.trim()).toBe('Risks');
    await user.click(screen.getByTestId('rescan-for-risks'));
    await waitFor(() => screen.getByTestId('risks-count'), { timeout: 5_000 });
    expect(count()).toBe('17 of 29');
  });

  it.each([
    [LEDGER, 'none-own', 'inherits 12'],
    [PROXY, 'no-risks', 'in 10 layers'],
    ['alpine:3.20', 'no-risks-in-part', 'in 1 layer'],
  ])('%s: %s', async (name, testid, expected) => {
    await openRisks(name);
    expect((await screen.findByTestId(testid)).textContent).toContain(expected);
  });

  it('names what was looked at in part', async () => {
    const { user } = await openRisks('alpine:3.20');
    expect(screen.queryByTestId('risk-note')).toBeNull();
    await user.click(await screen.findByTestId('risk-notes-toggle'));
    const [note] = screen.getAllByTestId('risk-note');
    expect(note?.textContent).toContain('usr/share/misc/magic.mgc');
  });

  it('stay apart from the vulnerabilities in the list, and are no zero where not looked for', async () => {
    open();
    const rows = await screen.findAllByTestId('image-row');
    const row = (name: string) =>
      within(rows.find((found) => found.textContent.includes(name)) as HTMLElement);
    expect(
      row('orders-api').getByText(/29 risks, the worst Critical: 17 brought here/),
    ).toBeTruthy();
    expect(row('gateway').getByText('not looked for')).toBeTruthy();
  });

  it('the overview leads to one of them', async () => {
    const { user } = await openImage(APP);
    const summary = within(await screen.findByTestId('risk-summary'));
    await user.click(summary.getByRole('button', { name: 'Private key' }));
    const drawer = await screen.findByTestId('risk-drawer');
    expect(drawer.textContent).toContain('app/config/tls/orders.key:1');
  });

  it('hostile text stays text', async () => {
    const markup = '<img src=x onerror="window.broken = true">';
    const report = sampleReport({ digest: digestOf(APP), name: APP, findings: 0 });
    const [risk] = report.risks;
    if (!risk) throw new Error('the sample has risks');
    report.risks = [
      {
        ...risk,
        title: markup,
        message: markup,
        path: markup,
        instruction: markup,
        remedy: markup,
      },
    ];
    const { user } = await openRisks(APP, { getReport: () => Promise.resolve(report) });
    const row = await screen.findByTestId('risk-row');
    expect(row.textContent).toContain(markup);
    await user.click(row);
    const drawer = await screen.findByTestId('risk-drawer');
    expect(drawer.textContent).toContain(markup);
    expect(document.querySelector('img[src=x]')).toBeNull();
  });
});
