/**
 * `npx tsx scripts/screenshots.ts`: makes docs/images from the console of a sandbox with 400 devices, some of which refuse or are
 * offline: every page in both themes, and two at the width of a phone. Needs `npm run build`.
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser, visit } from '../test/support/console/browser.js';
import { SandboxProcess } from '../test/support/sandbox-process.js';

const IMAGES = join(__dirname, '../docs/images');
const MAX_BYTES = 150_000;
const WIDTH = 1200;
const HEIGHT = 720;
const KEY = 'key-of-the-screenshots';
const THING = 'AzureIotHub';
const HUB = 'sandbox';

const DEVICE_SCRIPT = `
- { devices: 'light-*', method: firmwareUpdate, failPercent: 4, status: 409 }
- { devices: 'light-*', method: reboot, failPercent: 3, status: 503 }
`;

/** Invokes services of the agent as a program does. */
class Caller {
  constructor(readonly url: string) {}

  async call(service: string, parameters: Readonly<Record<string, unknown>>): Promise<void> {
    const response = await this.#send(`things/${THING}/services/${service}`, JSON.stringify(parameters));
    if (!response.ok) throw new Error(`${service}: ${await response.text()}`);
  }

  /** Reads a path again and again until it is as wanted. */
  async until(path: string, isWanted: (answer: Record<string, unknown>) => boolean): Promise<void> {
    for (let attempt = 0; attempt < 240; attempt++) {
      const answer = (await (await this.#send(path)).json()) as Record<string, unknown>;
      if (isWanted(answer)) return;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    throw new Error(`${path} did not become what was wanted`);
  }

  #send(path: string, body?: string): Promise<Response> {
    const headers = { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' };
    return fetch(`${this.url}/api/v1/${path}`, body === undefined ? { headers } : { method: 'POST', headers, body });
  }
}

/** Jobs that have ended and one that waits, and two roll-outs: one that waits for approval by hand, one under way. */
async function fillConsole(agent: Caller): Promise<void> {
  const sites = ['hamburg', 'lyon', 'porto'];
  for (const [number, site] of sites.entries()) {
    const jobId = `reboot-${site}`;
    const payload = { delaySeconds: 5 * (number + 1) };
    await agent.call('ScheduleDeviceMethodJob', {
      jobId,
      methodName: 'reboot',
      payload,
      queryCondition: `tags.site = '${site}'`,
    });
  }
  await agent.call('ScheduleTwinUpdateJob', {
    jobId: 'interval-60',
    patch: { properties: { desired: { telemetryIntervalSeconds: 60 } } },
  });
  for (const jobId of [...sites.map((site) => `reboot-${site}`), 'interval-60']) {
    await agent.until(`jobs/${HUB}/${jobId}`, ({ status }) => status === 'completed');
  }
  const startTime = new Date(Date.now() + 6 * 3_600_000).toISOString();
  await agent.call('ScheduleDeviceMethodJob', { jobId: 'diagnostics-night', methodName: 'getDiagnostics', startTime });
  await agent.call('StartRollout', {
    rolloutId: 'firmware-2-4-1',
    description: 'Firmware 2.4.1 for all presses',
    methodName: 'firmwareUpdate',
    payload: { version: '2.4.1' },
    queryCondition: '*',
    canarySize: 10,
    batchSize: 60,
    batchGrowth: 2,
    soakSeconds: 8,
    successPercent: 90,
    retries: 1,
    retryOn: ['refused'],
    retryDelaySeconds: 5,
    abort: [{ on: 'any', percent: 20, minimumExecuted: 50 }],
  });
  await agent.until(`rollouts/${HUB}/firmware-2-4-1`, ({ batch }) => Number(batch) >= 3);
}

/** Each page: the name of its picture, its path, and what shows that it is complete. */
const PAGES: readonly (readonly [name: string, path: string, text: string])[] = [
  ['overview', '/', 'Ended in the last 24 hours'],
  ['jobs', '/jobs', 'reboot-hamburg'],
  ['job', `/jobs/${HUB}/reboot-hamburg`, 'light-'],
  ['rollouts', '/rollouts', 'firmware-2-4-1'],
  ['rollout', `/rollouts/${HUB}/firmware-2-4-1`, 'light-'],
  ['start-rollout', "/rollouts/new?condition=tags.site%20%3D%20'lyon'", 'Query condition'],
  ['services', '/services', 'RebootDevices'],
  ['service', `/services?thing=${THING}&service=RebootDevices&p.site=lyon`, 'Delay seconds'],
  ['devices', '/devices', 'device-0001'],
  ['device', `/devices?hub=${HUB}&device=device-0001`, 'Reported properties'],
];

async function picture(page: Page, name: string): Promise<void> {
  const path = join(IMAGES, `console-${name}.png`);
  await page.screenshot({ path });
  if (statSync(path).size > MAX_BYTES) throw new Error(`${path} has more than ${MAX_BYTES} bytes`);
}

async function pictures(browser: Browser, url: string): Promise<void> {
  const { page } = await visit(browser, `${url}/#key=${KEY}`, { width: WIDTH });
  await page.getByRole('navigation').waitFor();
  for (const [name, path, text] of PAGES) {
    // A page full of JSON makes a large picture.
    await page.setViewportSize({ width: WIDTH, height: name === 'devices' ? 520 : HEIGHT });
    await page.goto(`${url}${path}`);
    await page.getByText(text).first().waitFor();
    if (name === 'start-rollout') await page.getByLabel('Method name').fill('getDiagnostics');
    // Plots, previews and the state of the stream come a moment after the text.
    await page.waitForTimeout(2500);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await page.waitForTimeout(200);
      await picture(page, `${name}-${theme}`);
      if (name !== 'overview' && name !== 'rollout') continue;
      await page.setViewportSize({ width: 360, height: 740 });
      await page.waitForTimeout(300);
      await picture(page, `${name}-phone-${theme}`);
      await page.setViewportSize({ width: WIDTH, height: HEIGHT });
    }
  }
}

async function main(): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  const script = join(tmpdir(), 'twx-iothub-screenshots.yaml');
  writeFileSync(script, DEVICE_SCRIPT);
  const flags = ['--light-devices', '400', '--tier', 'S2', '--units', '2', '--device-script', script];
  const sandbox = new SandboxProcess(['all', ...flags, '--admin-port', '0', '--console-key', KEY]);
  const browser = await launchBrowser();
  try {
    await sandbox.started();
    const url = sandbox.ready.agent?.adminUrl ?? '';
    await fillConsole(new Caller(url));
    await pictures(browser, url);
  } finally {
    await browser.close();
    await sandbox.stop();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
