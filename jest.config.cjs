const babel = [
  'babel-jest',
  {
    babelrc: false,
    configFile: false,
    presets: ['@babel/preset-typescript'],
    // Lazy imports become lazy require calls: Jest's module registry knows no import() without a flag of Node.
    plugins: ['@babel/plugin-transform-modules-commonjs', '@babel/plugin-transform-dynamic-import'],
  },
];

// ESM-only packages reachable from src: Jest on Node 20 cannot require() ESM, so Babel turns just these into CJS.
const esmOnly = ['aedes', 'aedes-packet', 'aedes-persistence', 'mqemitter'];

const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.[jt]s$': babel },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esmOnly.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

module.exports = {
  coverageProvider: 'v8',
  collectCoverageFrom: ['src/**/*.ts', '!src/**/main.ts'],
  coverageDirectory: 'coverage',
  testTimeout: 20_000,
  // Jest leaves one core free by default, which on two cores is half of the machine.
  maxWorkers: '100%',
  reporters: ['default', '<rootDir>/scripts/summary-reporter.cjs'],
  projects: ['unit', 'property', 'golden', 'contract', 'integration', 'e2e'].map((name) => ({
    ...shared,
    displayName: name,
    testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  })),
};
