import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { isMeantFor, isOwnOrigin } from '../../../src/agent/ops/own-names.js';

const read = (name: string): string => readFileSync(join('deploy', 'reverse-proxy', name), 'utf8');

describe('the examples of a reverse proxy', () => {
  it('pass on the console to the default port of the admin server, and nothing that has no key', () => {
    for (const name of ['Caddyfile', 'nginx.conf']) {
      const text = read(name);
      expect(text).toMatch(/127\.0\.0\.1:9009/);
      for (const path of ['livez', 'healthz', 'readyz', 'metrics', 'status']) expect(text).toContain(path);
    }
  });

  it('use a name that the agent accepts as Host and Origin by its console.publicUrl', () => {
    const publicUrl = /publicUrl: (\S+)/.exec(read('Caddyfile'))?.[1] ?? '';
    const names = { listenHost: '127.0.0.1', address: '127.0.0.1', publicUrl };
    const { host } = new URL(publicUrl);
    for (const name of ['Caddyfile', 'nginx.conf']) expect(read(name)).toContain(host);
    const request = { rawHeaders: ['Host', host] };
    expect(isMeantFor(names, request)).toBe(true);
    expect(isOwnOrigin(names, request, publicUrl)).toBe(true);
    expect(isOwnOrigin(names, request, `http://${host}:8080`)).toBe(false);
  });
});
