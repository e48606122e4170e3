import { describe, expect, it } from '@jest/globals';
import { addressFault, hostNameFault, urlHostFault } from '../../../src/core/addresses.js';

describe('hostNameFault', () => {
  it.each([
    'localhost',
    'hub.azure-devices.net',
    'a',
    '10.0.0.4',
    'my_container',
    'XN--BCHER-KVA.example',
    '1host',
    '1.a',
  ])('accepts %s', (name) => {
    expect(hostNameFault(name)).toBeUndefined();
  });

  it.each([
    ['', /empty/],
    ['https://localhost', /scheme/],
    ['HTTPS://hub.azure-devices.net/', /scheme/],
    ['hub.azure-devices.net/', /path/],
    ['hub\\a', /path/],
    ['hub?x', /path/],
    ['user@hub', /user/],
    ['hub.azure-devices.net:443', /port/],
    ['hub:', /port/],
    ['my hub', /blank/],
    ['hub\u200b', /invisible/],
    ['hub\n.net', /blank/],
    ['<your-hub>', /letters/],
    ['hub,net', /letters/],
    ['hüb.net', /letters/],
    ['[::1]', /letters/],
    ['::1', /letters/],
    ['{hub}.azure-devices.net', /letters/],
    ['hub..net', /dot too many/],
    ['.hub', /dot too many/],
    ['hub.', /dot too many/],
    ['-hub.net', /dash/],
    ['hub-.net', /dash/],
    [`${'a'.repeat(64)}.net`, /63/],
    ['a.'.repeat(127).concat('net'), /253/],
    ['1.2.3', /IPv4/],
    ['256.1.1.1', /IPv4/],
    ['0x7f000001', /IPv4/],
    ['5', /IPv4/],
  ])('refuses %j without repeating it', (name, reason) => {
    const fault = hostNameFault(name);
    expect(fault).toMatch(reason);
    if (name.length > 5) expect(fault).not.toContain(name);
  });
});

describe('urlHostFault', () => {
  it.each(['wss://h', 'https://u:p@h:8443/x', 'http://[::1]:3128', 'wss://bücher.example', 'http://10.0.0.1:1'])(
    'accepts %s',
    (url) => {
      expect(urlHostFault(url)).toBeUndefined();
    },
  );

  it.each(['wss://1.2.3', 'wss://a..b', 'http://h:0', 'http://h:99999', 'http://[::g]', 'wss://-a', 'wss://h%20', 'x'])(
    'refuses %s',
    (url) => {
      expect(urlHostFault(url)).toEqual(expect.any(String));
    },
  );
});

describe('addressFault', () => {
  it.each(['hub:443', '10.0.0.4:8443', '[::1]:8443', 'localhost:1', 'h:65535'])('accepts %s', (address) => {
    expect(addressFault(address)).toBeUndefined();
  });

  it.each([
    'hub',
    ':443',
    'hub:0',
    'hub:65536',
    'hub:x',
    'https://hub:443',
    'a..b:1',
    '::1:443',
    '[::x]:1',
    '1.2.3:80',
  ])('refuses %s', (address) => {
    expect(addressFault(address)).toMatch(/^must be host:port/);
  });
});
