import { AgentError, messageOf } from '../core/errors.js';
import { replaceFile } from '../core/write-files.js';

/** The content of the file of `--ready-file`. Parts that were not started are left out. */
export interface ReadyInfo {
  /** The process id of the command. */
  readonly pid: number;
  readonly thingworx?: {
    readonly url: string;
    readonly wsUrl: string;
    readonly appKey: string;
    readonly thing: string;
  };
  readonly iothub?: {
    /** The host name in connection strings and in the certificate. */
    readonly hostName: string;
    /** `host:port` of the service API and of MQTT over WebSocket. */
    readonly address: string;
    /** `host:port` of MQTT over TLS. */
    readonly mqttAddress: string;
    /** Grants the rights of the policy iothubowner. */
    readonly connectionString: string;
    /** Grants the rights of the policy service. */
    readonly serviceConnectionString: string;
    readonly caFile: string;
  };
  /** The devices on the Azure device SDK, with connection strings that can be used unchanged. */
  readonly devices?: readonly { readonly deviceId: string; readonly connectionString: string }[];
  readonly agent?: { readonly adminUrl: string; readonly consoleKey: string };
}

/**
 * Writes the ready file with mode 0600 atomically, so that a waiting program never reads half of it. It replaces a
 * link of that name, and never writes through one.
 * @throws AgentError `StateUnwritable`.
 */
export async function writeReadyFile(file: string, info: ReadyInfo): Promise<void> {
  try {
    await replaceFile(file, `${JSON.stringify(info, null, 2)}\n`, 0o600);
  } catch (error) {
    throw new AgentError('StateUnwritable', `cannot write the ready file ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
