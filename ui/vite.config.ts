import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

// The engines of the shell: WebKitGTK 2.44, WKWebView of macOS 14.5, WebView2. All know
// `light-dark()`, which the tokens rest on; a lower target would have it rewritten.
const engines = ['safari17.5', 'chrome123'];

export default defineConfig(({ mode }) => ({
  plugins: [svelte()],
  base: './',
  clearScreen: false,
  server: { port: 5173, strictPort: true },
  build: {
    target: engines,
    cssTarget: engines,
    outDir: mode === 'sample' ? 'dist-sample' : 'dist',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
  // Component tests mount for real: take Svelte's browser build.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts', 'tests/**/*.test.ts'],
    setupFiles: ['tests/setup.ts'],
    restoreMocks: true,
  },
}));
