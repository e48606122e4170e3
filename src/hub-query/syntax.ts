/** The syntax tree of the IoT Hub query language for twins and jobs [HUB C]. */

/** The collections that a query can read. */
export type QuerySource = 'devices' | 'devices.modules' | 'devices.jobs';

/** A literal of a query. A bigint is a whole number that a double cannot hold exactly. */
export type Constant = undefined | null | boolean | number | bigint | string;

/**
 * A path such as `tags.site`, `tags.[[two words]]`, `tags['two words']` or `properties.reported.list[0]`. It has at least
 * one segment, and the first one is a name.
 */
export interface PathExpression {
  readonly kind: 'path';
  /** Without the optional leading `devices.` or alias. A number is an index into an array. */
  readonly segments: readonly (string | number)[];
}

export type ComparisonOperator = '=' | '!=' | '<' | '>' | '<=' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export interface ArithmeticStep {
  readonly operator: ArithmeticOperator;
  readonly operand: Expression;
}

/** Chains of AND, OR and arithmetic are flat lists, so that the depth of a tree is the nesting of its text. */
export type Expression =
  | PathExpression
  | { readonly kind: 'constant'; readonly value: Constant }
  | { readonly kind: 'array'; readonly items: readonly Expression[] }
  | { readonly kind: 'isDefined'; readonly path: PathExpression }
  | { readonly kind: 'startsWith'; readonly path: PathExpression; readonly prefix: string }
  | { readonly kind: 'arrayContains'; readonly path: PathExpression; readonly item: Constant }
  | { readonly kind: 'not'; readonly operand: Expression }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Expression[] }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'membership';
      /** NIN instead of IN. */
      readonly negated: boolean;
      readonly value: Expression;
      readonly items: readonly Expression[];
    }
  /** Evaluated from left to right: each step is applied to the result so far. */
  | { readonly kind: 'arithmetic'; readonly first: Expression; readonly steps: readonly ArithmeticStep[] }
  | { readonly kind: 'negative'; readonly operand: Expression };

export type AggregateFunction = 'COUNT' | 'AVG' | 'SUM' | 'MIN' | 'MAX';

export type SelectItem =
  | { readonly kind: 'path'; readonly path: PathExpression; readonly alias?: string }
  | {
      readonly kind: 'aggregate';
      readonly function: AggregateFunction;
      /** Absent for COUNT. */
      readonly path?: PathExpression;
      readonly alias?: string;
    };

/** A whole query. */
export interface Query {
  readonly source: QuerySource;
  readonly top?: number;
  readonly select: '*' | readonly SelectItem[];
  /** Absent: all documents. */
  readonly where?: Expression;
  readonly groupBy?: PathExpression;
}

/** The devices or modules that a job is for: the condition after WHERE. */
export interface Condition {
  readonly source: 'devices' | 'devices.modules';
  /** Absent: all of them. */
  readonly where?: Expression;
}
