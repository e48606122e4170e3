import { rename, rm, writeFile } from 'node:fs/promises';
import { AgentError, messageOf } from '../core/errors.js';

/** What `--ready-file` tells, once everything listens. Parts that were not started are left out. */
export interface ReadyInfo {
  /** Of the command itself. */
  readonly pid: number;
  readonly thingworx?: {
    readonly url: string;
    readonly wsUrl: string;
    readonly appKey: string;
    readonly thing: string;
  };
  readonly iothub?: {
    /** As it stands in connection strings and in the certificate. */
    readonly hostName: string;
    /** `host:port` of the service API and of MQTT over WebSocket. */
    readonly address: string;
    /** `host:port` of MQTT over TLS. */
    readonly mqttAddress: string;
    /** Of the policy iothubowner. */
    readonly connectionString: string;
    /** Of the policy service. */
    readonly serviceConnectionString: string;
    readonly caFile: string;
  };
  /** The devices on the Azure device SDK, with connection strings that can be used as they are. */
  readonly devices?: readonly { readonly deviceId: string; readonly connectionString: string }[];
  readonly agent?: { readonly adminUrl: string };
}

/**
 * Writes the ready file with mode 0600, whole or not at all: who waits for it never reads half of it.
 * @throws AgentError `StateUnwritable`.
 */
export async function writeReadyFile(file: string, info: ReadyInfo): Promise<void> {
  const partial = `${file}.${info.pid}.tmp`;
  try {
    await writeFile(partial, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 });
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new AgentError('StateUnwritable', `cannot write the ready file ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
