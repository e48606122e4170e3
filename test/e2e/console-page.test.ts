import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { axeFaults, launchBrowser, visit, type Visit } from '../support/console/browser.js';
import { FakeAgent, KEY, PAGE_FOLDER } from '../support/console/fake-agent.js';
import * as fleet from '../support/console/fake-fleet.js';
import { SandboxProcess } from '../support/sandbox-process.js';

/** One browser for all of them; each test has its own agent and its own profile. */
let browser: Browser;
let agent: FakeAgent;
let opened: Visit;

beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);

afterAll(() => browser?.close());

beforeEach(async () => {
  agent = new FakeAgent();
  await agent.start();
});

afterEach(async () => {
  await opened.context.close();
  await agent.stop();
  if (opened.faults.length > 0) throw new Error(`the browser reports: ${opened.faults.join('; ')}`);
});

const signedIn = async (path = '/', width = 1280): Promise<Page> => {
  opened = await visit(browser, `${agent.url}/#key=${encodeURIComponent(KEY)}`, { width });
  await opened.page.getByRole('navigation').waitFor();
  if (path !== '/') await opened.page.goto(agent.url + path);
  return opened.page;
};

describe('the first load', () => {
  const built = (name: string): Buffer => readFileSync(join(PAGE_FOLDER, name));

  it('is under 120 kB compressed, without inline script or style and without another origin', async () => {
    const names = readdirSync(PAGE_FOLDER, { recursive: true, encoding: 'utf8' }).filter(
      (name) => extname(name) !== '',
    );
    const bytes = names.reduce((sum, name) => sum + gzipSync(built(name)).length, 0);
    expect(bytes).toBeLessThan(120_000);
    const html = built('index.html').toString();
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*src=)|https?:/);
    const requests: string[] = [];
    opened = await visit(browser, 'about:blank');
    opened.page.on('request', (request) => requests.push(new URL(request.url()).origin));
    await opened.page.goto(agent.url);
    await opened.page.getByLabel('Key of the console').waitFor();
    expect(new Set(requests.filter((origin) => origin !== 'null'))).toEqual(new Set([agent.url]));
  });

  it('works in a browser that names a language which does not exist, as one without a locale does', async () => {
    opened = await visit(browser, agent.url, { locale: 'en-US@posix' });
    await opened.page.getByLabel('Key of the console').waitFor();
    expect(await opened.page.evaluate('navigator.language')).toBe('en');
  });
});

describe('signing in', () => {
  it('takes the key out of the address bar, and asks again for one that is wrong', async () => {
    opened = await visit(browser, `${agent.url}/jobs#key=a-wrong-key`);
    const { page } = opened;
    await page.getByLabel('Key of the console').waitFor();
    expect(page.url()).toBe(`${agent.url}/jobs`);
    await page.getByLabel('Key of the console').fill('another wrong key');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Unauthorized', { exact: true }).waitFor();
    await page.getByText('Do what docs/errors.md says.').waitFor();
    await page.getByLabel('Key of the console').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Jobs' }).waitFor();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Key of the console').waitFor();
  });

  it('is not offered where no key is configured, and neither are actions', async () => {
    agent.data.keyConfigured = false;
    agent.data.rollouts = [fleet.rollout('firmware')];
    opened = await visit(browser, `${agent.url}/rollouts/${fleet.HUB}/firmware`);
    const { page } = opened;
    await page.getByText('It is running in batch 4 of 6').waitFor();
    await page.getByText('Read only').waitFor();
    expect(await page.getByRole('button', { name: 'Pause …' }).count()).toBe(0);
  });
});

describe('names that hold markup', () => {
  it('are shown as text, and lead where they should', async () => {
    const { HOSTILE, AWKWARD_ID } = fleet;
    agent.data.jobs = [fleet.job(1, { methodName: HOSTILE, queryCondition: HOSTILE, failureReason: HOSTILE })];
    agent.data.rollouts = [fleet.rollout('bad', { description: HOSTILE, queryCondition: HOSTILE, reason: HOSTILE })];
    agent.data.devices = [fleet.device(AWKWARD_ID, { tags: { [HOSTILE]: HOSTILE } })];
    agent.data.deviceCount = 1;
    const answer = { methodPayload: HOSTILE, errorDescription: HOSTILE };
    agent.data.jobDevice = (jobId, number) => ({ ...fleet.jobDevice(jobId, number), ...answer, deviceId: AWKWARD_ID });
    agent.data.rolloutDevice = (number) => ({ ...fleet.rolloutDevice(number), ...answer, deviceId: HOSTILE });
    const page = await signedIn();
    for (const path of [
      '/',
      '/jobs',
      `/jobs/${fleet.HUB}/job-1`,
      '/rollouts',
      `/rollouts/${fleet.HUB}/bad`,
      '/devices',
    ]) {
      await page.goto(agent.url + path);
      await page
        .getByText(/<img src=x/)
        .or(page.getByRole('heading', { name: 'Overview' }))
        .first()
        .waitFor();
    }
    await page.goto(`${agent.url}/jobs/${fleet.HUB}/job-1`);
    await page.getByRole('link', { name: AWKWARD_ID }).click();
    await page.getByRole('heading', { name: `Device ${AWKWARD_ID}` }).waitFor();
    await page
      .getByText(/<img src=x/)
      .first()
      .waitFor();
    await page.goto(`${agent.url}/services?service=GetJob&p.jobId=${encodeURIComponent('a-b')}`);
    await page.getByRole('button', { name: 'Invoke' }).click();
    await page.getByText(`no job ${HOSTILE}`).waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
  });
});

describe('the actions for one device', () => {
  it('say what came of them, and ask by its name before they take it away', async () => {
    const { AWKWARD_ID, HOSTILE, HUB } = fleet;
    agent.data.devices = [fleet.device(AWKWARD_ID)];
    const page = await signedIn(`/devices?${new URLSearchParams({ hub: HUB, device: AWKWARD_ID }).toString()}`);
    await page.getByRole('link', { name: 'Call a method …' }).click();
    await page.getByLabel('Method name').fill('reboot');
    await page.getByLabel('Payload', { exact: true }).fill(JSON.stringify({ note: HOSTILE }));
    await page.getByRole('button', { name: 'Call the method' }).click();
    await page.getByText(`The device ${AWKWARD_ID} responded to reboot with status 200.`).waitFor();
    await page.getByText('"note": "<img src=x').waitFor();

    await page.getByRole('link', { name: 'Update the twin …' }).click();
    // The second update passes only with the etag that the first one returned.
    for (const site of ['Porto', 'Hamburg']) {
      await page.getByLabel('Patch').fill(JSON.stringify({ tags: { site } }));
      await page.getByRole('button', { name: 'Update the twin' }).click();
      await page.getByRole('region', { name: 'Tags' }).getByText(site).waitFor();
    }
    await page.getByText(`The twin of the device ${AWKWARD_ID} was updated.`).waitFor();

    await page.getByRole('link', { name: 'Disable …' }).click();
    await page.getByLabel('Reason').fill('lost');
    await page.getByRole('button', { name: 'Disable the device' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText(`Disable the device ${AWKWARD_ID}, so that it cannot connect?`).waitFor();
    await dialog.getByRole('button', { name: 'Disable the device' }).click();
    await page.getByText(`The device ${AWKWARD_ID} is disabled.`).waitFor();
    await page.getByRole('region', { name: 'State' }).getByText('lost').waitFor();
    await page.getByRole('link', { name: 'Enable …' }).waitFor();

    await page.getByRole('link', { name: 'Delete …' }).click();
    await page.getByRole('button', { name: 'Delete the device' }).click();
    await dialog.getByText(`Delete the device ${AWKWARD_ID} with its twin and modules?`).waitFor();
    await dialog.getByRole('button', { name: 'Delete the device' }).click();
    await page.getByText(`The device ${AWKWARD_ID} was deleted.`).waitFor();
    await page.getByText('The hub has no devices yet.').waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });
});

describe('a recurring roll-out', () => {
  it('shows its runs, which have pages of their own, and how many times were skipped', async () => {
    const series = fleet.rollout('nightly', { state: 'recurring', waitingFor: 'startTime', skippedCount: 2 });
    agent.data.rollouts = [series, fleet.rollout('nightly-r2')];
    const page = await signedIn('/rollouts?state=recurring');
    expect(await page.getByLabel('State').inputValue()).toBe('recurring');
    await page.getByRole('link', { name: 'nightly', exact: true }).click();
    await page.getByText('It waits for the time of its next run.').waitFor();
    await page.getByText('2 times skipped').waitFor();
    agent.data.rollouts[0] = { ...series, skippedCount: 3 };
    agent.send('rollout', { hub: fleet.HUB, rolloutId: 'nightly-r2', rollout: agent.data.rollouts[1] });
    await page.getByText('3 times skipped').waitFor();
    await page.getByRole('region', { name: 'Runs' }).getByRole('link', { name: 'nightly-r2' }).last().click();
    await page.getByRole('heading', { name: 'Roll-out nightly-r2' }).waitFor();
    await page.getByText('It is running in batch 4 of 6').waitFor();
  });
});

describe('an agent that goes away', () => {
  it('leaves what was shown, marked as old, and is asked for the key in place when it is back', async () => {
    agent.data.rollouts = [fleet.rollout('firmware')];
    const page = await signedIn(`/rollouts/${fleet.HUB}/firmware`);
    await page.getByText('It is running in batch 4 of 6').waitFor();
    await agent.stop();
    await page.getByText('What is shown is as of').waitFor();
    expect(await page.locator('main.old').getByText('It is running in batch 4 of 6').isVisible()).toBe(true);
    agent.data.rollouts = [fleet.rollout('firmware', { batch: 5 })];
    await agent.start();
    await page.getByLabel('You are signed out.').fill(KEY);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('It is running in batch 5 of 6').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(page.url()).toBe(`${agent.url}/rollouts/${fleet.HUB}/firmware`);
  });
});

describe('the keyboard', () => {
  it('reaches and answers everything, and shows where it is', async () => {
    agent.data.rollouts = [fleet.rollout('firmware')];
    const page = await signedIn(`/rollouts/${fleet.HUB}/firmware`);
    await page.getByRole('button', { name: 'Pause …' }).waitFor();
    const seen: string[] = [];
    for (let step = 0; step < 20 && seen.at(-1) !== 'Pause …'; step++) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate('document.activeElement.textContent'));
    }
    expect(seen.slice(0, 3)).toEqual(['To the content', 'IoT Hub agent', 'Overview']);
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await page.getByLabel('Comment for the history').focus();
    await page.keyboard.type('night shift');
    await page.keyboard.press('Enter');
    await page.getByText('The roll-out firmware is paused.').waitFor();
    await page.getByRole('button', { name: 'Resume …' }).waitFor();
  });
});

describe('long lists', () => {
  it('draw only the rows in sight of 100,000 devices', async () => {
    agent.data.rollouts = [fleet.rollout('firmware', { deviceCount: 100_000 })];
    agent.data.deviceCount = 100_000;
    const page = await signedIn(`/rollouts/${fleet.HUB}/firmware`);
    const table = page.getByRole('region', { name: 'Devices of the roll-out firmware' });
    await table.getByText('compressor-000000').waitFor();
    for (const loaded of ['200', '300', '400']) {
      await table.evaluate((frame) => frame.scrollTo(0, frame.scrollHeight));
      await page.getByText(`${loaded} devices loaded of 100,000`).waitFor();
    }
    await table.getByText('compressor-000299').waitFor();
    expect(await table.getByRole('row').count()).toBeLessThan(100);
  });
});

describe('the agent of the sandbox', () => {
  let sandbox: SandboxProcess;

  beforeAll(async () => {
    sandbox = await new SandboxProcess(['all', '--light-devices', '6', '--admin-port', '0']).started();
  }, 60_000);
  afterAll(() => sandbox.stop());

  const open = async (path = ''): Promise<Page> => {
    const { adminUrl = '', consoleKey = '' } = sandbox.ready.agent ?? {};
    opened = await visit(browser, `${adminUrl}${path}#key=${encodeURIComponent(consoleKey)}`);
    return opened.page;
  };

  it('takes a newcomer from the first page to a finished job in three clicks', async () => {
    const page = await open('/');
    await page.getByRole('link', { name: 'Prepare a first job' }).click();
    await page.getByRole('button', { name: 'Schedule on 16 devices' }).click();
    await page.getByRole('heading', { name: /^Job / }).waitFor();
    await page.getByText('16 succeeded').waitFor({ timeout: 20_000 });
    await page.getByRole('link', { name: 'device-0001' }).first().click();
    await page.getByRole('heading', { name: 'Device device-0001' }).waitFor();
    await page.getByText('"site"').waitFor();
    await page.goBack();
    await page.getByText('16 succeeded').waitFor();
    expect(await page.getByRole('img', { name: '16 succeeded' }).count()).toBe(1);
  }, 40_000);

  it('calls a method on one device, updates its twin, and offers no management that is switched off', async () => {
    const page = await open('/devices?hub=sandbox&device=device-0001');
    await page.getByRole('link', { name: 'Call a method …' }).click();
    expect(await page.getByRole('link', { name: /^(?:Disable|Delete) …$/ }).count()).toBe(0);
    await page.getByLabel('Method name').fill('getDiagnostics');
    await page.getByRole('button', { name: 'Call the method' }).click();
    await page.getByText('The device device-0001 responded to getDiagnostics with status 200.').waitFor();
    expect(await page.getByRole('region', { name: 'Result' }).getByText('"payload"').isVisible()).toBe(true);
    await page.getByRole('link', { name: 'Update the twin …' }).click();
    expect(await page.getByLabel('Etag').inputValue()).not.toBe('');
    await page.getByLabel('Patch').fill('{"tags":{"line":"eleven"}}');
    await page.getByRole('button', { name: 'Update the twin' }).click();
    await page.getByText('The twin of the device device-0001 was updated.').waitFor();
    await page.getByRole('region', { name: 'Tags' }).getByText('eleven').waitFor();
  });

  it('starts a roll-out, and resumes it where it pauses after its first batch', async () => {
    const page = await open('/rollouts/new?condition=' + encodeURIComponent("STARTSWITH(deviceId, 'light-')"));
    await page.getByLabel('Method name').fill('reboot');
    await page.getByLabel('Batch size', { exact: true }).fill('4');
    await page.getByLabel('Promotion').selectOption('afterFirst');
    await page.getByText('2: 4, 2').waitFor();
    await page.getByRole('button', { name: 'Start on 6 devices' }).click();
    await page.getByText('It is paused in batch 1 of 2').waitFor({ timeout: 20_000 });
    await page.getByRole('button', { name: 'Resume …' }).click();
    await page.getByLabel('Comment for the history').fill('<b>all is well</b>');
    await page.getByRole('button', { name: 'Resume the roll-out' }).click();
    await page.getByText('It is completed.').waitFor({ timeout: 20_000 });
    await page.getByText('6 succeeded').waitFor();
    await page.getByText('<b>all is well</b>').waitFor();
    const strip = page.getByRole('button', { name: /^Batch \d, / });
    expect(await strip.allTextContents()).toEqual(['1', '2']);
  }, 60_000);
});

/** Every page with its heading, and with what comes later than that. */
const PAGES: readonly (readonly [path: string, heading: string, label?: string])[] = [
  ['/', 'Overview'],
  ['/jobs', 'Jobs'],
  [`/jobs/${fleet.HUB}/job-1`, 'Job job-1'],
  ['/rollouts', 'Roll-outs'],
  [`/rollouts/${fleet.HUB}/firmware`, 'Roll-out firmware'],
  [`/rollouts/${fleet.HUB}/waits`, 'Roll-out waits'],
  [`/rollouts/${fleet.HUB}/nightly`, 'Roll-out nightly', 'Runs'],
  ['/rollouts/new?condition=*', 'Start a roll-out'],
  ['/services', 'Services'],
  ['/services?service=EveryKind', 'EveryKind'],
  ['/devices', 'Devices'],
  [`/devices?hub=${fleet.HUB}&device=sensor-00001&action=UpdateDeviceTwin`, 'Device sensor-00001', 'Patch'],
];

describe('every page', () => {
  it('has no serious fault of accessibility in either theme, and fits 360 pixels', async () => {
    agent.data.jobs = [fleet.job(1), fleet.job(2)];
    agent.data.deviceCount = 4;
    agent.data.devices = [fleet.device('sensor-00001'), fleet.device('sensor-00003')];
    agent.data.rollouts = [
      fleet.rollout('firmware'),
      fleet.rollout('waits', { state: 'awaitingApproval' }),
      fleet.rollout('nightly', { state: 'recurring', waitingFor: 'startTime', skippedCount: 2 }),
    ];
    const page = await signedIn();
    for (const [path, name, label = name] of PAGES) {
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(agent.url + path);
      await page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
      await page.getByLabel(label).or(page.getByRole('heading', { name })).last().waitFor();
      await page.getByText('Loading …').first().waitFor({ state: 'detached' });
      expect([path, await axeFaults(page)]).toEqual([path, []]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect([path, await axeFaults(page, ['color-contrast'])]).toEqual([path, []]);
      await page.setViewportSize({ width: 360, height: 800 });
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 360]);
    }
  }, 60_000);
});
