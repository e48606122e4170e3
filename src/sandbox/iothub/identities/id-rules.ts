import { argumentInvalid } from '../answers/service-error.js';

/** 1 to 128 of the characters that the service allows in ids of devices and modules (devguide-identity-registry). */
const ENDPOINT_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/u;
/** Ids of configurations must be in lower case. */
const CONFIGURATION_ID = /^[a-z0-9\-:+%_#*?!(),=@;']{1,128}$/u;
const JOB_ID = /^[A-Za-z0-9-]{1,64}$/u;

/** Names with a meaning in file systems and URLs, which are not allowed as ids. */
const DOTS = /^\.{1,2}$/u;

/** @throws ServiceError ArgumentInvalid */
export function checkDeviceId(id: unknown): asserts id is string {
  if (typeof id === 'string' && ENDPOINT_ID.test(id) && !DOTS.test(id)) return;
  throw argumentInvalid(
    "deviceId must have 1 to 128 characters, of letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
  );
}

/** @throws ServiceError ArgumentInvalid */
export function checkModuleId(id: unknown): asserts id is string {
  if (typeof id === 'string' && ENDPOINT_ID.test(id) && !DOTS.test(id)) return;
  throw argumentInvalid(
    "moduleId must have 1 to 128 characters, of letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
  );
}

/** @throws ServiceError ArgumentInvalid */
export function checkConfigurationId(id: unknown): asserts id is string {
  if (typeof id === 'string' && CONFIGURATION_ID.test(id)) return;
  throw argumentInvalid(
    "A configuration id has 1 to 128 of lower-case letters, digits and - : + % _ # * ? ! ( ) , = @ ; '",
  );
}

/** @throws ServiceError ArgumentInvalid */
export function checkJobId(id: unknown): asserts id is string {
  if (typeof id === 'string' && JOB_ID.test(id)) return;
  throw argumentInvalid('jobId must have 1 to 64 characters: letters, digits and dashes.');
}
