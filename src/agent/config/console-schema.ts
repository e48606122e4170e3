import { z } from 'zod';
import { SECRET, SECRET_FILE } from './value-kinds.js';

/** The shortest key that is accepted. */
export const MIN_CONSOLE_KEY = 16;

/** The web page of the agent, and who may use it. */
export const consoleKeys = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Serve the console at the root of the admin server.'),
    key: z
      .string()
      .min(MIN_CONSOLE_KEY)
      .max(4096)
      .optional()
      .describe(
        'Key to sign in with, at least 16 characters. Without one the console is read only, and off unless admin.host is a loopback address.',
      )
      .meta(SECRET),
    keyFile: z.string().min(1).max(4096).optional().describe('File that holds the key.').meta(SECRET_FILE),
    allow: z
      .array(z.string().min(1).max(255))
      .max(1000)
      .optional()
      .describe('Services that may be invoked from the console, by full or short name; all if omitted.'),
    publicUrl: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe('URL of the console as browsers see it, behind a reverse proxy; with https its cookies are Secure.'),
  })
  .describe('The console.');
