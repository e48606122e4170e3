import { type DefinedService, defineService, type ParameterSpec, type ServiceSpec } from '../../edge/define-service.js';
import type { NativeRow, ResultDefinition } from '../../edge/definitions.js';
import type { HubRight, HubService } from '../../jobs/services/job-service.js';
import { rowBytes, usableBytes, type MessageLimits } from '../../jobs/result-size.js';
import type { RolloutStatus, RolloutDriver } from '../driver/driver.js';
import { rolloutDetails, rolloutRow } from '../reporting/rows.js';
import { AZURE_IOT_ROLLOUT } from '../reporting/thing-definitions.js';
import type { HubPort } from '../../iothub/ports.js';
import type { RolloutGuards } from '../environment.js';

/** A service for roll-outs, under its short name. */
export interface RolloutService extends DefinedService<RolloutServiceEnvironment>, HubService {}

type RolloutServiceSpec<P extends Readonly<Record<string, ParameterSpec>>> = Omit<
  ServiceSpec<P, RolloutServiceEnvironment>,
  'category'
> & {
  /** The rights at the hub that it requires; none if absent. */
  readonly needs?: readonly HubRight[];
};

/** Defines a service for roll-outs. */
export function defineRolloutService<const P extends Readonly<Record<string, ParameterSpec>>>(
  spec: RolloutServiceSpec<P>,
): RolloutService {
  const { needs = [], ...service } = spec;
  return { ...defineService<P, RolloutServiceEnvironment>({ ...service, category: 'Azure IoT Hub roll-outs' }), needs };
}

export const ROLLOUTS: ResultDefinition = {
  baseType: 'INFOTABLE',
  description: 'Rows of AzureIotRollout without the JSON fields',
  dataShape: AZURE_IOT_ROLLOUT,
};

export const ONE_ROLLOUT: ResultDefinition = { ...ROLLOUTS, description: 'One row of AzureIotRollout' };

export const THE_ROLLOUT_ID: ResultDefinition = { baseType: 'STRING', description: 'The id of the roll-out' };

/** Returns the row of a roll-out with definition, batches, failures and history. */
export async function wholeRow({ driver }: RolloutServiceEnvironment, rolloutId: string): Promise<NativeRow> {
  const details = await driver.details(rolloutId);
  return { ...rolloutRow(details), ...rolloutDetails(details) };
}

/** Whether a row fits one message of the platform. */
export function fits(env: RolloutServiceEnvironment, row: NativeRow): boolean {
  return rowBytes(AZURE_IOT_ROLLOUT, row) <= usableBytes(env.messageLimits);
}

/** Returns the row after a change. The change has been made, so a row that does not fit a message is returned without details. */
export async function rowAfter(env: RolloutServiceEnvironment, status: RolloutStatus): Promise<NativeRow[]> {
  const row = await wholeRow(env, status.record.rolloutId);
  return [fits(env, row) ? row : rolloutRow(status)];
}

/** The dependencies of the services for roll-outs of one Thing. */
export interface RolloutServiceEnvironment {
  readonly driver: RolloutDriver;
  /** Whether the store outlives a restart; otherwise no roll-out is started. */
  readonly isDurable: boolean;
  readonly hub: HubPort;
  readonly guards: RolloutGuards;
  readonly messageLimits: MessageLimits;
  readonly parsesConditions: boolean;
  /** `services.connectTimeoutInSeconds`. */
  readonly connectTimeoutInSeconds: number;
  /** The Thing through which roll-outs are started. */
  readonly thing: string;
  readonly newRolloutId: () => string;
}
