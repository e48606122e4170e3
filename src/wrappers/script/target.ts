import { HUB_SERVICES } from '../../catalogue/hub-services.js';

/** The base type in which the job services that a script calls accept the payload of a method. */
export type PayloadType = 'json' | 'infotable' | 'string';

export interface ScriptTarget {
  readonly payloadType: PayloadType;
  /** The service that schedules direct methods. */
  readonly methodService: string;
  /** The service that schedules twin updates. */
  readonly twinService: string;
  /** Sent if the description sets none, for services that would otherwise wait forever. */
  readonly fallbackConnectTimeoutInSeconds?: number;
}

export const AGENT_TARGET: ScriptTarget = {
  payloadType: 'json',
  methodService: HUB_SERVICES.fullNameOf('ScheduleDeviceMethodJob'),
  twinService: HUB_SERVICES.fullNameOf('ScheduleTwinUpdateJob'),
};
