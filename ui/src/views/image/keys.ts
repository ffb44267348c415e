/** A finding's key, `CVE-2024-1|openssl|Debian:12`, as text to show. */
export function splitKey(key: string): { vulnerability: string; package: string } {
  const [vulnerability = key, name = ''] = key.split('|');
  return { vulnerability, package: name };
}
