import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { AgentError } from '../core/errors.js';

const MAX_CURSOR = 8192;

/** Writes where the next page of a list begins. @param filters what the list was asked with, without limit and cursor. */
export function writeCursor(filters: unknown, position: unknown): string {
  return Buffer.from(JSON.stringify([digestOf(filters), position]), 'utf8').toString('base64url');
}

/** @throws AgentError `InvalidArgument` for a cursor of another list, or of none. */
export function readCursor<Schema extends z.ZodType>(
  filters: unknown,
  cursor: string | undefined,
  position: Schema,
): z.output<Schema> | undefined {
  if (cursor === undefined) return undefined;
  const [digest, written] = parsed(cursor);
  const read = position.safeParse(written);
  if (typeof digest !== 'string' || !read.success)
    throw new AgentError(
      'InvalidArgument',
      'The cursor is not one of this list; omit it to begin with the first page.',
    );
  if (digest !== digestOf(filters))
    throw new AgentError('InvalidArgument', 'The cursor belongs to other filters; send those of the first page again.');
  return read.data;
}

function parsed(cursor: string): readonly unknown[] {
  if (cursor.length > MAX_CURSOR || !/^[\w-]+$/.test(cursor)) return [];
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(value) ? (value as unknown[]) : [];
  } catch {
    return [];
  }
}

function digestOf(filters: unknown): string {
  return createHash('sha256').update(JSON.stringify(filters)).digest('base64url').slice(0, 16);
}
