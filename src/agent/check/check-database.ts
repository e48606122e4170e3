import type { Clock } from '../../core/clock.js';
import type { DatabaseProbe } from '../../store/postgres/probe.js';
import type { DatabaseConfig } from '../config/agent-config.js';
import { isEncryptedOrLocal } from '../config/database-checks.js';
import { databaseSettings, placeOfDatabase } from '../database-state.js';
import { type CheckStep, StepLog, type StepListener } from './step.js';

const SKEW_WARNING_SECONDS = 60;

/** Tries what the agent needs of its database, without changing anything there. */
export async function checkDatabase(
  config: DatabaseConfig,
  clock: Clock,
  listener: StepListener,
): Promise<readonly CheckStep[]> {
  const log = new StepLog('database', listener);
  const { probeDatabase } = await import('../../store/postgres/probe.js');
  const probe = await probeDatabase(await databaseSettings(config));
  if ('message' in probe) {
    const remedy = probe.isRefused
      ? 'check user, password and database in database.url'
      : 'check host, port and sslmode in database.url, and that the server runs';
    log.failed('connection', probe.message, remedy);
    log.skipped('TLS', 'rights', 'schema', 'clock');
    return log.steps;
  }
  reportServer(log, config, probe);
  reportTls(log, config, probe);
  reportSchema(log, config, probe);
  reportClock(log, clock, probe);
  return log.steps;
}

function reportServer(log: StepLog, config: DatabaseConfig, probe: DatabaseProbe): void {
  const detail = `${placeOfDatabase(config)}, version ${probe.serverVersion}, encoding ${probe.encoding}`;
  if (!probe.isServerSupported) log.failed('connection', detail, 'use PostgreSQL 13 or later');
  else if (probe.encoding !== 'UTF8') log.failed('connection', detail, 'create a database with the encoding UTF8');
  else log.ok('connection', detail);
}

function reportTls(log: StepLog, { url }: DatabaseConfig, { tls }: DatabaseProbe): void {
  if (tls !== undefined) return log.ok('TLS', tls);
  if (isEncryptedOrLocal(url)) return log.ok('TLS', 'none, on this machine');
  log.warning('TLS', 'none: the password and all state are sent in clear text', 'remove sslmode=disable');
}

function reportSchema(log: StepLog, { schema }: DatabaseConfig, probe: DatabaseProbe): void {
  if (probe.missingGrant !== undefined) {
    log.failed('rights', 'the role lacks a right', `run \`${probe.missingGrant};\` as the owner of the database`);
    log.skipped('schema');
    return;
  }
  log.ok('rights', 'granted');
  const { schemaVersion, knownSchemaVersion } = probe;
  if (schemaVersion === 0) return log.ok('schema', `${schema} is created when an agent starts`);
  if (schemaVersion <= knownSchemaVersion) return log.ok('schema', `${schema} has version ${schemaVersion}`);
  const detail = `${schema} has version ${schemaVersion}, and this program knows version ${knownSchemaVersion}`;
  log.failed('schema', detail, 'install the version of the program that the other agents have');
}

function reportClock(log: StepLog, clock: Clock, { nowMs }: DatabaseProbe): void {
  const seconds = Math.round(Math.abs(clock.nowMs() - nowMs) / 1000);
  const detail = `differs by ${seconds} s from this machine`;
  if (seconds > SKEW_WARNING_SECONDS) log.warning('clock', detail, 'synchronize the clocks of both machines');
  else log.ok('clock', detail);
}
