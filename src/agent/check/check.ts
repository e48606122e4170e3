import { type Clock, systemClock } from '../../core/clock.js';
import type { AgentConfig } from '../config/agent-config.js';
import { checkDatabase } from './check-database.js';
import { checkHub } from './check-hub.js';
import { checkThingWorx } from './check-thingworx.js';
import { type CheckStep, StepLog, type StepListener } from './step.js';

/** Tries everything that the agent needs of both ends, without changing anything there. */
export async function checkInstallation(
  config: AgentConfig,
  listener: StepListener = () => undefined,
  clock: Clock = systemClock,
): Promise<CheckStep[]> {
  const log = new StepLog('configuration', listener);
  const hubs = config.iothubs.map(({ name }) => name).join(', ');
  log.ok('valid', `Things ${config.things.map(({ name }) => name).join(', ')}; hubs ${hubs}`);
  const steps = [...log.steps, ...(await checkThingWorx(config, clock, listener))];
  if (config.database) steps.push(...(await checkDatabase(config.database, clock, listener)));
  for (const hub of config.iothubs) steps.push(...(await checkHub(hub, config.services, clock, listener)));
  return steps;
}
