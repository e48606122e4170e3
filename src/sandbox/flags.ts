/**
 * The options of the sandbox that are also flags of its command, in the order of its help. Schema, types, flags, defaults
 * and help all derive from this table, which needs no library: `--help` must not load the schema's.
 */
interface FlagSpec {
  /** What the help calls the value. */
  readonly value: string;
  readonly description: string;
  /** What happens without the option, in words, where it has no default value. */
  readonly otherwise?: string;
}

export interface WholeNumberFlag extends FlagSpec {
  readonly kind: 'wholeNumber';
  readonly min: number;
  readonly max: number;
}

/** A whole number with a default; without one the option may be absent. */
export interface DefaultedWholeNumberFlag extends WholeNumberFlag {
  readonly default: number;
}

export interface ChoiceFlag<Choice extends string = string> extends FlagSpec {
  readonly kind: 'choice';
  readonly choices: readonly [Choice, ...Choice[]];
  readonly default: Choice;
}

/** A string of at least one character. */
export interface TextFlag extends FlagSpec {
  readonly kind: 'text';
  readonly maxLength?: number;
  readonly pattern?: RegExp;
  /** The end of the error text when `pattern` does not match. */
  readonly mismatch?: string;
}

/** A string with a default; without one the option may be absent. */
export interface DefaultedTextFlag extends TextFlag {
  readonly default: string;
}

export type SandboxFlag = WholeNumberFlag | DefaultedWholeNumberFlag | ChoiceFlag | TextFlag | DefaultedTextFlag;

const wholeNumber = <Spec extends Omit<WholeNumberFlag, 'kind'>>(spec: Spec) => ({
  kind: 'wholeNumber' as const,
  ...spec,
});
const text = <Spec extends Omit<TextFlag, 'kind'>>(spec: Spec) => ({ kind: 'text' as const, ...spec });

const port = (description: string, byDefault: number) =>
  wholeNumber({ value: 'port', description, min: 0, max: 65_535, default: byDefault });

const TIERS = ['F1', 'S1', 'S2', 'S3', 'unlimited'] as const;
const tier: ChoiceFlag<(typeof TIERS)[number]> = {
  kind: 'choice',
  value: 'tier',
  description: 'IoT Hub tier whose throttles and quotas are enforced: F1, S1, S2, S3 or unlimited',
  choices: TIERS,
  default: 'unlimited',
};

export const SANDBOX_FLAGS = {
  devices: wholeNumber({
    value: 'n',
    description: 'simulated devices on the Azure device SDK; 0 for none',
    min: 0,
    max: 10_000,
    default: 10,
  }),
  lightDevices: wholeNumber({
    value: 'n',
    description: 'devices simulated inside the hub',
    min: 0,
    max: 1_000_000,
    default: 0,
  }),
  httpPort: port('ThingWorx: HTTP, REST and WebSocket; 0 for a free port', 8080),
  hubPort: port('IoT Hub: service API and MQTT over WebSocket; 0 for a free port', 8443),
  mqttPort: port('IoT Hub: MQTT over TLS; 0 for a free port', 8883),
  host: text({ value: 'address', description: 'address to listen on', maxLength: 255, default: '127.0.0.1' }),
  adminPort: wholeNumber({
    value: 'port',
    description: "the agent's admin server with the console, in `all`; 0 for a free port",
    otherwise: '9009, or a free port if that is in use',
    min: 0,
    max: 65_535,
  }),
  consoleKey: text({
    value: 'key',
    description: 'key of the console, at least 16 characters',
    otherwise: 'generated and printed',
    pattern: /^.{16,4096}$/s,
    mismatch: 'must have at least 16 characters',
  }),
  deviceScript: text({
    value: 'file',
    description: 'YAML file with the behaviour of simulated devices, by patterns of their ids',
  }),
  hubName: text({
    value: 'name',
    description: "the hub's host name, in connection strings and certificates",
    pattern: /^[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/,
    mismatch: 'is not a host name',
    default: 'localhost',
  }),
  tier,
  units: wholeNumber({ value: 'n', description: 'units of the tier', min: 1, max: 200, default: 1 }),
  latency: wholeNumber({
    value: 'ms',
    description: 'milliseconds added to each response of the service API',
    min: 0,
    max: 60_000,
    default: 0,
  }),
  stateDir: text({
    value: 'folder',
    description: 'keep certificates, keys, devices, twins, jobs and Things in this folder',
    otherwise: 'a temporary folder, removed at the end',
  }),
  databaseUrl: text({
    value: 'url',
    description: 'PostgreSQL database for the state of the agent, instead of the state folder',
    otherwise: 'none',
    maxLength: 4096,
  }),
  appKey: text({
    value: 'key',
    description: 'application key of ThingWorx',
    otherwise: 'generated and printed',
    maxLength: 127,
  }),
  readyFile: text({
    value: 'file',
    description: 'write addresses and keys to this file, as JSON, once everything listens',
  }),
  thing: text({
    value: 'name',
    description: "name of the agent's RemoteThing",
    pattern: /^[A-Za-z][A-Za-z0-9_.-]{0,254}$/,
    mismatch: 'is not a valid Thing name',
    default: 'AzureIotHub',
  }),
};

export type SandboxFlagKey = keyof typeof SANDBOX_FLAGS;

/** The flag of an option: `--http-port` for `httpPort`. */
export const flagNameOf = (key: string): string =>
  `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** The description of an option with what applies without it, for the help. */
export function flagHelp(flag: SandboxFlag): string {
  const otherwise = 'default' in flag ? flag.default : flag.otherwise;
  return otherwise === undefined ? flag.description : `${flag.description} (default: ${otherwise})`;
}
