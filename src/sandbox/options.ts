import { z } from 'zod';
import {
  type ChoiceFlag,
  type DefaultedTextFlag,
  type DefaultedWholeNumberFlag,
  SANDBOX_FLAGS,
  type SandboxFlag,
  type SandboxFlagKey,
  type WholeNumberFlag,
} from './flags.js';

/** Which parts of the sandbox run. */
export const SANDBOX_MODES = ['all', 'hub', 'platform'] as const;
export type SandboxMode = (typeof SANDBOX_MODES)[number];

type SchemaOf<Flag extends SandboxFlag> = Flag extends DefaultedWholeNumberFlag
  ? z.ZodDefault<z.ZodInt>
  : Flag extends WholeNumberFlag
    ? z.ZodOptional<z.ZodInt>
    : Flag extends ChoiceFlag<infer Choice>
      ? z.ZodDefault<z.ZodEnum<{ [Key in Choice]: Key }>>
      : Flag extends DefaultedTextFlag
        ? z.ZodDefault<z.ZodString>
        : z.ZodOptional<z.ZodString>;

function schemaOf(flag: SandboxFlag): z.ZodType {
  switch (flag.kind) {
    case 'wholeNumber': {
      const schema = z.int().min(flag.min).max(flag.max);
      return 'default' in flag ? schema.default(flag.default) : schema.optional();
    }
    case 'choice':
      return z.enum(flag.choices).default(flag.default);
    case 'text': {
      const { maxLength, pattern } = flag;
      const minimal = z.string().min(1);
      const bounded = maxLength === undefined ? minimal : minimal.max(maxLength);
      const schema = pattern ? bounded.regex(pattern, flag.mismatch) : bounded;
      return 'default' in flag ? schema.default(flag.default) : schema.optional();
    }
  }
}

const flags = Object.fromEntries(Object.entries(SANDBOX_FLAGS).map(([name, flag]) => [name, schemaOf(flag)])) as {
  readonly [Name in SandboxFlagKey]: SchemaOf<(typeof SANDBOX_FLAGS)[Name]>;
};

const share = z.number().min(0).max(1);
const template = z.record(z.string(), z.json());

const fleet = z
  .strictObject({
    offlineShare: share.default(0).describe('Share of the devices that stay offline, 0 to 1.'),
    failingShare: share
      .default(0)
      .describe('Share of the devices that answer every direct method with status 500, 0 to 1.'),
    latencyMs: z
      .int()
      .min(0)
      .max(600_000)
      .default(0)
      .describe('Milliseconds that a device takes to answer a direct method.'),
    reconnectSeconds: z
      .int()
      .min(0)
      .max(86_400)
      .default(0)
      .describe('Average time in seconds after which each device drops its connection and reconnects; 0 for never.'),
    tags: template
      .optional()
      .describe(
        'Tags of each device. {index} in a string is replaced; of an array, each device takes one element in turn.',
      ),
    desired: template.optional().describe('Desired properties of each device, filled in the same way.'),
  })
  .describe('How the simulated devices behave, and what their twins contain.');

const thingworx = z
  .strictObject({
    bindPolicy: z
      .enum(['first-in-wins', 'last-in-wins'])
      .default('first-in-wins')
      .describe('Which of two connections that bind a Thing keeps it.'),
    tls: z.boolean().default(false).describe("HTTPS and wss, with the sandbox's own CA."),
    compression: z.boolean().default(false).describe('Accept permessage-deflate.'),
  })
  .describe('The local ThingWorx.');

/** The keys of config/sandbox.yaml; those of `SANDBOX_FLAGS` are also flags of the command. */
export const sandboxFileSchema = z.strictObject({
  ...flags,
  fleet: fleet.prefault({}),
  thingworx: thingworx.prefault({}),
});

/** Options as config/sandbox.yaml has them, with every default filled in. */
export const sandboxSchema = sandboxFileSchema.transform(({ latency, ...options }) => ({
  ...options,
  latencyMs: latency,
}));

export type SandboxOptions = z.output<typeof sandboxSchema>;
export type SandboxInput = z.input<typeof sandboxSchema>;
