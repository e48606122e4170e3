/** Devices of a hub that match a condition, and what happened to one of them. */
import { z } from 'zod';
import { cursor, hubName, limit, listOf, time } from './shapes.js';

const deviceId = z.string().min(1).max(128).describe('Id of the device');

export const device = z
  .object({
    hub: hubName,
    deviceId,
    etag: z.string().optional().describe('Of the twin'),
    status: z.string().optional().describe('enabled or disabled'),
    statusReason: z.string().optional(),
    authenticationType: z.string().optional().describe('sas, selfSigned or certificateAuthority'),
    connectionState: z.string().optional().describe('Connected or Disconnected'),
    lastActivityTime: time.optional(),
    tags: z.record(z.string(), z.unknown()),
    desired: z.record(z.string(), z.unknown()).describe('Desired properties without metadata'),
    reported: z.record(z.string(), z.unknown()).describe('Reported properties without metadata'),
  })
  .meta({ id: 'Device' });

export const deviceQuery = z.strictObject({
  hub: hubName,
  condition: z.string().max(8192).default('*').describe('The part of a query after WHERE; `*` for all devices'),
  cursor,
  limit: limit(100),
});

export const devicePath = z.strictObject({ hub: hubName, id: deviceId });

export const deviceJobsQuery = z.strictObject({ cursor, limit: limit(100) });

export const deviceList = listOf(device);
