import { stringify } from 'yaml';
import { ANY_INDEX, ANY_NAME, CONFIGURATION_KEYS, type KeyDescription } from './key-table.js';

/**
 * Example values for keys without a default. Keys that are not in `USED` are written as comments, so that the example is
 * a working configuration except for its credentials.
 */
const EXAMPLE_VALUES: Readonly<Record<string, unknown>> = {
  'thingworx.url': 'wss://thingworx.example.com/Thingworx/WS',
  'thingworx.appKey': 'put-the-application-key-here',
  'thingworx.appKeyFile': '/etc/twx-iothub/app-key',
  'thingworx.caFile': '/etc/twx-iothub/thingworx-ca.pem',
  'thingworx.clientCertificateFile': '/etc/twx-iothub/client.pem',
  'thingworx.clientKeyFile': '/etc/twx-iothub/client-key.pem',
  'thingworx.proxy': 'http://proxy.example.com:3128',
  'thingworx.gateway.name': 'AzureGateway',
  'thingworx.gateway.type': 'AzureIotHub',
  'iothubs.<name>.connectionString':
    'HostName=example.azure-devices.net;SharedAccessKeyName=twx-iothub;SharedAccessKey=cHV0LXRoZS1rZXktaGVyZQ==',
  'iothubs.<name>.connectionStringFile': '/etc/twx-iothub/hub-connection-string',
  'iothubs.<name>.sasToken': 'SharedAccessSignature sr=example.azure-devices.net&sig=...&se=...&skn=...',
  'iothubs.<name>.sasTokenFile': '/etc/twx-iothub/hub-sas-token',
  'iothubs.<name>.hostName': 'example.azure-devices.net',
  'iothubs.<name>.credential': 'managedIdentity',
  'iothubs.<name>.address': '10.0.0.4:8443',
  'iothubs.<name>.caFile': '/etc/twx-iothub/hub-ca.pem',
  'iothubs.<name>.proxy': 'http://proxy.example.com:3128',
  'things.<n>.name': 'AzureIotHub',
  'things.<n>.identifier': 'azure-iot-hub',
  'things.<n>.iothub': 'main',
  'services.allow': ['GetJob', 'FindJobs', 'QueryJobResultsPage'],
  'services.deny': ['CancelJob'],
  'guards.maxDevicesPerJob': 1000,
  'guards.maxDevicesPerRollout': 50_000,
  'guards.approvalAbove': 1000,
  'rollouts.maxConcurrentJobs': 5,
  'guards.allowedMethods': ['reboot', 'get*'],
  'watch.intervalSeconds': 10,
  'console.key': 'put-a-long-random-key-here',
  'console.keyFile': '/etc/twx-iothub/console-key',
  'console.allow': ['PauseRollout', 'ResumeRollout'],
  'console.publicUrl': 'https://fleet.example.com',
  stateDir: '/var/lib/twx-iothub',
  'database.url': 'postgres://twx:put-the-password-here@database.example.com:5432/twx',
  'database.urlFile': '/etc/twx-iothub/database-url',
  'database.caFile': '/etc/twx-iothub/database-ca.pem',
  'database.clientCertificateFile': '/etc/twx-iothub/database-client.pem',
  'database.clientKeyFile': '/etc/twx-iothub/database-client-key.pem',
  'cluster.agentName': 'agent-1',
};

/** Keys that are set in the example although they have no default. */
const USED = new Set([
  'thingworx.url',
  'thingworx.appKey',
  'iothubs.<name>.connectionString',
  'things.<n>.name',
  'things.<n>.iothub',
]);

/** Groups that are comments in the example. */
const COMMENTED_GROUPS = new Set(['thingworx.gateway', 'database', 'cluster']);

const HEADER = `# Configuration of thingworx-iothub-agent. All keys are listed; those that are commented out have no default.
#
#   twx-iothub config validate --config FILE     reports all errors at once
#   twx-iothub config explain KEY --config FILE  shows where a value comes from
#
# If several files are given, later ones win. Environment variables override files: TWX_IOTHUB__ followed by the path with
# __ between its parts, for example TWX_IOTHUB__THINGWORX__APPKEY or TWX_IOTHUB__LOG__LEVEL.
# Keep secrets in files (appKeyFile, connectionStringFile) that only the agent's user can read: chmod 600 FILE.
`;

/** Generates the example configuration: every key with its meaning. */
export function exampleConfiguration(keys: readonly KeyDescription[] = CONFIGURATION_KEYS): string {
  return [HEADER.trimEnd(), ...keys.map(linesOf).filter((lines) => lines !== '')].join('\n').concat('\n');
}

function linesOf(key: KeyDescription): string {
  const id = key.path.join('.');
  const last = key.path.at(-1) ?? '';
  if (last === ANY_INDEX) return '';
  const separator = key.path.length === 1 ? '\n' : '';
  const setting = `${leadOf(key, id)}${nameOf(last)}:${valueOf(key, id)}`;
  if (last === ANY_NAME || key.description === '') return `${separator}${setting}`;
  return `${separator}${commentLeadOf(key)}# ${key.description}${limitsOf(key)}\n${setting}`;
}

const isInCommentedGroup = (key: KeyDescription): boolean => COMMENTED_GROUPS.has(key.path.slice(0, -1).join('.'));
const isFirstOfItem = (key: KeyDescription): boolean => key.path.includes(ANY_INDEX) && key.path.at(-1) === 'name';

function commentLeadOf(key: KeyDescription): string {
  const depth = key.path.length - 1;
  if (isInCommentedGroup(key)) return `${'  '.repeat(depth - 1)}#   `;
  return '  '.repeat(isFirstOfItem(key) ? depth - 1 : depth);
}

/** Indentation, comment mark, and the dash of a list item. */
function leadOf(key: KeyDescription, id: string): string {
  const depth = key.path.length - 1;
  if (isInCommentedGroup(key)) return commentLeadOf(key);
  if (isFirstOfItem(key)) return `${'  '.repeat(depth - 1)}- `;
  const isComment = COMMENTED_GROUPS.has(id) || isWithoutValue(key, id);
  return `${'  '.repeat(depth)}${isComment ? '# ' : ''}`;
}

const nameOf = (part: string): string => (part === ANY_NAME ? 'main' : part);

const isWithoutValue = (key: KeyDescription, id: string): boolean =>
  isLeaf(key) && key.defaultValue === undefined && !USED.has(id);

const isLeaf = ({ kind }: KeyDescription): boolean => kind !== 'group' && kind !== 'namedGroups' && kind !== 'list';

function valueOf(key: KeyDescription, id: string): string {
  if (!isLeaf(key)) return '';
  const value = key.defaultValue ?? EXAMPLE_VALUES[id];
  if (value === undefined) throw new TypeError(`${id} has no default; add an example value to EXAMPLE_VALUES`);
  return ` ${stringify(value, { collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 }).trimEnd()}`;
}

function limitsOf(key: KeyDescription): string {
  if (key.choices) return ` One of ${key.choices.join(', ')}.`;
  if (key.minimum !== undefined && key.maximum !== undefined) return ` ${key.minimum} to ${key.maximum}.`;
  if (key.minimum !== undefined) return ` At least ${key.minimum}.`;
  return '';
}
