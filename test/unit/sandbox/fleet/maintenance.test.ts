import { describe, expect, it } from '@jest/globals';
import { answerMethod } from '../../../../src/sandbox/fleet/methods.js';

const subject = {
  deviceId: 'device-0001',
  isFailing: false,
  upSinceMs: Date.UTC(2026, 0, 1),
  nowMs: Date.UTC(2026, 0, 1, 0, 1),
  firmware: () => '1.0.0',
};
const call = (name: string, payload: unknown) => answerMethod(name, payload, subject);

describe('the methods of device-maintenance on simulated devices', () => {
  it.each([undefined, null, {}, { delaySeconds: 5 }])('reboots for %j', (payload) => {
    expect(call('reboot', payload)).toMatchObject({ status: 200, payload: { rebooting: true } });
  });

  it('rejects payloads that the stub rejects, with the path', () => {
    expect(call('reboot', { delaySeconds: 'soon' })).toMatchObject({
      status: 400,
      payload: { error: '/delaySeconds must be of type integer' },
    });
    expect(call('reboot', 7)).toMatchObject({ status: 400 });
    expect(call('firmwareUpdate', {})).toMatchObject({ status: 400, payload: { error: '/version is missing' } });
    expect(call('getDiagnostics', { detail: 'everything' })).toMatchObject({ status: 400 });
  });

  it('reports the firmware and its components after the delay', () => {
    const notBefore = new Date(subject.nowMs + 3000).toISOString();
    const components = [
      { component: 'boot.loader', version: '2.0.0' },
      { component: 'app', version: '3.1.0' },
    ];
    expect(call('firmwareUpdate', { version: '3.1.0', components, notBefore })).toMatchObject({
      status: 200,
      payload: { version: '3.1.0', components: 2 },
      report: {
        afterMs: 3000,
        properties: { firmware: '3.1.0', components: { boot_loader: '2.0.0', app: '3.1.0' } },
      },
    });
  });

  it('returns diagnostics, with its log on request', () => {
    expect(call('getDiagnostics', undefined)).toMatchObject({
      status: 200,
      payload: { deviceId: 'device-0001', firmware: '1.0.0', uptimeSeconds: 60 },
    });
    expect(call('getDiagnostics', { detail: 'full' })?.payload).toHaveProperty('log');
  });

  it('fails on a failing device', () => {
    expect(answerMethod('reboot', {}, { ...subject, isFailing: true })).toMatchObject({ status: 500 });
  });
});
