import { createHash } from 'node:crypto';
import { invalidParameter } from '../../edge/parameter-rules.js';

/** The parameters of a walk through the devices of a roll-out, which all its pages share. */
export interface DeviceWalk {
  readonly rolloutId: string;
  /** The nonce of the roll-out: a later roll-out with the same id has another one. */
  readonly nonce: string;
  readonly state?: string | undefined;
  readonly batch?: number | undefined;
}

const VERSION = 1;
const MAX_TOKEN_LENGTH = 200;

/** Returns the token of the page that begins at `position`; it is valid only for this walk. */
export function writeDeviceToken(walk: DeviceWalk, position: number): string {
  return Buffer.from(JSON.stringify([VERSION, digest(walk), position]), 'utf8').toString('base64url');
}

/** Returns the position in a token. @throws AgentError `InvalidArgument` for an invalid token, or one of another walk. */
export function readDeviceToken(walk: DeviceWalk, token: string): number {
  const [version, walkDigest, position, ...rest] = parse(token);
  if (version !== VERSION || rest.length > 0 || !Number.isInteger(position) || (position as number) < 0)
    throw invalidParameter(
      'continuationToken',
      'is not a token that this service returned; omit it to start with the first page',
    );
  if (walkDigest !== digest(walk))
    throw invalidParameter(
      'continuationToken',
      'belongs to another roll-out, state or batch; pass the same parameters as for the first page',
    );
  return position as number;
}

function parse(token: string): unknown[] {
  if (token.length > MAX_TOKEN_LENGTH || !/^[\w-]+$/.test(token)) return [];
  try {
    const fields: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(fields) ? fields : [];
  } catch {
    return [];
  }
}

function digest({ rolloutId, nonce, state, batch }: DeviceWalk): string {
  return createHash('sha256')
    .update(JSON.stringify([rolloutId, nonce, state ?? null, batch ?? null]))
    .digest('base64url')
    .slice(0, 16);
}
