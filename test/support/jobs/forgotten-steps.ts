/** What a project needs for each service of the hub Thing, as texts. */
export interface ServiceProject {
  /** Sources of services by path. */
  readonly sources: ReadonlyMap<string, string>;
  /** Short names of the services of the catalogue. */
  readonly listed: readonly string[];
  /** The full name of a service with this short name. */
  readonly fullNameOf: (name: string) => string;
  /** Every code of the table of error codes. */
  readonly errorCodes: readonly string[];
  readonly servicesPage: string;
  readonly errorsPage: string;
  /** The entity file of the hub bundle. */
  readonly hubEntities: string;
  /** The contract tests of the services. */
  readonly contractTests: string;
}

/** One sentence for each step of "Add a service" (CONTRIBUTING.md) that was left out. */
export function forgottenSteps(project: ServiceProject): string[] {
  const defined = [...project.sources].flatMap(([file, source]) => definedIn(source).map((name) => ({ file, name })));
  return [
    ...defined
      .filter(({ name }) => !project.listed.includes(name))
      .map(({ file, name }) => `${name} (${file}): add it to the list in services.ts beside it`),
    ...project.listed
      .filter((name) => !project.servicesPage.includes(`\n## ${name}\n`))
      .map((name) => `${name} is missing in docs/services.md: run \`npm run generate\``),
    ...project.listed
      .filter((name) => !project.hubEntities.includes(`name="${project.fullNameOf(name)}"`))
      .map((name) => `${name} is missing in wrappers/hub: run \`npm run generate\``),
    ...project.listed
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(project.contractTests))
      .map((name) => `${name} has no contract test: call it in test/contract`),
    ...project.errorCodes
      .filter((code) => !project.errorsPage.includes(`| \`${code}\``))
      .map((code) => `${code} is missing in docs/errors.md: run \`npm run generate\``),
  ];
}

const definedIn = (source: string): string[] =>
  [...source.matchAll(/define(?:Job|Rollout|Device)Service\(\{\s*name: '(\w+)'/g)].map(([, name = '']) => name);
