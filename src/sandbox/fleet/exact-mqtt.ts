import { Mqtt } from 'azure-iot-device-mqtt';
import { parseJson, stringifyJson } from '../../core/exact-json.js';

type OnMethod = Parameters<Mqtt['onDeviceMethod']>[1];
type MethodMessage = Parameters<OnMethod>[0];

interface MethodResponse {
  readonly requestId: string;
  readonly status: number;
  readonly payload: unknown;
}

/** Private members of the transport, as of azure-iot-device-mqtt 1.16. */
interface TransportInside {
  readonly _mqtt: {
    publish(topic: string, payload: string, options: object, done: (error?: Error) => void): void;
  };
}

/**
 * The MQTT transport of the Azure device SDK, extended to preserve all digits of whole numbers in method payloads. The SDK
 * reads and writes payloads with JSON.parse and JSON.stringify. Therefore this transport passes it a payload as JSON text
 * in a string, to be parsed with `payloadOf`, and publishes a response that JSON.stringify cannot write without the SDK.
 */
export class ExactMqtt extends Mqtt {
  override onDeviceMethod(methodName: string, callback: OnMethod): void {
    super.onDeviceMethod(methodName, (message, response) => callback(wrapped(message), response));
  }

  override sendMethodResponse(response: MethodResponse, done?: (error?: Error) => void): void {
    const text = stringifyJson(response.payload);
    if (text === undefined || !hasBigint(response.payload)) {
      super.sendMethodResponse(response as never, done);
      return;
    }
    const { _mqtt: mqtt } = this as unknown as TransportInside;
    const topic = `$iothub/methods/res/${response.status}/?$rid=${response.requestId}`;
    mqtt.publish(topic, text, { qos: 0, retain: false }, (error) => done?.(error));
  }
}

/** Returns the payload of a request received through `ExactMqtt`. */
export const payloadOf = (given: unknown): unknown => (typeof given === 'string' ? parseJson(given) : undefined);

/** A body that is not JSON is left unchanged, because the SDK rejects it. */
function wrapped(message: MethodMessage): MethodMessage {
  const text = String(message.body);
  try {
    parseJson(text);
  } catch {
    return message;
  }
  return { ...message, body: Buffer.from(JSON.stringify(text)) };
}

function hasBigint(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return false;
  } catch {
    return true;
  }
}
