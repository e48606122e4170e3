/** Parts of the API's messages that several of them share. Requests refuse unknown fields; readers of answers skip them. */
import { z } from 'zod';

/** ISO 8601 text in UTC, such as `2026-03-01T12:00:00.000Z`. */
export const time = z.iso.datetime();

/** A number of things. */
export const count = z.int().min(0);

/** The name of a hub in the configuration. */
export const hubName = z.string().min(1).max(63).describe('Name of the hub in the configuration');

export const jobId = z.string().min(1).max(256).describe('Id of the job');

export const rolloutId = z.string().min(1).max(64).describe('Id of the roll-out');

export const MAX_LIMIT = 1000;

/** The number of items of a page of a list. */
export const limit = (byDefault: number) =>
  z.coerce.number().int().min(1).max(MAX_LIMIT).default(byDefault).describe('Maximum number of items');

export const cursor = z
  .string()
  .min(1)
  .max(8192)
  .optional()
  .describe('The cursor of the page before, for the same filters; the first page if omitted');

/** One page of a list; the last one has the cursor `null`. A page may have fewer items than its limit. */
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), cursor: z.string().nullable().describe('For the next page; null after the last') });

export const errorAnswer = z
  .object({
    error: z.object({
      code: z.string().describe('A code of docs/errors.md'),
      message: z.string().describe('What is wrong, and with which value'),
      remedy: z.string().describe('What to do'),
    }),
  })
  .meta({ id: 'Error' });
