import { describe, expect, it } from '@jest/globals';
import { webSocketUrl } from '../../../src/edge/client-options.js';

describe('webSocketUrl [AO 1.1]', () => {
  it.each([
    ['wss://host', 'wss://host/Thingworx/WS'],
    ['https://host:8443/', 'wss://host:8443/Thingworx/WS'],
    ['https://host/Thingworx', 'wss://host/Thingworx/WS'],
    ['wss://host/thingworx/ws/', 'wss://host/Thingworx/WS'],
    ['wss://[::1]:8443', 'wss://[::1]:8443/Thingworx/WS'],
  ])('%s becomes %s', (given, expected) => {
    expect(webSocketUrl(given).href).toBe(expected);
  });

  it('accepts ws and http only if allowInsecure is set', () => {
    expect(() => webSocketUrl('http://host')).toThrow('allowInsecure');
    expect(webSocketUrl('http://host:8080', { allowInsecure: true }).href).toBe('ws://host:8080/Thingworx/WS');
  });

  it.each(['', 'host', 'ftp://host', 'wss://host/other', 'wss://user:secret@host', 'wss://host/?appKey=secret'])(
    'refuses %p without repeating it',
    (given) => {
      const refusal = (): unknown => webSocketUrl(given);
      expect(refusal).toThrow(expect.objectContaining({ code: 'ConfigurationInvalid' }));
      expect(refusal).not.toThrow('secret');
    },
  );
});
