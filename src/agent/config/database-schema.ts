import { z } from 'zod';
import { file, SECRET, SECRET_FILE, text } from './value-kinds.js';

/** The PostgreSQL database that several agents share, instead of a state folder. */
export const database = z
  .strictObject({
    url: text
      .optional()
      .describe(
        'URL of the database: postgres://user:password@host:port/name?sslmode=verify-full; sslmode is disable, verify-ca or verify-full.',
      )
      .meta(SECRET),
    urlFile: file.optional().describe('File that holds the URL of the database.').meta(SECRET_FILE),
    caFile: file
      .optional()
      .describe('PEM file of the authorities that are trusted to sign the certificate of the database.'),
    clientCertificateFile: file.optional().describe('PEM file of the client certificate to present to the database.'),
    clientKeyFile: file
      .optional()
      .describe('PEM file of the private key of the client certificate; others must not be able to read it.'),
    allowInsecure: z
      .boolean()
      .default(false)
      .describe('Accept sslmode=disable for another machine, which sends the password and all state in clear text.'),
    schema: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'is not a valid name: use at most 63 letters, digits and _')
      .default('twx_iothub')
      .describe('Schema that holds the tables; created if it is missing.'),
    poolSize: z.int().min(1).max(50).default(4).describe('Connections for the state; one more renews the leases.'),
  })
  .optional()
  .describe('PostgreSQL database that several agents share; instead of stateDir.');

/** How agents that share a database divide the hubs. */
export const cluster = z
  .strictObject({
    leaseSeconds: z
      .int()
      .min(5)
      .max(120)
      .default(15)
      .describe('How long an agent may be silent before another one takes over its hubs.'),
    agentName: z
      .string()
      .regex(/^[^\s\p{Cc}]{1,128}$/u, 'is not a valid name: use 1 to 128 characters without white space')
      .optional()
      .describe('Name of this agent in status, logs and metrics. Default: host name and process id.'),
  })
  .prefault({})
  .describe('Several agents that share a database.');
