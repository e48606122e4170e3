import { AgentError, isAgentError } from '../../core/errors.js';
import { stringifyJson } from '../../core/exact-json.js';
import { checkDocument } from '../../documents/check.js';
import { formatProblem, type Problem, sortProblems } from '../../documents/problem.js';
import { parseDocument, readDocument, type SourceDocument } from '../../documents/read.js';
import { type AgentConfig, toAgentConfig } from './agent-config.js';
import { type Assignments, environmentAssignments, flagAssignments, flagWarnings } from './assignments.js';
import { type FileRights, PROCESS_FILE_RIGHTS } from './file-rights.js';
import { checkRelations } from './checks.js';
import { checkDatabaseTls } from './database-checks.js';
import { filePaths, readNamedFiles, resolveFile } from './files.js';
import { type LayeredValue, layer, valueAt } from './layers.js';
import { checkServiceNames } from './checks.js';
import { type Configuration, type ConfigurationInput, configurationSchema } from './schema.js';

/** The sources of a configuration; later ones win. */
export interface ConfigurationSources {
  /** YAML or JSON, in order. */
  readonly files: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Flags: `key=value`. */
  readonly settings?: readonly string[];
  /** Default: the rights of this process. */
  readonly fileRights?: FileRights;
}

/** A configuration that has been read but not checked. */
export interface ReadConfiguration {
  readonly layered: LayeredValue;
  readonly problems: readonly Problem[];
  /** Problems that do not prevent the agent from working but should be fixed. */
  readonly warnings: readonly Problem[];
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: AgentConfig;
      /** With all defaults but without the contents of secret files; printed by `config print`. */
      readonly effective: Configuration;
      readonly layered: LayeredValue;
      readonly warnings: readonly Problem[];
    }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly Problem[] };

/** Reads and merges the sources; problems concern only syntax and the names of variables. */
export async function readConfiguration(sources: ConfigurationSources): Promise<ReadConfiguration> {
  const documents: SourceDocument[] = [];
  for (const file of sources.files) documents.push(await readOrExplain(file));
  const files = layer(documents, []);
  const environment = environmentAssignments(sources.environment ?? {}, files.value);
  const flags = flagAssignments(sources.settings ?? []);
  return {
    layered: layer(documents, assigned(environment, flags)),
    problems: problemsOf(documents, environment, flags),
    warnings: flagWarnings(flags.assignments),
  };
}

const assigned = (...sources: readonly Assignments[]) => sources.flatMap(({ assignments }) => assignments);

const problemsOf = (documents: readonly SourceDocument[], ...others: readonly Assignments[]): Problem[] =>
  [...documents, ...others].flatMap(({ problems }) => problems);

async function readOrExplain(file: string): Promise<SourceDocument> {
  try {
    const document = await readDocument(file);
    if (document.problems.length > 0 || isMapOrEmpty(document.value)) return document;
    const problem = { origin: document.locate([]), path: [], message: 'must be a map of keys' };
    return { ...document, value: {}, problems: [problem] };
  } catch (error) {
    if (!isAgentError(error, 'DocumentUnreadable')) throw error;
    const problem = { origin: { source: file }, path: [], message: error.message.replace(`${file}: `, '') };
    return { ...parseDocument('', file), problems: [problem] };
  }
}

const isMapOrEmpty = (value: unknown): boolean =>
  value === null || value === undefined || (typeof value === 'object' && !Array.isArray(value));

/**
 * Reads, merges and checks the sources; returns the configuration, or all of its problems.
 * @throws AgentError `WrapperInvalid` for errors in the wrapper descriptions that it names.
 */
export async function loadConfiguration(sources: ConfigurationSources): Promise<LoadResult> {
  const { layered, problems: readProblems, warnings } = await readConfiguration(sources);
  const hasBrokenFile = readProblems.some(({ origin }) => sources.files.includes(origin.source));
  // If a file cannot be read, every key in it would be reported as missing.
  if (hasBrokenFile) return { ok: false, problems: sortProblems(readProblems), warnings };
  return checkAll({ layered, problems: readProblems, warnings }, sources.fileRights);
}

/** Checks a configuration again that was read before, with the present contents of the files that it names. */
export function recheck(layered: LayeredValue, rights?: FileRights): Promise<LoadResult> {
  return checkAll({ layered, problems: [], warnings: [] }, rights);
}

async function checkAll(
  { layered, problems: readProblems, warnings: readWarnings }: ReadConfiguration,
  rights: FileRights = PROCESS_FILE_RIGHTS,
): Promise<LoadResult> {
  const checked = checkDocument(layered, configurationSchema);
  const named = await readNamedFiles(layered, rights);
  const warnings = [...readWarnings, ...named.warnings];
  const problems = [
    ...readProblems,
    ...(checked.ok ? [] : checked.problems),
    ...checkRelations(layered),
    ...named.problems,
  ];
  if (!checked.ok || problems.length > 0)
    return { ok: false, problems: sortProblems(withoutRepeats(problems)), warnings };
  const effective = withFilesResolved(checked.value, layered);
  const config = toAgentConfig(withSecrets(effective, named.secrets));
  const nameProblems = [...checkDatabaseTls(config, layered), ...(await checkServiceNames(config, layered))];
  if (nameProblems.length > 0) return { ok: false, problems: nameProblems, warnings };
  const thingworx = { ...effective.thingworx, url: config.thingworx.address.webSocketUrl };
  return { ok: true, config, effective: { ...effective, thingworx, things: [...config.things] }, layered, warnings };
}

/** A configuration without problems. */
export type LoadedConfiguration = Extract<LoadResult, { readonly ok: true }>;

/**
 * Like `loadConfiguration`.
 * @param onWarning is called for each problem that does not prevent the agent from working but should be fixed.
 * @throws AgentError `ConfigurationInvalid`, one problem a line.
 */
export async function loadUsable(
  sources: ConfigurationSources,
  onWarning: (warning: Problem) => void = () => undefined,
): Promise<LoadedConfiguration> {
  const result = await loadConfiguration(sources);
  result.warnings.forEach(onWarning);
  if (result.ok) return result;
  throw configurationInvalid(result.problems);
}

/** Like `loadUsable`, for those who need only the configuration. */
export async function loadAgentConfig(
  sources: ConfigurationSources,
  onWarning?: (warning: Problem) => void,
): Promise<AgentConfig> {
  return (await loadUsable(sources, onWarning)).config;
}

/** Checks a configuration that comes from a program instead of files. @throws AgentError `ConfigurationInvalid`. */
export async function agentConfigFrom(input: ConfigurationInput): Promise<AgentConfig> {
  const document = parseDocument(stringifyJson(input) ?? '', 'configuration');
  const { problems } = document;
  const result = await checkAll({ layered: layer([document], []), problems, warnings: [] });
  if (result.ok) return result.config;
  throw configurationInvalid(result.problems);
}

/** One error with all problems, one per line. */
export function configurationInvalid(problems: readonly Problem[]): AgentError {
  return new AgentError('ConfigurationInvalid', problems.map(formatProblem).join('\n'));
}

/** Keeps one problem for each path, that of the first rule that it violates. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const id = JSON.stringify([problem.origin, problem.path]);
    if (problem.path.length > 0 && seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** A copy in which all paths are absolute. */
function withFilesResolved(configuration: Configuration, layered: LayeredValue): Configuration {
  const copy = structuredClone(configuration);
  const paths = [...filePaths(layered.value), ...(configuration.stateDir === undefined ? [] : [['stateDir']])];
  for (const path of paths) {
    const holder = valueAt(copy, path.slice(0, -1)) as Record<string | number, unknown>;
    holder[path.at(-1) as string | number] = resolveFile(layered, path);
  }
  return copy;
}

/** A copy with the contents of secret files beside the keys that name them. */
function withSecrets(configuration: Configuration, secrets: ReadonlyMap<string, string>): Configuration {
  const copy = structuredClone(configuration);
  for (const [id, content] of secrets) {
    const path = id.split('/');
    const holder = valueAt(copy, path.slice(0, -1)) as Record<string, unknown>;
    holder[path.at(-1) as string] = content;
  }
  return copy;
}
