/** The commented example that `wrappers init` writes. */
export const EXAMPLE_DESCRIPTION = `# yaml-language-server: $schema=./node_modules/thingworx-iothub-agent/config/wrappers.schema.json
# Wrapper services: typed services for ThingWorx, each over a direct method or a twin update of many devices.
# twx-iothub wrappers build wrappers.yaml --out build

bundle:
  name: acme-maintenance # of the extension and the project; letters, digits, dots, dashes
  version: 1.0.0 # digits only; raise it with every change that is imported
  vendor: Acme
  description: Maintenance of devices by jobs of IoT Hub.
  hubThing: AzureIotHub # the Thing that the agent serves; "me" when the shape is put on that Thing
  minimumThingWorxVersion: 9.0.0

dataShapes: # of InfoTable parameters
  - name: Acme.Component_DS
    description: One component of a device.
    fields:
      - { name: component, baseType: STRING, description: Name of the component }
      - { name: version, baseType: STRING, description: Version to install }

services:
  - name: RebootDevices # in ThingWorx
    kind: deviceMethod # or twinUpdate
    methodName: reboot # on the device; default: the service's name
    description: Reboots the devices of a site.
    category: Maintenance
    parameters:
      - name: delaySeconds
        baseType: INTEGER
        description: How long the device waits first.
        required: true
        default: 5 # taken when the parameter is absent
        minimum: 0
        maximum: 600
        payloadPath: /delaySeconds # a JSON Pointer into the payload; this one is the default
      - name: site # stands in the condition and has no payloadPath, so it is not in the payload
        baseType: STRING
        description: Tag "site" of the devices.
        required: true
    constants: # in every payload
      /protocol: 2
    job: # or rollout, with the parameters of StartRollout: batches, stop rules, retries, windows
      queryCondition: tags.site = {site} # the value is quoted by itself
      connectTimeoutInSeconds: 30
      responseTimeoutInSeconds: 30
      maxExecutionTimeInSeconds: 600
      callerMaySet: [startTime, jobId] # each becomes an optional parameter

  - name: InstallComponents
    kind: deviceMethod
    methodName: firmwareUpdate
    description: Installs components on the devices that a condition names.
    parameters:
      - name: components
        baseType: INFOTABLE
        dataShape: Acme.Component_DS
        description: What to install.
        required: true
    job:
      callerMaySet: [queryCondition, startTime, maxExecutionTimeInSeconds, jobId]

  - name: SetTelemetryInterval
    kind: twinUpdate
    description: Sets how often devices send.
    parameters:
      - name: intervalSeconds
        baseType: INTEGER
        description: Seconds between two messages.
        required: true
        minimum: 1
        maximum: 86400
        payloadPath: /properties/desired/telemetry/intervalSeconds # below /tags or /properties/desired
    job:
      callerMaySet: [queryCondition, jobId]
`;
