/** How the job services that a script calls want the payload of a method. */
export type PayloadType = 'json' | 'infotable' | 'string';

export interface ScriptTarget {
  readonly payloadType: PayloadType;
  /** The service that schedules direct methods. */
  readonly methodService: string;
  /** The service that schedules twin updates. */
  readonly twinService: string;
  /** Sent where the description has none: for services that would wait for ever. */
  readonly fallbackConnectTimeoutInSeconds?: number;
}

export const AGENT_TARGET: ScriptTarget = {
  payloadType: 'json',
  methodService: 'AzureIotDeviceJobScheduleDeviceMethodJob',
  twinService: 'AzureIotDeviceJobScheduleTwinUpdateJob',
};
