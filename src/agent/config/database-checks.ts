import { isLoopback, readDatabaseUrl } from '../../store/database-url.js';
import type { Problem } from '../../documents/problem.js';
import type { AgentConfig } from './agent-config.js';
import { type LayeredValue, valueAt } from './layers.js';
import type { Rules } from './rules.js';

/** Why a text cannot be the URL of a database, without repeating it. */
export function databaseUrlFault(text: string): string | undefined {
  const address = readDatabaseUrl(text);
  return 'fault' in address ? address.fault : undefined;
}

/** The rules for `database` and `cluster` among themselves and with `stateDir`. */
export function checkDatabase(rules: Rules): void {
  const url = ['database', 'url'];
  rules.twin(url);
  rules.check(url, databaseUrlFault);
  const hasDatabase = rules.has(['database']);
  if (hasDatabase && !rules.has(url) && !rules.has(['database', 'urlFile']))
    rules.fail(url, 'is required', 'or database.urlFile');
  if (hasDatabase && rules.has(['stateDir']))
    rules.fail(['stateDir'], 'cannot be used with database', 'the state is in one place: remove one of them');
  if (!hasDatabase && rules.has(['cluster']))
    rules.fail(['cluster'], 'needs a database that the agents share', 'set database.url or database.urlFile');
  const certificate = ['database', 'clientCertificateFile'];
  const key = ['database', 'clientKeyFile'];
  if (rules.has(certificate) && !rules.has(key)) rules.fail(key, 'is required with clientCertificateFile');
  if (rules.has(key) && !rules.has(certificate)) rules.fail(certificate, 'is required with clientKeyFile');
}

/** Refuses a database on another machine without TLS, wherever its URL was written. */
export function checkDatabaseTls({ database }: AgentConfig, layered: LayeredValue): Problem[] {
  if (!database || database.allowInsecure || isEncryptedOrLocal(database.url)) return [];
  const path = ['database', valueAt(layered.value, ['database', 'url']) === undefined ? 'urlFile' : 'url'];
  const message = 'sends the password and all state in clear text';
  const hint = 'remove sslmode=disable, or set database.allowInsecure: true for a test system';
  return [{ origin: layered.locate(path), path, message, hint }];
}

/** Whether nobody on a network can read what is sent to the database. */
export function isEncryptedOrLocal(url: string): boolean {
  const address = readDatabaseUrl(url);
  return 'fault' in address || address.sslMode !== 'disable' || isLoopback(address.host);
}
