import { describe, expect, it } from 'vitest';

import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDuration,
  formatProgress,
  shortDigest,
  formatShare,
  shortenReference,
} from './format';

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1 kB'],
    [9_949, '9.9 kB'],
    [9_951, '10 kB'],
    [74_800_000, '75 MB'],
    [999_600_000, '1 GB'],
    [2_210_000_000, '2.2 GB'],
    [5e15, '5000 TB'],
  ])('%i → %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});

describe('formatAgo', () => {
  const now = Date.parse('2026-11-20T12:00:00Z');
  it.each([
    ['2026-11-20T11:59:30Z', 'just now'],
    ['2026-11-20T11:56:00Z', '4 min ago'],
    ['2026-11-20T03:00:00Z', '9 h ago'],
    ['2026-11-18T12:00:00Z', '2 d ago'],
    ['2020-11-18T12:00:00Z', '6 y ago'],
    ['2026-11-20T12:05:00Z', 'just now'],
    ['no time', ''],
  ])('%s → %s', (moment, expected) => {
    expect(formatAgo(moment, now)).toBe(expected);
  });
});

describe('formatShare', () => {
  it.each([
    [0, '0%'],
    [0.00042, '0.042%'],
    [0.0421, '4.2%'],
    [0.97565, '98%'],
    [1, '100%'],
  ])('%f is written as %s', (share, expected) => {
    expect(formatShare(share)).toBe(expected);
  });
});

describe('shortenReference', () => {
  it.each([
    ['debian:12-slim', 22, 'debian:12-slim'],
    ['registry.example/acme/java-rt:21', 22, '…/acme/java-rt:21'],
    ['registry.example/acme/java-rt:21', 16, '…/java-rt:21'],
    ['team/a-very-long-name-indeed:1.9', 16, 'a-very-long…:1.9'],
    ['localhost:5000/team/orders-api-gateway', 14, 'orders-api-ga…'],
  ])('%s at %i → %s', (reference, limit, expected) => {
    expect(shortenReference(reference, limit)).toBe(expected);
    expect(expected.length).toBeLessThanOrEqual(limit);
  });
});

describe('numbers', () => {
  it('groups thousands whatever the locale of the machine', () => {
    expect(formatCount(50_000)).toBe('50,000');
  });

  it.each([
    [5_000, '0:05'],
    [65_000, '1:05'],
    [3_725_000, '1:02:05'],
    [-1, '0:00'],
  ])('%i ms last %s', (span, expected) => {
    expect(formatDuration(span)).toBe(expected);
  });

  it.each([
    [3, 10, 'layers', '3 of 10 layers'],
    [31_000_000, 120_000_000, 'bytes', '31 MB of 120 MB'],
    [5, null, 'records', '5 records'],
    [0, null, 'bytes', ''],
  ])('progress of %s of %s %s → %s', (count, total, unit, expected) => {
    expect(formatProgress(count, total, unit)).toBe(expected);
  });

  it('abbreviates a digest as engines do', () => {
    expect(shortDigest(`sha256:${'0123456789abcdef'.repeat(4)}`)).toBe('0123456789ab');
  });
});
