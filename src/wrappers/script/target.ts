import { HUB_SERVICES } from '../../catalogue/hub-services.js';
import type { WrapperService } from '../definition.js';

/** The base type in which the services that a script calls accept the payload of a method. */
export type PayloadType = 'json' | 'infotable' | 'string';

export interface ScriptTarget {
  readonly payloadType: PayloadType;
  /** The service that schedules direct methods. */
  readonly methodService: string;
  /** The service that schedules twin updates. */
  readonly twinService: string;
  /** The service that starts roll-outs. */
  readonly rolloutService: string;
  /** Sent if the description sets none, for services that would otherwise wait forever. */
  readonly fallbackConnectTimeoutInSeconds?: number;
}

export const AGENT_TARGET: ScriptTarget = {
  payloadType: 'json',
  methodService: HUB_SERVICES.fullNameOf('ScheduleDeviceMethodJob'),
  twinService: HUB_SERVICES.fullNameOf('ScheduleTwinUpdateJob'),
  rolloutService: HUB_SERVICES.fullNameOf('StartRollout'),
};

/** The service of the hub Thing that the script of a service calls. */
export function targetServiceOf({ starts, kind }: WrapperService, target: ScriptTarget): string {
  if (starts === 'rollout') return target.rolloutService;
  return kind === 'deviceMethod' ? target.methodService : target.twinService;
}

/** Roll-outs of the agent take JSON, whatever the job services of another connector take. */
export function payloadTypeOf(service: WrapperService, target: ScriptTarget): PayloadType {
  return service.starts === 'rollout' && HUB_SERVICES.has(target.rolloutService) ? 'json' : target.payloadType;
}
