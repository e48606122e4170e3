import { createHash } from 'node:crypto';
import { invalidParameter } from '../../edge/parameter-rules.js';

/** What a walk through the devices of a roll-out is about. */
export interface DeviceWalk {
  readonly rolloutId: string;
  /** Of the roll-out: one that was deleted and made anew is another. */
  readonly nonce: string;
  readonly state?: string | undefined;
  readonly batch?: number | undefined;
}

const VERSION = 1;
const MAX_TOKEN_LENGTH = 200;

/** A token that leads to the device at `position`, and is good for this walk alone. */
export function writeDeviceToken(walk: DeviceWalk, position: number): string {
  return Buffer.from(JSON.stringify([VERSION, digest(walk), position]), 'utf8').toString('base64url');
}

/** The position of a token. @throws AgentError `InvalidArgument` for a token that is none of ours, or of another walk. */
export function readDeviceToken(walk: DeviceWalk, token: string): number {
  const [version, walkDigest, position, ...rest] = parse(token);
  if (version !== VERSION || rest.length > 0 || !Number.isInteger(position) || (position as number) < 0)
    throw invalidParameter('continuationToken', 'is not one that this service gave; leave it out to begin anew');
  if (walkDigest !== digest(walk))
    throw invalidParameter(
      'continuationToken',
      'belongs to another roll-out, state or batch; send the parameters of the first page again',
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
