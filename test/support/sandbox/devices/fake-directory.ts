import type { DeviceDirectory, EndpointId } from '../../../../src/sandbox/iothub/ports';
import { endpointKey } from '../../../../src/sandbox/iothub/model/endpoint';

/** A directory that knows devices by a fixed list of passwords or thumbprints, and keeps what they report. */
export class FakeDirectory implements DeviceDirectory {
  readonly connected = new Map<string, boolean>();
  readonly reported = new Map<string, Record<string, unknown>>();
  readonly desired = new Map<string, Record<string, unknown>>();
  readonly telemetryBytes = new Map<string, number>();
  readonly thumbprints = new Set<string>();
  /** Keys of the devices that are accepted, with any token or with a registered thumbprint. */
  readonly known = new Set<string>();
  onConnected: (key: string, connected: boolean) => void = () => undefined;
  onReported: (key: string, patch: unknown) => void = () => undefined;
  onTelemetry: (key: string) => void = () => undefined;

  authenticate(id: EndpointId, credentials: { sasToken?: string; x509Thumbprint?: string }) {
    const known = this.known.has(endpointKey(id));
    const good = credentials.x509Thumbprint
      ? this.thumbprints.has(credentials.x509Thumbprint)
      : (credentials.sasToken ?? '').startsWith('SharedAccessSignature ');
    return known && good ? ({ ok: true } as const) : ({ ok: false, reason: 'unknown' } as const);
  }

  deviceTwin(id: EndpointId) {
    const key = endpointKey(id);
    return {
      desired: { ...this.desired.get(key), $version: 1 },
      reported: { ...this.reported.get(key), $version: 1 },
    };
  }

  async patchReported(id: EndpointId, patch: unknown) {
    if (typeof patch !== 'object' || patch === null) return { status: 400, body: { errorCode: 400_004 } };
    const key = endpointKey(id);
    this.reported.set(key, { ...this.reported.get(key), ...patch });
    this.onReported(key, patch);
    return { status: 204, version: 2 };
  }

  setConnected(id: EndpointId, connected: boolean): void {
    this.connected.set(endpointKey(id), connected);
    this.onConnected(endpointKey(id), connected);
  }

  telemetry(id: EndpointId, bytes: number): void {
    const key = endpointKey(id);
    this.telemetryBytes.set(key, (this.telemetryBytes.get(key) ?? 0) + bytes);
    this.onTelemetry(key);
  }
}
