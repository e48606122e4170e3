import type { Clock } from '../../core/clock.js';
import { silentLog } from '../../core/log.js';
import { noInstruments } from '../../core/instruments.js';
import { readTextFile } from '../../core/regular-file.js';
import { ThingWorxClient } from '../../thingworx-rest/client.js';
import type { AgentConfig } from '../config/agent-config.js';
import { edgeOptions } from '../platform.js';
import { checkEndpoint } from './check-endpoint.js';
import type { Endpoint } from './endpoint-probe.js';
import { type CheckStep, StepLog, type StepListener } from './step.js';
import { type BindFinding, tryToBind } from './try-bind.js';

/** Name, TLS, WebSocket, AUTH and the BIND of each Thing. */
export async function checkThingWorx(config: AgentConfig, clock: Clock, listener: StepListener): Promise<CheckStep[]> {
  const log = new StepLog('thingworx', listener);
  const bindSteps = config.things.map(({ name }) => `BIND ${name}`);
  if (!(await checkEndpoint(log, await endpointOf(config), clock))) {
    log.skipped('WebSocket', 'AUTH', ...bindSteps);
    return log.steps;
  }
  const trial = await tryToBind(await edgeOptions(config, silentLog, noInstruments), config.things, async (name) => {
    return await thingState(config, name);
  });
  if (trial.webSocketFault !== undefined) {
    log.failed(
      'WebSocket',
      trial.webSocketFault,
      'check that the path is /Thingworx/WS and that any proxy in between allows WebSockets',
    );
    log.skipped('AUTH', ...bindSteps);
    return log.steps;
  }
  log.ok('WebSocket', config.thingworx.address.webSocketUrl);
  if (trial.authFault !== undefined) {
    log.failed(
      'AUTH',
      trial.authFault,
      'check the application key: it must be enabled and not expired, and its user must exist',
    );
    log.skipped(...bindSteps);
    return log.steps;
  }
  log.ok('AUTH', 'the application key is accepted');
  for (const finding of trial.bindings) reportBinding(log, finding);
  return log.steps;
}

function reportBinding(log: StepLog, { thing, state, detail }: BindFinding): void {
  const step = `BIND ${thing}`;
  switch (state) {
    case 'bound':
      return log.ok(step, detail);
    case 'taken':
      return log.warning(step, detail, 'an agent is already connected; this is expected if it is this agent');
    case 'missing':
      return log.failed(
        step,
        detail,
        `create a RemoteThing ${thing} in Composer, or correct \`things\` in the configuration`,
      );
    case 'refused':
      return log.failed(
        step,
        detail,
        `check that ${thing} is an enabled RemoteThing and that the user of the application key may use it`,
      );
  }
}

async function endpointOf({ thingworx }: AgentConfig): Promise<Endpoint> {
  const url = new URL(thingworx.address.restUrl);
  const { isSecure } = thingworx.address;
  const host = url.hostname.replaceAll(/^\[|\]$/g, '');
  return {
    host,
    port: Number(url.port) || (isSecure ? 443 : 80),
    isSecure,
    serverName: host,
    path: '/Thingworx/',
    ...(await pem('ca', thingworx.caFile)),
    ...(await pem('clientCertificate', thingworx.clientCertificateFile)),
    ...(await pem('clientKey', thingworx.clientKeyFile)),
    ...(thingworx.proxy === undefined ? {} : { proxy: thingworx.proxy }),
  };
}

async function pem<Name extends string>(name: Name, file: string | undefined): Promise<Partial<Record<Name, string>>> {
  return file === undefined ? {} : ({ [name]: await readTextFile(file) } as Record<Name, string>);
}

/** ThingWorx accepts a BIND of an unknown name, so the REST API is asked whether the Thing exists. */
async function thingState({ thingworx }: AgentConfig, name: string): Promise<'known' | 'missing' | 'unknown'> {
  const client = new ThingWorxClient({
    address: thingworx.address,
    appKey: thingworx.appKey,
    timeoutMs: 5000,
    ...(await pem('ca', thingworx.caFile)),
    ...(await pem('clientCertificate', thingworx.clientCertificateFile)),
    ...(await pem('clientKey', thingworx.clientKeyFile)),
    ...(thingworx.proxy === undefined ? {} : { proxy: thingworx.proxy }),
  });
  try {
    const { status } = await client.probe(`/Things/${encodeURIComponent(name)}/Properties/isConnected`);
    return status === 200 ? 'known' : status === 404 ? 'missing' : 'unknown';
  } catch {
    return 'unknown';
  }
}
