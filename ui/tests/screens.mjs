/**
 * Takes a picture of every screen in both themes and two sizes from the sample build, and fails
 * on anything the page reports as an error or axe-core as a violation.
 *
 *   npm run build:sample && npm run screens [-- NAME…]
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = `${root}/screens`;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  [1280, 800],
  [960, 600],
];

const click =
  (id, at = 0) =>
  (page) =>
    page.getByTestId(id).nth(at).click();
/** Waits until one of several is there. */
const any = (page, ...ids) =>
  page
    .locator(ids.map((id) => `[data-testid=${id}]`).join(','))
    .first()
    .waitFor();
/** Waits until what was changed is painted. */
const painted = (page) =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
const image = async (page, tab = 'overview', name = 'team/orders-api:1.9') => {
  await page.getByTestId('images-filter').fill(name);
  await page.getByTestId('image-row').filter({ hasText: name }).first().click();
  await page.getByTestId(`tab-${tab}`).click();
};
const plan = async (page, path) => {
  await image(page, 'fix');
  await page.getByTestId('containerfile-path').fill(path);
  await page.getByTestId('containerfile-path').press('Enter');
  await any(page, 'diff', 'no-patch', 'fix-error');
};

/** Name, kind of sample, and the way there. */
const SCREENS = [
  ['first-run', 'no-engine', async () => {}],
  ['no-images', 'empty', async () => {}],
  ['images', 'full', async () => {}],
  [
    'images-scanning',
    'full',
    async (page) => {
      await click('scan-all')(page);
      await page.getByTestId('row-progress').first().waitFor();
    },
  ],
  [
    'images-selected',
    'full',
    async (page) => {
      await page.getByTestId('images-grid').focus();
      for (const key of ['j', ' ', 'j', ' ']) await page.keyboard.press(key);
    },
  ],
  ['images-filtered-away', 'full', (page) => page.getByTestId('images-filter').fill('nothing')],
  ['overview', 'full', (page) => image(page)],
  ['overview-not-judged', 'full', (page) => image(page, 'overview', 'alpine')],
  ['not-scanned', 'full', (page) => image(page, 'overview', 'worker-03')],
  ['rebuilt', 'full', (page) => image(page, 'overview', 'billing')],
  [
    'comparison',
    'full',
    async (page) => {
      await image(page, 'overview', 'billing');
      await page.keyboard.press('s');
      await page.getByTestId('comparison').waitFor();
    },
  ],
  [
    'layers',
    'full',
    async (page) => {
      await image(page, 'layers');
      await page.getByTestId('layer-row').nth(4).click();
    },
  ],
  ['packages', 'full', (page) => image(page, 'packages')],
  [
    'packages-grouped',
    'full',
    async (page) => {
      await image(page, 'packages');
      await page.locator('select').selectOption('owner');
    },
  ],
  ['vulnerabilities', 'full', (page) => image(page, 'vulnerabilities')],
  [
    'vulnerabilities-drawer',
    'full',
    async (page) => {
      await image(page, 'vulnerabilities');
      await page.getByTestId('findings-grid').focus();
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    },
  ],
  [
    'vulnerabilities-grouped',
    'full',
    async (page) => {
      await image(page, 'vulnerabilities');
      await page.getByTestId('findings-group').selectOption('package');
      await page.getByTestId('group-row').nth(1).click();
    },
  ],
  ['vulnerabilities-not-judged', 'full', (page) => image(page, 'vulnerabilities', 'alpine')],
  ['risks', 'full', (page) => image(page, 'risks')],
  [
    'risks-secret',
    'full',
    async (page) => {
      await image(page, 'risks');
      await page.getByTestId('risks-grid').focus();
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.getByTestId('risk-drawer').waitFor();
    },
  ],
  [
    'risks-drawer',
    'full',
    async (page) => {
      await image(page, 'risks');
      await click('risks-origin-anywhere')(page);
      await page.getByTestId('risk-row').filter({ hasText: 'Runs as root' }).click();
      await page.getByTestId('risk-drawer').waitFor();
    },
  ],
  [
    'risks-grouped',
    'full',
    async (page) => {
      await image(page, 'risks');
      await click('risks-origin-anywhere')(page);
      await page.getByTestId('risks-group').selectOption('layer');
    },
  ],
  [
    'risks-by-check',
    'full',
    async (page) => {
      await image(page, 'risks');
      await page.getByTestId('risks-group').selectOption('check');
    },
  ],
  [
    'risks-filtered',
    'full',
    async (page) => {
      await image(page, 'risks');
      await click('subject-secrets')(page);
      await page.keyboard.press('1');
      await click('chip-hidden')(page);
    },
  ],
  [
    'risks-filtered-away',
    'full',
    async (page) => {
      await image(page, 'risks');
      await page.getByTestId('risks-filter').fill('setuid');
      await page.getByTestId('filtered-away').waitFor();
    },
  ],
  [
    'risks-of-a-layer',
    'full',
    async (page) => {
      await image(page, 'layers');
      await page.getByTestId('layer-row').first().click();
      await click('layer-risks')(page);
    },
  ],
  ['risks-none-own', 'full', (page) => image(page, 'risks', 'team/ledger')],
  ['risks-none', 'full', (page) => image(page, 'risks', 'scratch-proxy')],
  [
    'risks-none-in-part',
    'full',
    async (page) => {
      await image(page, 'risks', 'alpine');
      await click('risk-notes-toggle')(page);
    },
  ],
  ['risks-not-looked-for', 'full', (page) => image(page, 'risks', 'team/gateway')],
  [
    'risks-many',
    'many',
    async (page) => {
      await image(page, 'risks');
      await page.getByTestId('risks-grid').focus();
      await page.keyboard.press('End');
    },
  ],
  [
    'overview-risks',
    'full',
    async (page) => {
      await image(page);
      await page.getByTestId('all-risks').scrollIntoViewIfNeeded();
    },
  ],
  ['fix-choose', 'full', (page) => image(page, 'fix')],
  ['fix', 'full', (page) => plan(page, '/home/user/src/shop/services/orders/Containerfile')],
  [
    'fix-split',
    'full',
    async (page) => {
      await plan(page, '/home/user/src/shop/services/orders/Containerfile');
      await page.getByRole('button', { name: 'Split' }).click();
    },
  ],
  ['fix-no-patch', 'full', (page) => plan(page, '/home/user/src/frozen/Containerfile')],
  ['fix-error', 'full', (page) => plan(page, '/nowhere/Containerfile')],
  ['ancestry', 'full', click('nav-ancestry')],
  [
    'ancestry-map',
    'full',
    async (page) => {
      await click('nav-ancestry')(page);
      await page.getByRole('button', { name: 'All families' }).click();
    },
  ],
  ['activity', 'full', click('nav-activity')],
  ['settings', 'full', click('nav-settings')],
  ['palette', 'full', (page) => page.keyboard.press('Control+k')],
  ['keys', 'full', (page) => page.keyboard.press('?')],
];

mkdirSync(out, { recursive: true });
const wanted = process.argv.slice(2);
const server = await preview({
  root,
  logLevel: 'error',
  build: { outDir: 'dist-sample' },
  preview: { port: 4174, strictPort: true },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync'],
});
let failures = 0;
for (const [name, sample, go] of SCREENS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const theme of ['light', 'dark']) {
    for (const [width, height] of SIZES) {
      const page = await browser.newPage({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: 'reduce',
      });
      const label = `${name}-${theme}-${width}`;
      try {
        page.setDefaultTimeout(6_000);
        await page.goto(`http://localhost:4174/?sample=${sample}`);
        await page.getByTestId('nav-images').waitFor();
        await any(page, 'image-row', 'first-run', 'no-images');
        await go(page);
        await painted(page);
        await page.screenshot({ path: `${out}/${label}.png` });
        const errors = await page.evaluate(() => window.__outcropErrors);
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          window.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
          }),
        );
        for (const error of errors) console.log(`${label}: error: ${error}`);
        for (const { id, nodes } of violations) {
          const { target, failureSummary } = nodes[0];
          console.log(`${label}: axe ${id} ×${nodes.length}: ${target} ${failureSummary}`);
        }
        failures += errors.length + violations.length;
      } catch (error) {
        failures += 1;
        console.log(`${label}: ${error.message}`);
        await page.screenshot({ path: `${out}/${label}-failed.png` });
      }
      await page.close();
    }
  }
}
await browser.close();
await new Promise((closed) => server.httpServer.close(closed));
console.log(failures === 0 ? 'every screen is free of errors' : `${failures} failures`);
process.exit(failures === 0 ? 0 : 1);
