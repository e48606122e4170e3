#!/usr/bin/env node
'use strict';
// Until the command listens itself, these signals must neither end a service that starts nor open Node's debugger.
if (process.platform !== 'win32' && process.argv.some((argument) => argument === 'run' || argument === 'sandbox')) {
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2']) process.on(signal, () => undefined);
}
require('../dist/cli/main.js').main(process.argv);
