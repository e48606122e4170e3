import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { maskSecrets } from '../../../src/agent/config/mask.js';
import { proxyFault } from '../../../src/agent/config/proxy.js';
import {
  addressFault,
  hostNameFault,
  isAddressFault,
  parseThingWorxAddress,
  urlHostFault,
} from '../../../src/core/addresses.js';

const almostHost = fc.string({
  unit: fc.constantFrom('a', 'Z', '0', '9', '1', '.', '-', '_', ':', '/', ' ', '@', '%', '[', ']', '\t', 'é', 'x', '#'),
  maxLength: 12,
});

describe('a host name that is accepted', () => {
  it('is the one that a URL parser finds', () => {
    fc.assert(
      fc.property(almostHost, (name) => {
        if (hostNameFault(name) !== undefined) return;
        expect(new URL(`https://${name}/`).hostname).toBe(name.toLowerCase());
        expect(addressFault(`${name}:443`)).toBeUndefined();
        expect(urlHostFault(`https://${name}:443/`)).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('stays as it was written in the address of ThingWorx', () => {
    fc.assert(
      fc.property(almostHost, (authority) => {
        const address = parseThingWorxAddress(`wss://${authority}/Thingworx`);
        if (isAddressFault(address)) return;
        expect(address.webSocketUrl.toLowerCase()).toBe(
          new URL(`wss://${authority.toLowerCase()}/thingworx/ws`).href.toLowerCase(),
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a proxy', () => {
  const part = fc.string({
    unit: fc.constantFrom('p', 'q', '7', ':', '@', '/', '#', '?', '%', '\\', ' ', '&', '=', '"', "'", 'ü', '%2', '%41'),
    maxLength: 8,
  });
  const scheme = fc.constantFrom(
    'http://',
    'https://',
    'HTTP://',
    ' http://',
    'http:/',
    'http:\\\\',
    'socks://',
    '',
    '//',
  );
  const proxy = fc
    .tuple(scheme, part, part, fc.constantFrom('host', 'host:3128', 'host/', '[::1]:1', ''))
    .map(([start, user, password, host]) => ({
      text: `${start}${user}S3CRET${user}:${password}S3CRET${password}@${host}`,
    }));

  it('never shows its user or password, wherever it is', () => {
    fc.assert(
      fc.property(proxy, ({ text }) => {
        const config = { thingworx: { proxy: text, url: text }, iothubs: { main: { proxy: text } } };
        expect(JSON.stringify(maskSecrets(config))).not.toContain('S3CRET');
        expect(String(maskSecrets(text, ['iothubs', 'main', 'proxy']))).not.toContain('S3CRET');
        expect(JSON.stringify(proxyFault(text) ?? {})).not.toContain('S3CRET');
      }),
      { numRuns: 2000 },
    );
  });

  it('can be used when it is accepted', () => {
    const any = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(any, any, fc.constantFrom('host', 'host:3128', '[::1]:1'), (user, password, host) => {
        const text = `http://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}`;
        expect(proxyFault(text)).toBeUndefined();
        const url = new URL(text);
        expect(decodeURIComponent(url.username)).toBe(user);
        expect(decodeURIComponent(url.password)).toBe(password);
        expect(url.host).toBe(host);
      }),
    );
  });

  it('is refused rather than read as something else', () => {
    fc.assert(
      fc.property(proxy, ({ text }) => {
        fc.pre(proxyFault(text) === undefined);
        const url = new URL(text);
        expect(() => [decodeURIComponent(url.username), decodeURIComponent(url.password)]).not.toThrow();
        expect(['host', 'host:3128', '[::1]:1']).toContain(url.host);
      }),
      { maxSkipsPerRun: 10_000 },
    );
  });
});
