/**
 * Prints how fluent 50,000 findings, 5,000 packages and 5,000 risks are in Chromium: frames of a
 * scroll, a severity chip, a search, a grouping. Figures, not a test: they double when the machine
 * is busy.
 *
 *   npm run build:sample && npm run fluency
 */
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';
import { preview } from 'vite';

const server = await preview({
  root: fileURLToPath(new URL('..', import.meta.url)),
  logLevel: 'error',
  build: { outDir: 'dist-sample' },
  preview: { port: 4175, strictPort: true },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
await page.goto('http://localhost:4175/?sample=many');
await page.getByTestId('images-filter').fill('orders');
await page.getByTestId('image-row').filter({ hasText: 'orders' }).first().click();
await page.getByTestId('tab-vulnerabilities').click();
await page.getByTestId('finding-row').first().waitFor();

/** Milliseconds of 180 frames of a scroll, the shortest first. */
const scroll = async (testid) => {
  const grid = document.querySelector(`[data-testid=${testid}]`);
  const spans = [];
  let last = performance.now();
  for (let at = 0; at < 180; at += 1) {
    grid.scrollTop += at % 2 === 0 ? 900 : 40;
    await new Promise((drawn) => requestAnimationFrame(drawn));
    spans.push(performance.now() - last);
    last = performance.now();
  }
  return spans.sort((a, b) => a - b);
};
const frames = await page.evaluate(scroll, 'findings-grid');
const chip = await page.evaluate(async () => {
  const start = performance.now();
  document.querySelector('[data-testid=severity-critical]').click();
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  return performance.now() - start;
});
const searches = [];
for (const text of ['ssl', 'heap', 'curl']) {
  searches.push(
    await page.evaluate(async (text) => {
      const field = document.querySelector('[data-testid=findings-filter]');
      const count = document.querySelector('[data-testid=findings-count]');
      const before = count.textContent;
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
      const start = performance.now();
      while (count.textContent === before) await new Promise((later) => setTimeout(later, 1));
      return performance.now() - start;
    }, text),
  );
}
console.log(`frame p50 ${frames[90].toFixed(1)} ms, p95 ${frames[171].toFixed(1)} ms`);
console.log(`severity chip ${chip.toFixed(0)} ms to the next frame`);
console.log(`search ${searches.map((span) => span.toFixed(0)).join(', ')} ms, 80 of it a pause`);

await page.getByTestId('tab-packages').click();
await page.getByTestId('package-row').first().waitFor();
const ofPackages = await page.evaluate(scroll, 'packages-grid');
const group = async ([testid, by]) => {
  const select = document.querySelector(`[data-testid=${testid}]`);
  select.value = by;
  const start = performance.now();
  select.dispatchEvent(new Event('change', { bubbles: true }));
  await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  return performance.now() - start;
};
console.log(
  `packages: frame p50 ${ofPackages[90].toFixed(1)} ms, p95 ${ofPackages[171].toFixed(1)} ms`,
);
for (const by of ['layer', 'kind', 'licence', 'system']) {
  const span = await page.evaluate(group, ['packages-group', by]);
  console.log(`packages by ${by}: ${span.toFixed(0)} ms to the next frame`);
}

await page.getByTestId('tab-risks').click();
await page.getByTestId('risks-origin-anywhere').click();
await page.getByTestId('risk-row').first().waitFor();
const ofRisks = await page.evaluate(scroll, 'risks-grid');
console.log(`risks: frame p50 ${ofRisks[90].toFixed(1)} ms, p95 ${ofRisks[171].toFixed(1)} ms`);
for (const by of ['layer', 'check', 'owner']) {
  const span = await page.evaluate(group, ['risks-group', by]);
  console.log(`risks by ${by}: ${span.toFixed(0)} ms to the next frame`);
}
await browser.close();
await new Promise((closed) => server.httpServer.close(closed));
