// A local IoT Hub in a process of its own, so that tests can kill it: node hub-process.cjs <dist> <state directory> <port>
const [dist, directory, port] = process.argv.slice(2);
const { startLocalIotHub } = require(`${dist}/sandbox/iothub/local-iot-hub.js`);
const { ensureCertificates } = require(`${dist}/sandbox/certificates.js`);
const { openLevelStore } = require(`${dist}/store/level-store.js`);

async function main() {
  const certificates = await ensureCertificates(`${directory}/tls`, ['hub.local']);
  const store = await openLevelStore(`${directory}/hub`);
  const hub = await startLocalIotHub({ hubName: 'hub.local', port: Number(port), store, certificates });
  process.stdout.write(
    `${JSON.stringify({ address: hub.address, connectionString: hub.connectionString, caPem: hub.caPem })}\n`,
  );
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
