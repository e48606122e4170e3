/** Parameters that several services for one device share. */
import type { ParameterSpec } from '../edge/define-service.js';
import { optional, required } from '../jobs/parameters.js';

const ID_RULES = {
  pattern: /^(?!\.{1,2}$)[A-Za-z0-9\-.%#*?!(),:=@$_']{1,128}$/,
  form: "1 to 128 of letters, digits and - . % # * ? ! ( ) , : = @ $ _ ', and not . or .. alone",
} as const;

export const DEVICE_ID = required({
  baseType: 'STRING',
  description: `The id of the device: ${ID_RULES.form}`,
  ...ID_RULES,
});

export const MODULE_ID = optional({
  baseType: 'STRING',
  description: 'The id of a module of the device, by the same rules; the device itself if omitted',
  ...ID_RULES,
});

/** The name of the parameter for the device id in the services of PTC's connector. */
export const THING_NAME = required({
  baseType: 'STRING',
  description: `The id of the device: ${ID_RULES.form}`,
  ...ID_RULES,
});

/** Returns the parameter for an etag. @param what the document that has the etag: `twin` or `identity`. */
export const etagOf = (what: string) =>
  optional({
    baseType: 'STRING',
    description: `The etag of the ${what}, as it was read: the call is refused if the ${what} has changed since; any etag if * or omitted`,
    pattern: /^(?:W\/)?(?:"[\x21\x23-\x7e]{1,128}"|[\x21\x23-\x7e]{1,128})$/,
    form: 'an etag as it was read: 1 to 128 printable characters, or *',
  }) satisfies ParameterSpec;

export const STATUSES = ['enabled', 'disabled'] as const;

/** Returns an etag without quotes and weak mark (`W/`), which it has if it was copied from a header. */
export function plainEtag(etag: string | undefined): string {
  return (etag ?? '*').replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}
